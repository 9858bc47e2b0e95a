/* Removal of scratch files, and of documents if the API supports it. */
#include <errno.h>
#include <stdlib.h>

#include "commit.h"
#include "draft.h"
#include "error-log.h"
#include "local.h"
#include "reason.h"
#include "version.h"

/* Removes a scratch file or a pending document. 1: removed. 0: the name is neither. */
static int remove_local(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name)
	TFS_HOLDS(tree->lock)
{
	struct tfs_node *node = tree_node_find(tree, dir, name);

	if (!node)
		return tree_backup_find(dir, name) ? tfs_fail(op, -ENOENT, "tree", "no such entry") : 0;
	if (S_ISDIR(node->ops->type))
		return tfs_fail(op, -EISDIR, "tree", "a directory");
	if (node->ops->kind == KIND_SCRATCH) {
		/* A document with a backup rename still exists on the server. */
		tree_backup_end(tree, node->scratch->backup);
		tree_scratch_remove(tree, node);
		return 1;
	}
	if (node->flags & NODE_PENDING) {
		tree_node_get(node);
		tree_node_orphan(tree, node);
		tree_dir_remove_local(tree, dir, node);
		tree_node_put(tree, node);
		return 1;
	}
	return 0;
}

static int check_remove(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_kind *kind, const char *path)
{
	int r = tree_check_writable(tree, op, kind, path);

	/* The view's own reason is more specific. */
	if (r == -EROFS && tree_kind_is_view(kind) && kind->no_remove && !tree->options.read_only)
		return tfs_fail(op, r, "tree", "%s", kind->no_remove);
	if (r == 0 && kind->n_remove == 0)
		r = tfs_fail(op, -EPERM, "tree", "%s",
			     kind->no_remove ? kind->no_remove : "the API has no call that removes it");
	return r;
}

static int remove_document(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
			   const struct found *found)
{
	struct target target TFS_CLEANUP(tree_target_finish) = { 0 };
	struct tfs_node *node;
	int r = tree_target_make(&target, dir, name, found->resource, found->what);

	if (r < 0)
		return tfs_fail_memory(op);
	r = check_remove(tree, op, tfs_resource_kind(found->resource), target.path);
	tree_reason_apply(tree, op);
	if (r == 0)
		r = tfs_resource_remove(found->resource, op, target.object);
	tree_lock(tree);
	if (r < 0) {
		tree_error_report(tree, op, target.path, "remove");
	} else {
		tree_errors_resolve(tree, target.path);
		tree_versions_forget(tree, found->resource, target.object);
		node = tree_node_find(tree, dir, name);
		if (node)
			tree_node_orphan(tree, node);
	}
	tree_unlock(tree);
	return r;
}

int tfs_tree_unlink(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *parent, const char *name)
{
	struct found found = { 0 };
	int r;

	if (tree->options.read_only)
		return tfs_fail(op, -EROFS, "tree", "the tenant is mounted read-only");
	tree_lock(tree);
	r = remove_local(tree, op, parent, name);
	tree_unlock(tree);
	if (r != 0)
		return r > 0 ? 0 : r;
	r = tree_find_entry(tree, op, parent, name, &found);
	if (r < 0)
		return r;
	if (found.ops->kind == KIND_DOCUMENT)
		r = remove_document(tree, op, parent, name, &found);
	else if (parent->ops->remove)
		r = parent->ops->remove(tree, op, parent, name);
	else
		r = tfs_fail(op, S_ISDIR(found.ops->type) ? -EISDIR : -EROFS, "tree",
			     "it belongs to the mount and cannot be removed");
	tfs_doc_unref(found.doc);
	return r;
}
