/*
 * Open retries: an open of an outdated version of a document is answered -ESTALE. The kernel then looks the name up
 * again and opens the node it gets, once. The retry reserves that version for the process, so that the second open
 * succeeds even if others change the document in between.
 */
#ifndef TENANTFS_TREE_OPEN_RETRY_H
#define TENANTFS_TREE_OPEN_RETRY_H

#include "node.h"

struct open_retry {
	pid_t pid; /* 0: free */
	uint64_t until_ms;
	bool read;             /* the outdated version was read */
	uint64_t generation;   /* of the outdated version */
	struct tfs_node *node; /* of the second look-up, counted and reserved; NULL: not looked up yet */
	struct tfs_doc *doc;
};

/* Called before a request on `node` is answered -ESTALE. False: the process has retried already and must be served. */
bool tree_open_retry_begin(struct tfs_tree *tree, const struct tfs_op *op, const struct tfs_node *node)
	TFS_HOLDS(tree->lock);
/* Whether the node can be reserved for the operation's process; true if the process has no retry. */
bool tree_open_retry_fits(struct tfs_tree *tree, const struct tfs_op *op, const struct tfs_node *node)
	TFS_HOLDS(tree->lock);
/* Called after a look-up of `node` in version `doc`: reserves it if the process has a retry. */
void tree_open_retry_reserve(struct tfs_tree *tree, const struct tfs_op *op, struct tfs_node *node, struct tfs_doc *doc)
	TFS_HOLDS(tree->lock);
/* The version reserved for an open of `node`, counted; ends the retry. NULL: none is reserved. */
struct tfs_doc *tree_open_retry_take(struct tfs_tree *tree, const struct tfs_op *op, struct tfs_node *node)
	TFS_HOLDS(tree->lock);
/* Ends the retry of the operation's process. */
void tree_open_retry_end(struct tfs_tree *tree, const struct tfs_op *op) TFS_HOLDS(tree->lock);
void tree_open_retries_free(struct tfs_tree *tree) TFS_HOLDS(tree->lock);

#endif
