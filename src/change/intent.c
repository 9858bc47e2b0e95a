/* Intents: written to the journal before a change is sent, with the outcome noted afterwards. */
#include "intent.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>

#include "document/redact.h"
#include "tenantfs/clock.h"
#include "tenantfs/utf8.h"
#include "verdict.h"
#include "writer.h"

enum { TEXT_BYTES = 64 << 20, ENDPOINT_BYTES = TFS_CHANGE_ENDPOINT };

static void read_command(struct tfs_change_caller *caller)
{
	cleanup_free char *path = NULL;
	cleanup_close int fd = -1;
	ssize_t len;

	if (caller->pid <= 0 || asprintf(&path, "/proc/%ld/comm", (long)caller->pid) < 0)
		return;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = fd >= 0 ? read(fd, caller->command, sizeof(caller->command) - 1) : 0;
	/* The kernel adds a newline. */
	caller->command[len > 0 ? len - 1 : 0] = '\0';
}

static void read_caller(const struct tfs_op *op, struct tfs_change_caller *caller)
{
	*caller = (struct tfs_change_caller){ tfs_op_uid(op), tfs_op_gid(op), tfs_op_pid(op), "" };
	snprintf(caller->command, sizeof(caller->command), "%s", tfs_op_command(op));
	if (caller->command[0] == '\0')
		read_command(caller);
	/* A process chooses its name. */
	tfs_utf8_tame(caller->command);
}

static json_t *step_json(const struct save *save, const struct tfs_step *step)
{
	cleanup_json json_t *members = json_array();
	char endpoint[ENDPOINT_BYTES];
	int r = members ? 0 : -1;

	snprintf(endpoint, sizeof(endpoint), "%s %s", step->endpoint->method, step->endpoint->path);
	for (size_t i = 0; i < json_array_size(save->changed) && r == 0; i++) {
		json_t *member = json_array_get(save->changed, i);

		if (change_step_carries(save->resource->kind, step, json_string_value(member)))
			r = json_array_append(members, member);
	}
	return r == 0 ? json_pack("{s:s, s:O}", "call", endpoint, "members", members) : NULL;
}

/* The planned calls. Those after a creation's first call are known only once the object exists. */
static json_t *planned_calls(const struct save *save, const struct tfs_step *first)
{
	const struct tfs_kind *kind = save->resource->kind;
	cleanup_json json_t *calls = json_array();
	int r = calls ? json_array_append_new(calls, step_json(save, first)) : -1;

	for (size_t i = 0; i < kind->n_change && r == 0 && save->object.doc; i++)
		if (&kind->change[i] != first && change_step_applies(save, &kind->change[i]))
			r = json_array_append_new(calls, step_json(save, &kind->change[i]));
	return r == 0 ? steal_pointer(&calls) : NULL;
}

struct texts {
	struct tfs_buf wanted, apart;
};

static int make_texts(struct save *save, struct texts *texts)
{
	cleanup_json json_t *redacted = NULL;
	bool found = false;
	int r;

	/* A table's rows may contain secrets, so only its header is recorded. */
	if (save->resource->kind->imports) {
		r = tfs_buf_add(&texts->wanted, save->text, strcspn(save->text, "\n"));
		return r == 0 ? tfs_buf_puts(&texts->apart, save->text) : r;
	}
	if (save->text)
		return tfs_buf_puts(&texts->wanted, save->text);
	r = document_redact_secrets(save->resource->kind, save->resource->store->digest_key, save->ours, &redacted,
				    &found);
	if (r == 0)
		r = tfs_json_print_document(redacted, &texts->wanted);
	if (r == 0 && found)
		r = tfs_json_print_document(save->ours, &texts->apart);
	return r;
}

static enum tfs_change_type type_of(const struct save *save)
{
	if (!save->object.doc)
		return TFS_CHANGE_CREATE;
	return save->to ? TFS_CHANGE_RENAME : TFS_CHANGE_CHANGE;
}

static int announce(struct save *save, const struct tfs_step *step, const struct texts *texts)
{
	struct tfs_resource *resource = save->resource;
	const struct tfs_doc *old = save->object.doc;
	cleanup_free char *path = resource_document_path(resource, save->name);
	cleanup_free char *to = save->to ? resource_document_path(resource, save->to) : NULL;
	cleanup_json json_t *where = tfs_resource_where(resource, save->name), *calls = planned_calls(save, step);
	struct tfs_intent intent = {
		.type = type_of(save),
		.kind = resource->kind->name,
		.path = path,
		.new_path = to,
		.id = old ? old->id : NULL,
		.reason = tfs_op_reason(save->op),
		.change_set = tfs_op_change_set(save->op),
		.before = old ? old->data : NULL,
		.wanted = texts->wanted.data,
		.text = texts->apart.len > 0 ? texts->apart.data : NULL,
		.where = where,
		.calls = calls,
	};

	if (!path || !where || !calls || (save->to && !to) ||
	    (save->to && json_object_set_new(where, "to", json_string(save->to)) < 0))
		return tfs_fail_memory(save->op);
	read_caller(save->op, &intent.caller);
	return tfs_journal_begin(resource->store->writer->journal, save->op, &intent, &save->intent);
}

int change_save_announce(struct save *save, const struct tfs_step *step)
{
	struct texts texts = { TFS_BUF_INIT(TEXT_BYTES), TFS_BUF_INIT_SECRET(TEXT_BYTES) };
	int r;

	if (!save->resource->store->writer->journal || save->intent != 0)
		return 0;
	r = make_texts(save, &texts);
	r = r < 0 ? tfs_fail_memory(save->op) : announce(save, step, &texts);
	tfs_buf_finish(&texts.wanted);
	tfs_buf_wipe(&texts.apart);
	return r;
}

static void end_intent(struct tfs_store *store, struct tfs_op *op, uint64_t intent, int result,
		       const struct tfs_doc *after, const char *new_path, const char *endpoint)
{
	const struct tfs_error *error = tfs_op_error(op);
	struct tfs_outcome outcome = {
		.result = result,
		.after = after ? after->data : NULL,
		.new_path = new_path,
		.endpoint = endpoint,
		.request_id = tfs_op_request(op),
		.message = result < 0 ? error->message : NULL,
	};

	tfs_journal_end(store->writer->journal, intent, &outcome);
}

/* Notes a known outcome. `doc` is the present version; NULL: unchanged or unknown. */
static void note_outcome(struct save *save, int result, const struct tfs_doc *doc)
{
	cleanup_free char *new_path = NULL;

	assert(save->intent != 0);
	if (result == 0 && doc && strcmp(doc->name, save->name) != 0)
		new_path = resource_document_path(save->resource, doc->name);
	/* An import leaves no document under the file's name. */
	if (save->resource->kind->imports)
		doc = NULL;
	end_intent(save->resource->store, save->op, save->intent, result, doc, new_path, save->endpoint);
	save->intent = 0;
}

/* When a read shows what was sent just now. */
static uint64_t until_seen(const struct tfs_resource *resource)
{
	return tfs_clock_ms() + resource->store->config->read_lag_ms;
}

/*
 * Reads the server's state to find the outcome. 0: the outcome is noted, and `*ret` is set if the change was
 * done.
 */
static int verify_outcome(struct save *save, int failed, struct tfs_doc **ret)
{
	struct tfs_resource *resource = save->resource;
	struct tfs_error error = *tfs_op_error(save->op);
	struct tfs_buf why cleanup_buf = TFS_BUF_INIT(4096);
	struct tfs_journal_entry entry;
	struct object now = { 0 };
	enum verdict verdict;
	int r = tfs_journal_read(resource->store->writer->journal, save->intent, &entry);

	if (r < 0)
		return r;
	r = change_intent_verify(resource, save->op, &entry, save->name, until_seen(resource), &now, &why, &verdict);
	*tfs_op_error(save->op) = error;
	if (r == 0 && verdict == VERDICT_DONE) {
		tfs_error_clear(tfs_op_error(save->op));
		*ret = tfs_doc_ref(now.doc);
		note_outcome(save, 0, now.doc);
	} else if (r == 0) {
		note_outcome(save, failed, verdict == VERDICT_PARTIAL ? now.doc : NULL);
	}
	resource_object_finish(&now);
	tfs_journal_entry_finish(&entry);
	return r;
}

int change_save_conclude(struct save *save, int r, struct tfs_doc **ret)
{
	cleanup_free char *path = NULL;
	struct tfs_doc *done = NULL;

	if (save->intent == 0)
		return r;
	if (r == 0) {
		note_outcome(save, 0, *ret);
		return 0;
	}
	if (!resource_outcome_unknown(save->op, r) && save->done.len == 0) {
		note_outcome(save, r, NULL);
		return r;
	}
	if (verify_outcome(save, r, &done) == 0) {
		if (done)
			*ret = done;
		return done ? 0 : r;
	}
	path = resource_document_path(save->resource, save->name);
	change_pending_add(save->resource->store->writer, save->intent, path ? path : "", true);
	return r;
}

/* A plan of one call. */
static json_t *call_json(const struct tfs_endpoint *endpoint)
{
	char text[ENDPOINT_BYTES];

	snprintf(text, sizeof(text), "%s %s", endpoint->method, endpoint->path);
	return json_pack("[{s:s}]", "call", text);
}

int change_remove_announce(struct tfs_resource *resource, struct tfs_op *op, const struct tfs_doc *doc,
			   uint64_t *ret_intent)
{
	const struct tfs_endpoint *endpoint = resource->kind->remove[0].endpoint;
	cleanup_free char *path = NULL;
	cleanup_json json_t *where = NULL, *calls = NULL;
	struct tfs_intent intent = { .type = TFS_CHANGE_REMOVE, .kind = resource->kind->name };

	assert(resource->kind->n_remove > 0);
	*ret_intent = 0;
	if (!resource->store->writer->journal)
		return 0;
	path = resource_document_path(resource, doc->name);
	where = tfs_resource_where(resource, doc->name);
	calls = call_json(endpoint);
	if (!path || !where || !calls)
		return tfs_fail_memory(op);
	intent.path = path;
	intent.id = doc->id;
	intent.reason = tfs_op_reason(op);
	intent.change_set = tfs_op_change_set(op);
	intent.before = doc->data;
	intent.where = where;
	intent.calls = calls;
	read_caller(op, &intent.caller);
	return tfs_journal_begin(resource->store->writer->journal, op, &intent, ret_intent);
}

/* 1: it was removed; 0: it still exists; negative: unknown. */
static int look_for_removed(struct tfs_resource *resource, struct tfs_op *op, const char *name, uint64_t intent)
{
	struct tfs_error error = *tfs_op_error(op);
	struct tfs_buf why cleanup_buf = TFS_BUF_INIT(4096);
	struct tfs_journal_entry entry;
	struct object now = { 0 };
	enum verdict verdict;
	int r = tfs_journal_read(resource->store->writer->journal, intent, &entry);

	if (r < 0)
		return r;
	r = change_intent_verify(resource, op, &entry, name, until_seen(resource), &now, &why, &verdict);
	*tfs_op_error(op) = error;
	resource_object_finish(&now);
	tfs_journal_entry_finish(&entry);
	return r < 0 ? r : verdict == VERDICT_DONE;
}

int change_remove_conclude(struct tfs_resource *resource, struct tfs_op *op, const char *name, uint64_t intent, int r)
{
	const struct tfs_endpoint *endpoint = resource->kind->remove[resource->kind->n_remove - 1].endpoint;
	char text[ENDPOINT_BYTES];
	int gone = 0;

	if (intent == 0)
		return r;
	if (r < 0 && r != -ENOENT && resource_outcome_unknown(op, r))
		gone = look_for_removed(resource, op, name, intent);
	if (gone < 0) {
		cleanup_free char *path = resource_document_path(resource, name);

		change_pending_add(resource->store->writer, intent, path ? path : "", true);
		return r;
	}
	if (gone == 1) {
		tfs_error_clear(tfs_op_error(op));
		r = 0;
	}
	snprintf(text, sizeof(text), "%s %s", endpoint->method, endpoint->path);
	end_intent(resource->store, op, intent, r == -ENOENT ? 0 : r, NULL, NULL, text);
	return r;
}

int change_call_announce(struct tfs_store *store, struct tfs_op *op, const struct tfs_api_call *call,
			 uint64_t *ret_intent)
{
	const struct tfs_endpoint *endpoint = call->endpoint;
	cleanup_free char *path = NULL;
	cleanup_json json_t *calls = NULL;
	struct tfs_intent intent = { .type = TFS_CHANGE_CALL };

	*ret_intent = 0;
	if (!store->writer->journal || endpoint->reads)
		return 0;
	if (asprintf(&path, ".api/%s/%s", endpoint->group_slug, endpoint->slug) < 0)
		path = NULL;
	/* Bodies and queries may contain passwords, so they are not recorded. */
	calls = call_json(endpoint);
	if (!path || !calls)
		return tfs_fail_memory(op);
	intent.path = path;
	intent.reason = tfs_op_reason(op);
	intent.change_set = tfs_op_change_set(op);
	intent.calls = calls;
	read_caller(op, &intent.caller);
	return tfs_journal_begin(store->writer->journal, op, &intent, ret_intent);
}

void change_call_conclude(struct tfs_store *store, struct tfs_op *op, const struct tfs_endpoint *endpoint,
			  uint64_t intent, int r)
{
	char text[ENDPOINT_BYTES];

	snprintf(text, sizeof(text), "%s %s", endpoint->method, endpoint->path);
	if (intent != 0)
		end_intent(store, op, intent, r, NULL, NULL, text);
}
