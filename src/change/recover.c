/* Recovery: every open intent is reconciled, and a change that was done in part is finished by a save. */
#include "reconcile.h"

#include <errno.h>
#include <stdlib.h>

#include "resource/object.h"
#include "tenantfs/clock.h"
#include "tenantfs/log.h"

/* Replaces the draft by one with the newest error. */
static void update_draft_error(struct tfs_drafts *drafts, const struct tfs_draft *draft, const struct tfs_error *error)
{
	const struct tfs_draft updated = {
		.path = draft->path,
		.where = draft->where,
		.text = draft->text,
		.len = draft->len,
		.base = draft->base,
		.base_id = draft->base_id,
		.error = *error,
		.time = draft->time,
		.uid = draft->uid,
	};

	if (tfs_drafts_put(drafts, &updated, NULL) == 0)
		tfs_drafts_write(drafts);
}

/*
 * Whether the server has the draft's change after all: the last call of a killed process may have reached the server
 * after the first read, so that ours was refused.
 */
static bool is_saved_now(const struct reconciliation *it, struct tfs_op *op, const struct tfs_draft *draft)
{
	struct tfs_error error = *tfs_op_error(op);
	struct object now = { 0 };
	bool saved = resource_object_read(it->resource, op, it->name, draft->base_id, &now) == 0 && now.doc &&
		     change_reconcile_adds_nothing(it->resource, draft, now.doc);

	resource_object_finish(&now);
	*tfs_op_error(op) = error;
	return saved;
}

/*
 * Finishes a change that was done in part, by a save, which reads and merges first. If it is refused, the draft
 * stays.
 */
static void finish_rest(struct reconciliation *it, struct tfs_op *op)
{
	struct tfs_drafts *drafts = it->writer->drafts;
	const struct tfs_config *config = it->writer->store->config;
	const struct tfs_change *change = &it->entry.change;
	struct tfs_draft *draft cleanup_draft = tfs_drafts_get(drafts, it->draft);
	struct tfs_doc *base cleanup_doc = NULL;
	struct tfs_doc *doc cleanup_doc = NULL;

	if (!draft || config->read_only || !tfs_config_writable(config, draft->path))
		return;
	if (draft->base)
		base = tfs_doc_new(it->name, draft->base_id ? draft->base_id : "", draft->base, strlen(draft->base),
				   tfs_clock_wall());
	/* The change is attributed to the original user; the process id may belong to another process by now. */
	tfs_op_set_caller(op, change->caller.uid, change->caller.gid, 0);
	if (!base || tfs_op_set_reason(op, change->reason) < 0) {
		tfs_op_set_caller(op, 0, 0, 0);
		return;
	}
	tfs_op_set_change_set(op, change->change_set);
	if (tfs_resource_save(it->resource, op, it->name, base, draft->text, draft->len, &doc) == 0 ||
	    is_saved_now(it, op, draft)) {
		tfs_drafts_drop(drafts, draft);
		tfs_log(TFS_LOG_INFO, tfs_op_id(op), "%s: the rest of it is saved", draft->path);
	} else {
		tfs_error_prefix(tfs_op_error(op), "it was saved in part, and the rest of it was refused: ");
		update_draft_error(drafts, draft, tfs_op_error(op));
	}
	tfs_op_set_caller(op, 0, 0, 0);
	tfs_op_set_reason(op, NULL);
	tfs_op_set_change_set(op, NULL);
}

int tfs_store_reconcile(struct tfs_store *store, struct tfs_op *op)
{
	struct tfs_writer *writer = store->writer;
	uint64_t intent = 0;
	bool reported = false;
	int result = 0;

	while ((intent = change_pending_next(writer, intent, NULL, &reported)) != 0) {
		struct reconciliation it = { .writer = writer, .intent = intent, .reported = reported };
		int r = change_reconcile_intent(&it, op, false);

		if (r == 0 && it.draft)
			finish_rest(&it, op);
		change_reconciliation_finish(&it);
		if (r < 0)
			result = r;
		/* Without the server the others would fail too. */
		if (resource_is_unreachable(r) || r == -EINTR)
			break;
	}
	return result;
}
