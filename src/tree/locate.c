/* Paths to nodes. */
#include <errno.h>
#include <string.h>

#include "node.h"

int tree_reach(struct tfs_tree *tree, struct tfs_op *op, const char *path, struct tfs_node **ret,
	       char **ret_name)
{
	cleanup_free char *copy = strdup(path);
	struct tfs_node *at = tree->root;
	char *rest = copy, *name;
	int r = copy != NULL ? 0 : tfs_fail(op, -ENOMEM, "tree", "out of memory");

	while (r == 0 && (name = strsep(&rest, "/")) != NULL && rest != NULL) {
		struct tfs_node *next = NULL;
		struct tfs_attr attr;

		r = tfs_tree_lookup(tree, op, at, name, &next, &attr);
		if (at != tree->root)
			tfs_tree_forget(tree, at, 1);
		at = r == 0 ? next : tree->root;
	}
	if (r == 0)
		*ret_name = strdup(name);
	if (r == 0 && *ret_name == NULL)
		r = tfs_fail(op, -ENOMEM, "tree", "out of memory");
	if (r < 0 && at != tree->root)
		tfs_tree_forget(tree, at, 1);
	*ret = r == 0 ? at : NULL;
	return r;
}
