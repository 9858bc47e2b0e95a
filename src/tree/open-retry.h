/*
 * Tickets: an open that comes to the wrong version of a document is answered
 * -ESTALE; the kernel then looks the name up and opens what it was given, once.
 * The ticket keeps that version for it, so that the second time always fits,
 * however fast others change the document. All with the tree's lock held.
 */
#ifndef TENANTFS_TREE_OPEN_RETRY_H
#define TENANTFS_TREE_OPEN_RETRY_H

#include "node.h"

struct open_retry {
	pid_t pid; /* 0: free */
	uint64_t until_ms;
	bool read;             /* what it came from was read, */
	uint64_t generation;   /* in this version */
	struct tfs_node *node; /* what it was given, counted and reserved; NULL: not looked up yet */
	struct tfs_doc *doc;
};

/* For a request on `node` that is to be sent back; false when it was already: it must be served as it is. */
bool open_retry_begin(struct tfs_tree *tree, const struct tfs_op *op, const struct tfs_node *node);
/* Whether a node can be reserved for the ticket of the operation; true where it has none. */
bool open_retry_fits(struct tfs_tree *tree, const struct tfs_op *op, const struct tfs_node *node);
/* The operation looked up `node` in version `doc`: kept for its open, for nobody else's meanwhile. */
void open_retry_reserve(struct tfs_tree *tree, const struct tfs_op *op, struct tfs_node *node,
			struct tfs_doc *doc);
/* The version kept for an open of `node`, yours; NULL when nothing was. The ticket is used up if it was. */
struct tfs_doc *open_retry_take(struct tfs_tree *tree, const struct tfs_op *op, struct tfs_node *node);
/* The operation got what it came for. */
void open_retry_end(struct tfs_tree *tree, const struct tfs_op *op);
void open_retries_free(struct tfs_tree *tree);

#endif
