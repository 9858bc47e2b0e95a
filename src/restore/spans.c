/* Spans: the changes of a commit, or of a change set, one for each document. */
#include "spans.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/*
 * Commits are added newest first. If a newer commit of the set changed the same document, both are one span: from
 * before the older to after the newer.
 */
static int add_span(struct spans *spans, struct tfs_op *op, const char *path, const char *old_path, const char *before,
		    const char *after)
{
	json_t *span;

	/* Two objects may have had the name one after the other: the last span belongs to the older object. */
	for (size_t i = json_array_size(spans->list); i-- > 0;) {
		span = json_array_get(spans->list, i);
		if (strcmp(tfs_json_text(span, "old_path"), path) != 0)
			continue;
		return json_object_set_new(span, "old_path", json_string(old_path)) < 0 ||
				       json_object_set_new(span, "before", json_string(before)) < 0
			       ? tfs_fail_memory(op)
			       : 0;
	}
	if (tfs_op_cancelled(op))
		return tfs_fail(op, -EINTR, "restore", "interrupted");
	span = json_pack("{s:s, s:s, s:s, s:s}", "path", path, "old_path", old_path, "before", before, "after", after);
	return json_array_append_new(spans->list, span) < 0 ? tfs_fail_memory(op) : 0;
}

/* `commit` is a result of tfs_view_show. */
static int add_changes(struct spans *spans, struct tfs_op *op, const json_t *commit, const char *before)
{
	const char *after = tfs_json_text(commit, "commit"), *path = tfs_json_text(commit, "path");
	const char *new_path = tfs_json_text(commit, "new_path");
	const json_t *change;
	size_t i;
	int r = 0;

	/* A rename is one span, not a removal and a creation: the object is renamed back and keeps its id. */
	if (before[0] != '\0' && new_path && path)
		return add_span(spans, op, new_path, path, before, after);
	json_array_foreach (json_object_get(commit, "changes"), i, change) {
		path = tfs_json_text(change, "path");
		if (r == 0)
			r = add_span(spans, op, path, path, before, after);
	}
	return r;
}

static int add_commit(struct spans *spans, struct tfs_history_view *view, struct tfs_op *op, const char *revision)
{
	cleanup_json json_t *commit = NULL;
	char parent[TFS_HISTORY_ID + 2], before[TFS_HISTORY_ID] = "";
	const char *operation, *set;
	int r = tfs_view_show(view, revision, &commit, tfs_op_error(op));

	if (r < 0)
		return r;
	operation = tfs_json_text(commit, "operation");
	if (operation && strcmp(operation, "baseline") == 0)
		return tfs_fail(op, -EINVAL, "restore", "%s is no change: it records the state when it was first seen",
				revision);
	set = tfs_json_text(commit, "change_set");
	snprintf(spans->change_set, sizeof(spans->change_set), "%s", set ? set : "");
	snprintf(parent, sizeof(parent), "%s~1", tfs_json_text(commit, "commit"));
	/* The first commit has no parent. */
	if (tfs_view_resolve(view, parent, before, NULL) < 0)
		before[0] = '\0';
	return add_changes(spans, op, commit, before);
}

int restore_spans_read(struct spans *spans, struct tfs_history_view *view, struct tfs_op *op, const char *revision,
		       bool set)
{
	cleanup_json json_t *commits = NULL;
	const json_t *commit;
	size_t i;
	int r = 0;

	*spans = (struct spans){ .list = json_array() };
	if (set)
		r = tfs_view_set(view, revision, &commits, tfs_op_error(op));
	else
		commits = json_pack("[s]", revision);
	if (r == 0 && (!spans->list || !commits))
		r = tfs_fail_memory(op);
	json_array_foreach (commits, i, commit) {
		if (r == 0)
			r = add_commit(spans, view, op, json_string_value(commit));
	}
	return r;
}

void restore_spans_finish(struct spans *spans)
{
	json_decref(spans->list);
}
