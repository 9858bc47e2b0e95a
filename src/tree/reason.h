/* Why somebody changes things: said once in .tenantfs/reason, recorded with each change from then on. */
#ifndef TENANTFS_TREE_REASON_H
#define TENANTFS_TREE_REASON_H

#include "state.h"

/* Of the caller; an empty text takes it away. */
int tree_reason_set(struct tfs_tree *tree, struct tfs_op *op, char *text) TFS_LACKS(tree->lock);
/* The caller's, as file_ops.bytes gives it. */
int tree_reason_read(struct tfs_tree *tree, struct tfs_op *op, uint64_t offset, size_t size, const char **ret_bytes,
		     size_t *ret_len, char **ret_copy) TFS_LACKS(tree->lock);
/* Gives the operation the caller's reason, where it has none of its own. */
void tree_reason_apply(struct tfs_tree *tree, struct tfs_op *op) TFS_LACKS(tree->lock);
void tree_reasons_free(struct tfs_tree *tree) TFS_HOLDS(tree->lock);

#endif
