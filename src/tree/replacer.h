/*
 * What programs mean by what they do: which of them replace a file by removing it and writing it anew, and which do one
 * thing in one run, so that their changes are one change set.
 */
#ifndef TENANTFS_TREE_REPLACER_H
#define TENANTFS_TREE_REPLACER_H

#include "node.h"
#include "tenantfs/caller.h"

/* The process that does the whole work of the calling program: `git pull` for the `git merge` that it runs. */
bool tree_replacer_process(const struct tfs_op *op, struct tfs_caller *ret);
/* Whether the caller of an unlink is going to write the file anew. `ret` is as above. */
bool tree_replacer_find(struct tfs_tree *tree, const struct tfs_op *op, struct tfs_caller *ret) TFS_LACKS(tree->lock);
/*
 * Sets the operation's change set to that of the calling process, if its program does one thing in one run. The
 * operation keeps a change set that it has.
 */
void tree_change_set_apply(const struct tfs_tree *tree, struct tfs_op *op);

#endif
