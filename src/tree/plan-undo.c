/* What has to be done to take back what a change, or a set of them, did. */
#include "plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What came of a document made, or of one made anew, is not taken back with it: it stays, and that is said. */
static int stay(const struct tfs_doc *doc, const struct tfs_buf *known, struct tfs_buf *wanted, json_t *cannot)
{
	cleanup_json json_t *members = tfs_past_members(known->data, known->len, doc->data, doc->len);

	if (members == NULL)
		return -ENOMEM;
	if (json_array_size(members) > 0 &&
	    json_array_append_new(cannot, json_string("it was changed again since; it stays")) < 0)
		return -ENOMEM;
	return tfs_buf_add(wanted, doc->data, doc->len);
}

/* The text that is wanted of what stands there now (NULL: nothing does), without what one change did. */
static int want_undone(const struct tfs_buf *before, const struct tfs_buf *after, const struct live *live,
		       struct tfs_buf *wanted, json_t *cannot)
{
	const struct tfs_doc *doc = live->doc;
	int r;

	if (doc == NULL)
		return before->data != NULL ? plan_want(live, before->data, wanted, cannot) : 0;
	if (before->data != NULL && after->data != NULL)
		return tfs_revert_change(live->place->kind, before->data, after->data, doc->data, wanted,
					 cannot);
	r = stay(doc, before->data != NULL ? before : after, wanted, cannot);
	/* Made by the change, and still as it was made: it goes. */
	if (r == 0 && before->data == NULL && json_array_size(cannot) == 0)
		tfs_buf_finish(wanted);
	return r;
}

/* What an object is called now that was renamed since the state `id`; yours, NULL where it was not. */
static int follow(struct put_back *back, const char *id, const char *path, char **ret)
{
	cleanup_json json_t *made = NULL;
	const char *at = path, *name;
	json_t *from;
	int r = tfs_past_made(back->past, id, &made, tfs_op_error(back->op));

	*ret = NULL;
	for (int i = 0; i < PLAN_RENAMES && r == 0; i++) {
		const char *next = NULL;

		json_object_foreach(made, name, from)
		{
			if (json_is_string(from) && strcmp(json_string_value(from), at) == 0)
				next = name;
		}
		if (next == NULL)
			break;
		at = next;
	}
	if (r < 0 || at == path)
		return r;
	*ret = strdup(at);
	return *ret != NULL ? 0 : plan_fail_memory(back->op);
}

/* What stands at `path` now, or what stood there in the state `id` and is called otherwise now. */
static int find_followed(struct put_back *back, const char *id, const char *path, struct live *ret, char **ret_path)
{
	int r = live_find(back, path, ret);

	if (r < 0 || ret->doc != NULL)
		return r;
	r = follow(back, id, path, ret_path);
	if (r == 0 && *ret_path == NULL)
		return 0;
	live_finish(back->tree, ret);
	*ret = (struct live){ 0 };
	return r == 0 ? live_find(back, *ret_path, ret) : r;
}

/* What a change did to `path`, which was called `old_path` before, is taken back. */
static int plan_undo(struct put_back *back, const char *before_id, const char *old_path, const char *after_id,
		     const char *path)
{
	struct tfs_buf before cleanup_buf = TFS_BUF_INIT(PLAN_TEXT), after cleanup_buf = TFS_BUF_INIT(PLAN_TEXT);
	struct tfs_buf wanted cleanup_buf = TFS_BUF_INIT(PLAN_TEXT);
	bool renamed = strcmp(path, old_path) != 0;
	cleanup_json json_t *cannot = json_array();
	cleanup_free char *followed = NULL;
	struct live live = { 0 };
	int r = cannot != NULL ? plan_read_then(back, before_id, old_path, &before) : plan_fail_memory(back->op);

	if (r == 0)
		r = plan_read_then(back, after_id, path, &after);
	if (r == 0)
		r = after.data == NULL || renamed ? live_find(back, path, &live)
						  : find_followed(back, after_id, path, &live, &followed);
	if (r == 0 && live.doc == NULL && renamed)
		r = tfs_fail(back->op, -ENOENT, "put back", "%s was renamed or removed again since", path);
	/* To make it anew would take back its removal, which is another change. */
	if (r == 0 && live.doc == NULL && before.data != NULL && after.data != NULL)
		r = tfs_fail(back->op, -ENOENT, "put back", "%s was removed since", path);
	if (r == 0)
		r = want_undone(&before, &after, &live, &wanted, cannot);
	/* Made by the change and gone already: nothing is left to be taken back. */
	if (r == 0 && (wanted.data != NULL || live.doc != NULL))
		r = plan_add(back, followed != NULL ? followed : path, &live, wanted.data, wanted.len,
			     json_incref(cannot));
	live_finish(back->tree, &live);
	return r;
}

/*
 * What a change made of one path. Called from the newest to the oldest: where one changed what a newer one of the set
 * found, both are one, from what stood before the older to what stood after the newer.
 */
static int add_span(struct put_back *back, const char *path, const char *old_path, const char *before,
		    const char *after)
{
	json_t *span;

	/* A name may have been of two objects, one after the other: the older is the one that came last. */
	for (size_t i = json_array_size(back->spans); i-- > 0;) {
		span = json_array_get(back->spans, i);
		if (strcmp(tfs_json_text(span, "old_path"), path) != 0)
			continue;
		return json_object_set_new(span, "old_path", json_string(old_path)) < 0 ||
				       json_object_set_new(span, "before", json_string(before)) < 0
			       ? plan_fail_memory(back->op)
			       : 0;
	}
	if (tfs_op_cancelled(back->op))
		return tfs_fail(back->op, -EINTR, "put back", "interrupted");
	span = json_pack("{s:s, s:s, s:s, s:s}", "path", path, "old_path", old_path, "before", before, "after", after);
	return json_array_append_new(back->spans, span) < 0 ? plan_fail_memory(back->op) : 0;
}

static int add_spans(struct put_back *back, const char *revision)
{
	cleanup_json json_t *shown = NULL;
	char parent[TFS_PAST_ID + 2], before[TFS_PAST_ID] = "";
	const char *after, *moved, *set;
	const json_t *change;
	size_t i;
	int r = tfs_past_show(back->past, revision, &shown, tfs_op_error(back->op));

	if (r < 0)
		return r;
	if (strcmp(tfs_json_text(shown, "operation") != NULL ? tfs_json_text(shown, "operation") : "", "baseline") == 0)
		return tfs_fail(back->op, -EINVAL, "put back",
				"%s is no change: it records how things were when they were first seen", revision);
	after = tfs_json_text(shown, "commit");
	set = tfs_json_text(shown, "change_set");
	snprintf(back->of_set, sizeof(back->of_set), "%s", set != NULL ? set : "");
	snprintf(parent, sizeof(parent), "%s~1", after);
	/* Before the first there was nothing. */
	if (tfs_past_resolve(back->past, parent, before, NULL) < 0)
		before[0] = '\0';
	/* The object is renamed back: made anew it would be another one. */
	moved = tfs_json_text(shown, "new_path");
	if (before[0] != '\0' && moved != NULL && tfs_json_text(shown, "path") != NULL)
		return add_span(back, moved, tfs_json_text(shown, "path"), before, after);
	json_array_foreach(json_object_get(shown, "changes"), i, change)
	{
		const char *path = tfs_json_text(change, "path");

		if (r == 0)
			r = add_span(back, path, path, before, after);
	}
	return r;
}

/* What is not there any more to be taken back; of a set the rest still is. */
static int add_lost(struct put_back *back, const char *path)
{
	struct tfs_error *error = tfs_op_error(back->op);
	json_t *item = json_pack("{s:s, s:s, s:[], s:[s], s:b}", "path", path, "action", "change", "members", "cannot",
				 error->message, "beyond", 1);

	tfs_error_clear(error);
	return json_array_append_new(back->plan, item) < 0 ? plan_fail_memory(back->op) : 0;
}

/* `set`: all changes of the set that the revision is part of, newest first, as each may stand on those before it. */
int plan_undos(struct put_back *back, const char *revision, bool set)
{
	cleanup_json json_t *commits = NULL;
	const json_t *item;
	size_t i;
	int r = 0;

	if (set)
		r = tfs_past_set(back->past, revision, &commits, tfs_op_error(back->op));
	else if ((commits = json_pack("[s]", revision)) == NULL)
		r = plan_fail_memory(back->op);
	json_array_foreach(commits, i, item)
	{
		if (r == 0)
			r = add_spans(back, json_string_value(item));
	}
	json_array_foreach(back->spans, i, item)
	{
		const char *path = tfs_json_text(item, "path"), *before = tfs_json_text(item, "before");

		if (r == 0)
			r = plan_undo(back, before[0] != '\0' ? before : NULL, tfs_json_text(item, "old_path"),
				      tfs_json_text(item, "after"), path);
		if (r == -ENOENT && set)
			r = add_lost(back, path);
	}
	return r;
}
