/*
 * Tickets: an open that comes to the wrong version of a document is answered
 * -ESTALE; the kernel then looks the name up and opens what it was given, once.
 * The ticket keeps that version for it, so that the second time always fits,
 * however fast others change the document. All with the tree's lock held.
 */
#ifndef TENANTFS_TREE_TICKET_H
#define TENANTFS_TREE_TICKET_H

#include "node.h"

enum ticket_for { TICKET_STAT, TICKET_READ, TICKET_WRITE };

struct ticket {
	pid_t pid; /* 0: free */
	uint64_t until_ms;
	enum ticket_for purpose;
	bool read;      /* the node it came from was read by `reader` in this version */
	pid_t reader;
	uint64_t generation;
	struct tfs_node *node; /* what it was given, counted and reserved; NULL: not looked up yet */
	struct tfs_doc *doc;
};

/* For a request on `node` that is to be sent back; false when it was already: it must be served as it is. */
bool ticket_issue(struct tfs_tree *tree, const struct tfs_op *op, const struct tfs_node *node,
		  enum ticket_for purpose);
/* Whether a node can serve the ticket of the operation; true where it has none. */
bool ticket_fits(struct tfs_tree *tree, const struct tfs_op *op, const struct tfs_node *node);
/* The operation looked up `node` in version `doc`: kept for its open. */
void ticket_keep(struct tfs_tree *tree, const struct tfs_op *op, struct tfs_node *node, struct tfs_doc *doc);
/* The version kept for an open of `node`, yours; NULL when nothing was. The ticket is used up if it was. */
struct tfs_doc *ticket_redeem(struct tfs_tree *tree, const struct tfs_op *op, struct tfs_node *node);
void tickets_free(struct tfs_tree *tree);

#endif
