/* Reconciling: the outcome of an open intent is found by reading the server's state. Nothing is sent. */
#include "reconcile.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "document/redact.h"
#include "own.h"
#include "tenantfs/clock.h"
#include "tenantfs/log.h"
#include "verdict.h"

enum { WHY_BYTES = 4096, BASE_BYTES = 64 << 20 };

/* Keeps the wanted text as a draft, to be sent again. `made`: the object that exists in part; NULL: none. */
static int keep_draft(struct tfs_writer *writer, const struct tfs_journal_entry *entry, const struct tfs_doc *made,
		      const struct tfs_error *error, char **ret_name)
{
	const struct tfs_change *change = &entry->change;
	struct tfs_buf base cleanup_buf = TFS_BUF_INIT(BASE_BYTES);
	char *text = entry->text ? entry->text : (char *)(uintptr_t)change->wanted;
	struct tfs_draft draft = {
		.path = (char *)(uintptr_t)change->path,
		.where = (json_t *)(uintptr_t)entry->where,
		.text = text,
		.len = text ? strlen(text) : 0,
		.base = (char *)(uintptr_t)change->before,
		.base_id = (char *)(uintptr_t)change->id,
		.error = *error,
		.time = tfs_clock_wall(),
		.uid = change->caller.uid,
	};
	int r;

	if (!writer->drafts || !text)
		return -ENODATA;
	if (made && change_verdict_made_base(change, made, &base) == 0) {
		draft.base = base.data;
		draft.base_id = (char *)(uintptr_t)made->id;
	}
	r = tfs_drafts_put(writer->drafts, &draft, ret_name);
	if (r == 0)
		tfs_drafts_write(writer->drafts);
	return r;
}

static void explain(struct tfs_error *error, const struct tfs_change *change, enum verdict verdict, const char *why)
{
	static const char *const verbs[] = { "made", "saved", "removed", "renamed", "called" };
	const char *verb = verbs[change->type];

	switch (verdict) {
	case VERDICT_NOT_DONE:
		if (*why != '\0')
			tfs_error_set(error, -EIO, "journal", "it is unknown whether it was %s. %s", verb, why);
		else
			tfs_error_set(error, -EIO, "journal",
				      "it was not %s: the mount ended, or the answer was lost, on the way", verb);
		break;
	case VERDICT_PARTIAL:
		tfs_error_set(error, -EIO, "journal", "it was %s in part, not yet: %s", verb, *why != '\0' ? why : "?");
		break;
	case VERDICT_CONFLICTING:
		tfs_error_set(error, -EEXIST, "journal",
			      "it was not made: there is another of that name, which differs in %s",
			      *why != '\0' ? why : "?");
		break;
	case VERDICT_DONE:
		break;
	}
}

/* A later read may be behind the one that found the outcome. */
static void note_own(struct reconciliation *it, const struct tfs_error *error, const struct tfs_doc *after)
{
	struct tfs_journal_entry known = it->entry;

	known.change.after = after ? after->data : NULL;
	if (it->resource && (error->code == 0 || after))
		change_own_note_entry(it->writer->store, &known);
}

static void note(struct reconciliation *it, const struct tfs_error *error, const struct tfs_doc *after)
{
	const struct tfs_change *change = &it->entry.change;
	struct tfs_outcome outcome = {
		.result = error->code,
		.after = after ? after->data : NULL,
		.endpoint = tfs_json_text(json_array_get(it->entry.calls, 0), "call"),
		.message = error->code < 0 ? error->message : NULL,
	};

	tfs_journal_end(it->writer->journal, it->intent, &outcome);
	change_pending_forget(it->writer, it->intent);
	note_own(it, error, after);
	tfs_log(TFS_LOG_INFO, 0, "%s: left open, and now known: %s", change->path,
		error->code < 0 ? error->message : "done");
}

bool change_reconcile_adds_nothing(const struct tfs_resource *resource, const struct tfs_draft *draft,
				   const struct tfs_doc *now)
{
	cleanup_json json_t *current = NULL, *ours = NULL, *redacted = NULL, *members = NULL;
	bool found;

	if (resource->kind->form == TFS_FORM_TEXT)
		return draft->len == now->len && memcmp(draft->text, now->data, now->len) == 0;
	return tfs_json_parse(now->data, now->len, &current, NULL) == 0 &&
	       tfs_document_check(resource->kind, draft->text, draft->len, current, &ours, NULL) == 0 &&
	       document_redact_secrets(resource->kind, resource->store->digest_key, ours, &redacted, &found) == 0 &&
	       tfs_document_diff(resource->kind, current, redacted, &members) == 0 && json_array_size(members) == 0;
}

/* The caller got an error although the change was done: its draft is no longer needed. */
static void drop_drafts(const struct reconciliation *it, const struct tfs_doc *now)
{
	struct tfs_drafts *drafts = it->writer->drafts;
	struct tfs_draft **list;
	size_t count;

	if (!drafts || !now || tfs_drafts_list(drafts, &list, &count) < 0)
		return;
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i]->path, it->entry.change.path) == 0 &&
		    change_reconcile_adds_nothing(it->resource, list[i], now))
			tfs_drafts_drop(drafts, list[i]);
	tfs_drafts_list_free(list, count);
}

/* The name is locked. */
static int reconcile_locked(struct reconciliation *it, struct tfs_op *op)
{
	struct tfs_buf why cleanup_buf = TFS_BUF_INIT(WHY_BYTES);
	struct object now = { 0 };
	struct tfs_error error = { 0 };
	enum verdict verdict;
	/* Nothing was sent since this process started: what an earlier one sent is to be seen soon. */
	uint64_t until = it->writer->started_ms + it->writer->store->config->read_lag_ms;
	int r = change_intent_verify(it->resource, op, &it->entry, it->name, until, &now, &why, &verdict);

	if (r == 0 && verdict != VERDICT_DONE) {
		explain(&error, &it->entry.change, verdict, why.len > 0 ? why.data : "");
		if (!it->reported)
			keep_draft(it->writer, &it->entry,
				   verdict == VERDICT_PARTIAL && !it->entry.change.before ? now.doc : NULL, &error,
				   verdict == VERDICT_PARTIAL ? &it->draft : NULL);
	}
	if (r == 0 && verdict == VERDICT_DONE)
		drop_drafts(it, now.doc);
	if (r == 0)
		note(it, &error, verdict == VERDICT_NOT_DONE || verdict == VERDICT_CONFLICTING ? NULL : now.doc);
	resource_object_finish(&now);
	return r;
}

/* The effect of a bare call cannot be checked. */
static void give_up_call(struct reconciliation *it)
{
	struct tfs_error error;

	tfs_error_set(&error, -EIO, "journal",
		      "it is unknown whether the server did it: the mount ended before the answer came");
	note(it, &error, NULL);
}

static int reconcile_entry(struct reconciliation *it, struct tfs_op *op, bool held)
{
	int r;

	if (it->entry.change.type == TFS_CHANGE_CALL) {
		give_up_call(it);
		return 0;
	}
	r = tfs_store_find(it->writer->store, it->entry.where, &it->resource, &it->name);
	if (r < 0)
		return tfs_fail(op, r, "journal", "%s: this version of tenantfs does not know the kind of object",
				it->entry.change.path);
	if (!held)
		r = resource_name_lock(&it->resource->name_locks, op, it->name);
	if (r < 0)
		return r;
	r = reconcile_locked(it, op);
	if (!held)
		resource_name_unlock(&it->resource->name_locks, it->name);
	return r;
}

int change_reconcile_intent(struct reconciliation *it, struct tfs_op *op, bool held)
{
	int r = tfs_journal_read(it->writer->journal, it->intent, &it->entry);

	/* Somebody else has reconciled it, or its line is damaged. */
	if (r < 0 || it->entry.change.seq != 0) {
		change_pending_forget(it->writer, it->intent);
		return r == -ENOENT || r == -EBADMSG ? 0 : r;
	}
	return reconcile_entry(it, op, held);
}

void change_reconciliation_finish(struct reconciliation *it)
{
	free(it->draft);
	tfs_journal_entry_finish(&it->entry);
}

int change_reconcile_before(struct tfs_resource *resource, struct tfs_op *op, const char *name)
{
	struct tfs_writer *writer = resource->store->writer;
	cleanup_free char *path = NULL;
	uint64_t intent;
	bool reported = false;
	int r = 0;

	if (tfs_store_pending(resource->store) == 0)
		return 0;
	path = resource_document_path(resource, name);
	if (!path)
		return -ENOMEM;
	while (r == 0 && (intent = change_pending_next(writer, 0, path, &reported)) != 0) {
		struct reconciliation it = { .writer = writer, .intent = intent, .reported = reported };

		r = change_reconcile_intent(&it, op, true);
		change_reconciliation_finish(&it);
	}
	return r;
}
