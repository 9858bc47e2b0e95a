/* Removal of scratch files, and of documents if the API supports it. */
#include <errno.h>

#include "draft.h"
#include "local.h"
#include "removal.h"
#include "replacement.h"

/* Removes a scratch file or a pending document. 1: removed. 0: the name is neither. */
static int remove_local(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name)
	TFS_HOLDS(tree->lock)
{
	struct tfs_node *node = tree_node_find(tree, dir, name);
	cleanup_free char *path = NULL;

	if (!node)
		return tree_hidden_find(dir, name) ? tfs_fail(op, -ENOENT, "tree", "no such entry") : 0;
	if (S_ISDIR(node->ops->type))
		return tfs_fail(op, -EISDIR, "tree", "a directory");
	if (node->ops->kind == KIND_SCRATCH) {
		/* A document with a backup rename still exists on the server. */
		tree_hidden_end(tree, node->scratch->backup);
		path = tree_child_path(dir, name);
		if (path)
			tree_draft_resolve(tree, op, path, node->scratch->text.len > 0 ? node->scratch->text.data : "",
					   node->scratch->text.len);
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

static int remove_document(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
			   const struct found *found)
{
	int r = tree_replacement_begin(tree, op, dir, name, found);

	if (r == 0)
		return tree_document_remove(tree, op, dir, name, found->resource, found->what);
	return r < 0 ? r : 0;
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
