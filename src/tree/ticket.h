/*
 * Tickets: an open that comes to the wrong version of a document is answered
 * -ESTALE; the kernel then looks the name up and opens what it was given, once.
 * The ticket keeps that version for it, so that the second time always fits,
 * however fast others change the document. All with the tree's lock held.
 */
#ifndef TENANTFS_TREE_TICKET_H
#define TENANTFS_TREE_TICKET_H

#include "node.h"

struct ticket {
	pid_t pid; /* 0: free */
	uint64_t until_ms;
	bool read;           /* what it came from was read, */
	uint64_t generation; /* in this version */
	struct tfs_node *node; /* what it was given, counted and reserved; NULL: not looked up yet */
	struct tfs_doc *doc;
};

/* For a request on `node` that is to be sent back; false when it was already: it must be served as it is. */
bool ticket_issue(struct tfs_tree *tree, const struct tfs_op *op, const struct tfs_node *node);
/* Whether a node can be reserved for the ticket of the operation; true where it has none. */
bool ticket_fits(struct tfs_tree *tree, const struct tfs_op *op, const struct tfs_node *node);
/* The operation looked up `node` in version `doc`: kept for its open, for nobody else's meanwhile. */
void ticket_keep(struct tfs_tree *tree, const struct tfs_op *op, struct tfs_node *node, struct tfs_doc *doc);
/* The version kept for an open of `node`, yours; NULL when nothing was. The ticket is used up if it was. */
struct tfs_doc *ticket_redeem(struct tfs_tree *tree, const struct tfs_op *op, struct tfs_node *node);
/* The operation got what it came for. */
void ticket_drop(struct tfs_tree *tree, const struct tfs_op *op);
void tickets_free(struct tfs_tree *tree);

#endif
