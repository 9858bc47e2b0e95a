/* Plans that undo changes: each document returns from its state after a change to its state before. */
#include "plan-undo.h"

#include <errno.h>
#include <string.h>

#include "tenantfs/history-view.h"
#include "tenantfs/revert.h"

/* A change that created or removed a document is undone as a whole: a document that was changed again stays. */
static int keep_changed(const struct tfs_doc *doc, const struct tfs_buf *known, struct tfs_buf *wanted, json_t *cannot)
{
	cleanup_json json_t *members = tfs_view_members(known->data, known->len, doc->data, doc->len);

	if (!members)
		return -ENOMEM;
	if (json_array_size(members) > 0 &&
	    json_array_append_new(cannot, json_string("it was changed again since; it stays")) < 0)
		return -ENOMEM;
	return tfs_buf_add(wanted, doc->data, doc->len);
}

/* Appends the current text without one change; nothing if the document is to be removed. */
static int revert_change(const struct plan *plan, const struct tfs_buf *before, const struct tfs_buf *after,
			 const struct tfs_location *location, struct tfs_buf *wanted, json_t *cannot)
{
	const struct tfs_doc *doc = location->doc;
	int r;

	if (!doc)
		return before->data ? restore_plan_revert_to(plan, location, before->data, wanted, cannot) : 0;
	if (before->data && after->data)
		return tfs_revert_change(location->kind, before->data, after->data, doc->data, wanted, cannot);
	r = keep_changed(doc, before->data ? before : after, wanted, cannot);
	/* Created by the change and not changed since: it is removed. */
	if (r == 0 && !before->data && json_array_size(cannot) == 0)
		tfs_buf_finish(wanted);
	return r;
}

/* The current path of an object that was renamed since `after`; the caller frees it. NULL: it was not renamed. */
static int follow_renames(struct plan *plan, struct source *after, const char *path, char **ret)
{
	const json_t *created = NULL;
	const char *at = path, *name;
	json_t *from;
	int r = after->ops->created_since(after, &created, tfs_op_error(plan->op));

	*ret = NULL;
	for (int i = 0; i < PLAN_RENAMES && r == 0; i++) {
		const char *next = NULL;

		/* The macro only reads, but takes no const. */
		json_object_foreach ((json_t *)(uintptr_t)created, name, from) {
			if (json_is_string(from) && strcmp(json_string_value(from), at) == 0)
				next = name;
		}
		if (!next)
			break;
		at = next;
	}
	if (r < 0 || at == path)
		return r;
	*ret = strdup(at);
	return *ret ? 0 : tfs_fail_memory(plan->op);
}

/*
 * Locates the document at `path`, or at its new path if it was renamed since: `*ret_path`, which the caller frees.
 * NULL: it was not renamed.
 */
static int locate_followed(struct plan *plan, struct source *after, const char *path, struct tfs_location *ret,
			   char **ret_path)
{
	int r = tfs_tree_locate(plan->tree, plan->op, path, ret);

	if (r < 0 || ret->doc)
		return r;
	r = follow_renames(plan, after, path, ret_path);
	if (r == 0 && !*ret_path)
		return 0;
	tfs_location_finish(plan->tree, ret);
	return r == 0 ? tfs_tree_locate(plan->tree, plan->op, *ret_path, ret) : r;
}

/* A change of a document that no longer exists cannot be undone. */
static int check_there(struct plan *plan, const struct tfs_location *location, const char *path, bool renamed,
		       bool changed)
{
	if (!location->doc && renamed)
		return tfs_fail(plan->op, -ENOENT, "restore", "%s was renamed or removed again since", path);
	/* Creating it again would undo its removal, which is another change. */
	if (!location->doc && changed)
		return tfs_fail(plan->op, -ENOENT, "restore", "%s was removed since", path);
	return 0;
}

int restore_plan_undo(struct plan *plan, struct source *before_source, const char *old_path,
		      struct source *after_source, const char *path)
{
	struct tfs_buf before cleanup_buf = TFS_BUF_INIT(PLAN_TEXT), after cleanup_buf = TFS_BUF_INIT(PLAN_TEXT);
	struct tfs_buf wanted cleanup_buf = TFS_BUF_INIT(PLAN_TEXT);
	bool renamed = strcmp(path, old_path) != 0;
	cleanup_json json_t *cannot = json_array();
	cleanup_free char *followed = NULL;
	struct tfs_location location = { 0 };
	int r = cannot ? restore_plan_read(plan, before_source, old_path, &before) : tfs_fail_memory(plan->op);

	if (r == 0)
		r = restore_plan_read(plan, after_source, path, &after);
	if (r == 0)
		r = !after.data || renamed ? tfs_tree_locate(plan->tree, plan->op, path, &location)
					   : locate_followed(plan, after_source, path, &location, &followed);
	if (r == 0)
		r = check_there(plan, &location, path, renamed, before.data && after.data);
	if (r == 0)
		r = revert_change(plan, &before, &after, &location, &wanted, cannot);
	/* Created by the change and removed since: there is nothing to do. */
	if (r == 0 && (wanted.data || location.doc))
		r = restore_plan_add(plan, followed ? followed : path, &location, wanted.data, wanted.len,
				     json_incref(cannot));
	tfs_location_finish(plan->tree, &location);
	return r;
}
