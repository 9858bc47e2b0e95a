/* Reasons: a user writes one to .tenantfs/reason, and it is recorded with each later change of that user. */
#ifndef TENANTFS_TREE_REASON_H
#define TENANTFS_TREE_REASON_H

#include "state.h"

/* Sets the reason of the operation's user; an empty text removes it. */
int tree_reason_set(struct tfs_tree *tree, struct tfs_op *op, char *text) TFS_LACKS(tree->lock);
/* Reads the reason of the operation's user, like file_ops.read. */
int tree_reason_read(struct tfs_tree *tree, struct tfs_op *op, uint64_t offset, size_t size, const char **ret_bytes,
		     size_t *ret_len, char **ret_copy) TFS_LACKS(tree->lock);
/* Sets the operation's reason to its user's, unless it has one already. */
void tree_reason_apply(struct tfs_tree *tree, struct tfs_op *op) TFS_LACKS(tree->lock);
void tree_reasons_free(struct tfs_tree *tree) TFS_HOLDS(tree->lock);

#endif
