/*
 * Looks: the size of a document of which the list shows a part is unknown until its own call is made. A process that
 * looks at one is told the true size if it opens what it looks at, as programs that copy do: they may trust the size.
 * One that only looks, like `ls -l`, costs a few calls and not one for each file.
 */
#ifndef TENANTFS_TREE_LOOKS_H
#define TENANTFS_TREE_LOOKS_H

#include "node.h"

/* Whether the process of `op`, which looks at a part, is served the whole. */
bool tree_looks_take(struct tfs_tree *tree, const struct tfs_op *op) TFS_HOLDS(tree->lock);
/* Called when the process of `op` opens a document. */
void tree_looks_opened(struct tfs_tree *tree, const struct tfs_op *op) TFS_HOLDS(tree->lock);

#endif
