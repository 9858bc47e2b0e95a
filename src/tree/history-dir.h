/* .history: every recorded state as a read-only directory. */
#ifndef TENANTFS_TREE_HISTORY_DIR_H
#define TENANTFS_TREE_HISTORY_DIR_H

#include "node.h"

extern const struct node_ops tree_history_dir_ops;

/* Closes the idle handles of the repository. */
void tree_pasts_free(struct tfs_tree *tree) TFS_HOLDS(tree->lock);

#endif
