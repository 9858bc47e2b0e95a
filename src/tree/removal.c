/* The removal of a document's object. */
#include "removal.h"

#include <errno.h>

#include "commit.h"
#include "error-log.h"
#include "version.h"

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

int tree_document_remove(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
			 struct tfs_resource *resource, const struct path_node *path_node)
{
	struct target target TFS_CLEANUP(tree_target_finish) = { 0 };
	struct tfs_node *node;
	int r = tree_target_make(&target, dir, name, resource, path_node);

	if (r < 0)
		return tfs_fail_memory(op);
	r = check_remove(tree, op, tfs_resource_kind(resource), target.path);
	tree_change_begin(tree, op);
	if (r == 0)
		r = tfs_resource_remove(resource, op, target.object);
	tree_lock(tree);
	if (r < 0) {
		tree_error_report(tree, op, target.path, "remove");
	} else {
		tree_errors_resolve(tree, target.path);
		tree_versions_forget(tree, resource, target.object);
		node = tree_node_find(tree, dir, name);
		if (node)
			tree_node_orphan(tree, node);
	}
	tree_unlock(tree);
	return r;
}
