/* Tickets of opens that were sent back to look the name up again. */
#include "ticket.h"

#include "tenantfs/clock.h"

enum {
	TICKET_MS = 2000,
	RETRY_MS = 500, /* the kernel comes back at once, however busy the machine; later is another request */
};

/* The reservation counts as a reader: the node keeps its version, and writers stay away. */
static void unbind(struct tfs_tree *tree, struct ticket *ticket)
{
	if (ticket->node == NULL)
		return;
	ticket->node->doc.page_readers--;
	ticket->node->flags &= ~(uint32_t)NODE_TAKEN;
	node_put(tree, ticket->node);
	tfs_doc_unref(ticket->doc);
}

static void release(struct tfs_tree *tree, struct ticket *ticket)
{
	unbind(tree, ticket);
	*ticket = (struct ticket){ 0 };
}

static struct ticket *find(struct tfs_tree *tree, const struct tfs_op *op)
{
	uint64_t now = tfs_clock_ms();
	struct ticket *found = NULL;

	for (unsigned i = 0; i < TICKETS; i++) {
		struct ticket *ticket = &tree->tickets[i];

		if (ticket->pid != 0 && ticket->until_ms <= now)
			release(tree, ticket);
		else if (ticket->pid != 0 && ticket->pid == tfs_op_pid(op))
			found = ticket;
	}
	return found;
}

bool ticket_issue(struct tfs_tree *tree, const struct tfs_op *op, const struct tfs_node *node)
{
	struct ticket *ticket = find(tree, op);

	if (ticket != NULL) {
		if (tfs_clock_ms() + TICKET_MS < ticket->until_ms + RETRY_MS)
			return false;
		release(tree, ticket);
	} else {
		ticket = &tree->tickets[tree->next_ticket++ % TICKETS];
		release(tree, ticket);
	}
	ticket->pid = tfs_op_pid(op);
	ticket->until_ms = tfs_clock_ms() + TICKET_MS;
	if (node->ops == &document_ops) {
		ticket->read = node->flags & NODE_READ;
		ticket->generation = node->doc.generation;
	}
	return true;
}

bool ticket_fits(struct tfs_tree *tree, const struct tfs_op *op, const struct tfs_node *node)
{
	const struct ticket *ticket = find(tree, op);

	if (ticket == NULL || ticket->node == node || node->ops != &document_ops || node->flags & NODE_PENDING)
		return true;
	return node->doc.editors == NULL && node->doc.page_readers == 0 && !(node->flags & (NODE_TAKEN | NODE_CUT));
}

void ticket_keep(struct tfs_tree *tree, const struct tfs_op *op, struct tfs_node *node, struct tfs_doc *doc)
{
	struct ticket *ticket = find(tree, op);

	if (ticket == NULL || ticket->node == node || node->ops != &document_ops || doc == NULL)
		return;
	unbind(tree, ticket);
	ticket->node = node_get(node);
	ticket->doc = tfs_doc_ref(doc);
	node->doc.page_readers++;
	node->flags |= NODE_TAKEN;
	if (ticket->read && ticket->generation == node->doc.generation)
		node->flags |= NODE_READ;
}

void ticket_drop(struct tfs_tree *tree, const struct tfs_op *op)
{
	struct ticket *ticket = find(tree, op);

	if (ticket != NULL)
		release(tree, ticket);
}

struct tfs_doc *ticket_redeem(struct tfs_tree *tree, const struct tfs_op *op, struct tfs_node *node)
{
	struct ticket *ticket = find(tree, op);
	struct tfs_doc *doc;

	if (ticket == NULL || ticket->node != node)
		return NULL;
	doc = tfs_doc_ref(ticket->doc);
	release(tree, ticket);
	return doc;
}

void tickets_free(struct tfs_tree *tree)
{
	for (unsigned i = 0; i < TICKETS; i++)
		release(tree, &tree->tickets[i]);
}
