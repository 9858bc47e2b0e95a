/* The error log: the last errors that were reported to users. */
#ifndef TENANTFS_TREE_ERROR_LOG_H
#define TENANTFS_TREE_ERROR_LOG_H

#include "node.h"

/* Records the operation's error under a path. `action` is static text. */
void tree_error_report(struct tfs_tree *tree, struct tfs_op *op, const char *path, const char *action)
	TFS_HOLDS(tree->lock);
/* Marks the errors of a path resolved: a later operation on it succeeded. */
void tree_errors_resolve(struct tfs_tree *tree, const char *path) TFS_HOLDS(tree->lock);
/* The last unresolved error of a path; NULL: none. */
const struct reported_error *tree_error_find(struct tfs_tree *tree, const char *path) TFS_HOLDS(tree->lock);
void tree_errors_free(struct tfs_tree *tree) TFS_HOLDS(tree->lock);

#endif
