/* The removal of a document's object. */
#ifndef TENANTFS_TREE_REMOVAL_H
#define TENANTFS_TREE_REMOVAL_H

#include "node.h"

/* Removes the object on the server. 0, or a negative errno with the operation's error set and reported. */
int tree_document_remove(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
			 struct tfs_resource *resource, const struct path_node *path_node) TFS_LACKS(tree->lock);

#endif
