/* Restore and undo: makes a plan from a request, carries it out and makes the answer. */
#include "tenantfs/restore.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "apply.h"
#include "commit-source.h"
#include "order.h"
#include "plan-restore.h"
#include "plan-undo.h"
#include "spans.h"

/* Sets the reason "undo 1a2b3c4d5e6f" if the user gives none. The id of a set is not shortened. */
static int set_reason(struct tfs_op *op, const char *what, const char *id)
{
	cleanup_free char *text = NULL;

	if (tfs_op_reason(op))
		return 0;
	if (asprintf(&text, "%s %.*s", what, strlen(id) > TFS_OP_SET ? 12 : TFS_OP_SET, id) < 0) {
		text = NULL;
		return -ENOMEM;
	}
	return tfs_op_set_reason(op, text);
}

/*
 * Adds an item for a span that cannot be undone; the rest of the set can. The operation's error is the reason and is
 * cleared.
 */
static int add_lost(struct plan *plan, const char *path)
{
	struct tfs_error *error = tfs_op_error(plan->op);
	json_t *item = json_pack("{s:s, s:s, s:[], s:[s], s:b}", "path", path, "action", "change", "members", "cannot",
				 error->message, "beyond", 1);

	tfs_error_clear(error);
	return json_array_append_new(plan->items, item) < 0 ? tfs_fail_memory(plan->op) : 0;
}

static int undo_span(struct plan *plan, struct tfs_history_view *view, const json_t *span)
{
	struct commit_source before TFS_CLEANUP(restore_commit_source_finish),
		after TFS_CLEANUP(restore_commit_source_finish);

	restore_commit_source_init(&before, view, tfs_json_text(span, "before"));
	restore_commit_source_init(&after, view, tfs_json_text(span, "after"));
	return restore_plan_undo(plan, &before.source, tfs_json_text(span, "old_path"), &after.source,
				 tfs_json_text(span, "path"));
}

/* `ret_set` receives the change set of the commits. */
static int plan_undo_request(struct plan *plan, struct tfs_history_view *view, const char *revision, bool set,
			     char ret_set[TFS_OP_SET + 1])
{
	struct spans spans TFS_CLEANUP(restore_spans_finish) = { 0 };
	const json_t *span;
	size_t i;
	int r = restore_spans_read(&spans, view, plan->op, revision, set);

	if (r < 0)
		return r;
	json_array_foreach (spans.list, i, span) {
		if (r == 0)
			r = undo_span(plan, view, span);
		if (r == -ENOENT && set)
			r = add_lost(plan, tfs_json_text(span, "path"));
	}
	memcpy(ret_set, spans.change_set, sizeof(spans.change_set));
	return r;
}

static int plan_restore_request(struct plan *plan, struct tfs_history_view *view, const char *id, const json_t *paths)
{
	struct commit_source commit TFS_CLEANUP(restore_commit_source_finish);
	const json_t *path;
	size_t i;
	int r = 0;

	restore_commit_source_init(&commit, view, id);
	json_array_foreach (paths, i, path) {
		if (r == 0 && json_is_string(path))
			r = restore_plan_restore(plan, &commit.source, json_string_value(path));
	}
	return r;
}

/* A parsed request. */
struct request {
	const char *undo, *revision;
	const json_t *paths;
	bool set, dry_run, partly;
	char of_set[TFS_OP_SET + 1]; /* the change set of the commits that are undone; "": none */
};

static struct request read_request(const json_t *request)
{
	const char *undo = tfs_json_text(request, "undo");

	return (struct request){ .undo = undo,
				 .revision = tfs_json_text(request, "revision"),
				 .paths = json_object_get(request, "paths"),
				 .set = undo && json_is_true(json_object_get(request, "set")),
				 .dry_run = json_is_true(json_object_get(request, "dry_run")),
				 .partly = json_is_true(json_object_get(request, "partly")) };
}

static int make_plan(struct plan *plan, struct tfs_history_view *view, struct request *request)
{
	const char *revision = request->undo ? request->undo : request->revision;
	const char *verb = request->set ? "undo set" : request->undo ? "undo" : "restore";
	char id[TFS_HISTORY_ID];
	int r;

	if (!revision)
		return tfs_fail(plan->op, -EINVAL, "restore", "a revision is needed");
	r = request->set ? 0 : tfs_view_resolve(view, revision, id, tfs_op_error(plan->op));
	if (r == 0 && request->undo)
		r = plan_undo_request(plan, view, request->set ? revision : id, request->set, request->of_set);
	else if (r == 0)
		r = plan_restore_request(plan, view, id, request->paths);
	if (r == 0)
		r = restore_plan_move_below_renamed(plan);
	if (r == 0)
		r = restore_plan_dry_run(plan);
	if (r == 0 && (restore_order_items(plan->items) < 0 ||
		       set_reason(plan->op, verb, request->set ? request->of_set : id) < 0))
		r = tfs_fail_memory(plan->op);
	return r;
}

/* A plan compares with the newest commit and assumes that it is the current state. */
static int check_recording(const struct tfs_config *config, struct tfs_op *op)
{
	if (config->history_record)
		return 0;
	return tfs_fail(op, -EOPNOTSUPP, "restore",
			"history-record is false: the current state is not recorded, so nothing can be restored");
}

static int answer(struct plan *plan, const struct request *request, const struct plan_counts *counts, json_t **ret)
{
	const char *part_of = request->of_set[0] != '\0' && !request->set ? request->of_set : NULL;
	json_t *item;
	size_t i;

	json_array_foreach (plan->items, i, item) {
		json_object_del(item, "text");
		json_object_del(item, "base");
		json_object_del(item, "base_id");
	}
	*ret = json_pack("{s:O, s:I, s:I, s:I, s:s?, s:s?}", "plan", plan->items, "cannot", counts->cannot, "done",
			 counts->done, "refused", counts->refused, "change_set",
			 counts->done > 0 ? tfs_op_change_set(plan->op) : NULL, "part_of", part_of);
	return *ret ? 0 : tfs_fail_memory(plan->op);
}

static int run_request(struct plan *plan, struct tfs_history_view *view, struct request *request, json_t **ret)
{
	struct plan_counts counts = { 0 };
	const json_t *item;
	size_t i;
	int r = make_plan(plan, view, request);

	if (r < 0)
		return r;
	json_array_foreach (plan->items, i, item)
		counts.cannot += json_array_size(json_object_get(item, "cannot")) > 0;
	if (!request->dry_run && (counts.cannot == 0 || request->partly))
		r = restore_plan_apply(plan, &counts);
	return r == 0 ? answer(plan, request, &counts, ret) : r;
}

int tfs_restore(struct tfs_tree *tree, const struct tfs_config *config, struct tfs_op *op, const json_t *request,
		json_t **ret)
{
	cleanup_json json_t *items = json_array(), *renamed = json_object();
	struct plan plan = { .tree = tree, .op = op, .items = items, .renamed = renamed };
	struct request asked = read_request(request);
	struct tfs_history_view *view cleanup_view = NULL;
	int r = !items || !renamed ? tfs_fail_memory(op) : check_recording(config, op);

	if (r == 0)
		r = tfs_view_open(config, &view, tfs_op_error(op));
	tfs_op_set_restores(op, true);
	return r == 0 ? run_request(&plan, view, &asked, ret) : r;
}
