/* Open retries: a table of the processes whose open was answered -ESTALE. */
#include "open-retry.h"

#include <assert.h>

#include "tenantfs/clock.h"

enum {
	RETRY_MS = 2000,
	PROMPT_MS = 500, /* the kernel retries at once, even on a busy machine; a later request is another one */
};

/* A reservation counts as a reader, so that the node keeps its version and gets no writer. */
static void unbind(struct tfs_tree *tree, struct open_retry *retry) TFS_HOLDS(tree->lock)
{
	if (!retry->node)
		return;
	assert(retry->node->doc.page_readers > 0);
	retry->node->doc.page_readers--;
	retry->node->flags &= ~(uint32_t)NODE_RESERVED;
	tree_node_put(tree, retry->node);
	tfs_doc_unref(retry->doc);
}

static void release(struct tfs_tree *tree, struct open_retry *retry) TFS_HOLDS(tree->lock)
{
	if (retry->pid != 0)
		tree->n_open_retries--;
	unbind(tree, retry);
	*retry = (struct open_retry){ 0 };
}

static struct open_retry *find(struct tfs_tree *tree, const struct tfs_op *op) TFS_HOLDS(tree->lock)
{
	uint64_t now = tfs_clock_ms();
	struct open_retry *found = NULL;

	for (unsigned i = 0; i < OPEN_RETRIES && tree->n_open_retries > 0; i++) {
		struct open_retry *retry = &tree->open_retries[i];

		if (retry->pid != 0 && retry->until_ms <= now)
			release(tree, retry);
		else if (retry->pid != 0 && retry->pid == tfs_op_pid(op))
			found = retry;
	}
	return found;
}

bool tree_open_retry_begin(struct tfs_tree *tree, const struct tfs_op *op, const struct tfs_node *node)
{
	struct open_retry *retry = find(tree, op);

	if (retry) {
		if (tfs_clock_ms() + RETRY_MS < retry->until_ms + PROMPT_MS)
			return false;
		release(tree, retry);
	} else {
		retry = &tree->open_retries[tree->next_open_retry++ % OPEN_RETRIES];
		release(tree, retry);
	}
	tree->n_open_retries++;
	retry->pid = tfs_op_pid(op);
	retry->until_ms = tfs_clock_ms() + RETRY_MS;
	if (node->ops->kind == KIND_DOCUMENT) {
		retry->read = node->flags & NODE_READ;
		retry->generation = node->doc.generation;
	}
	return true;
}

bool tree_open_retry_fits(struct tfs_tree *tree, const struct tfs_op *op, const struct tfs_node *node)
{
	const struct open_retry *retry = find(tree, op);

	if (!retry || retry->node == node || node->ops->kind != KIND_DOCUMENT || node->flags & NODE_PENDING)
		return true;
	return !node->doc.editors && node->doc.page_readers == 0 && !(node->flags & (NODE_RESERVED | NODE_TRUNCATED));
}

void tree_open_retry_reserve(struct tfs_tree *tree, const struct tfs_op *op, struct tfs_node *node, struct tfs_doc *doc)
{
	struct open_retry *retry = find(tree, op);

	if (!retry || retry->node == node || node->ops->kind != KIND_DOCUMENT || !doc || doc->origin == TFS_DOC_SHORT)
		return;
	unbind(tree, retry);
	retry->node = tree_node_get(node);
	retry->doc = tfs_doc_ref(doc);
	node->doc.page_readers++;
	node->flags |= NODE_RESERVED;
	if (retry->read && retry->generation == node->doc.generation)
		node->flags |= NODE_READ;
}

void tree_open_retry_end(struct tfs_tree *tree, const struct tfs_op *op)
{
	struct open_retry *retry = find(tree, op);

	if (retry)
		release(tree, retry);
}

struct tfs_doc *tree_open_retry_take(struct tfs_tree *tree, const struct tfs_op *op, struct tfs_node *node)
{
	struct open_retry *retry = find(tree, op);
	struct tfs_doc *doc;

	if (!retry || retry->node != node)
		return NULL;
	doc = tfs_doc_ref(retry->doc);
	release(tree, retry);
	return doc;
}

void tree_open_retries_free(struct tfs_tree *tree)
{
	for (unsigned i = 0; i < OPEN_RETRIES; i++)
		release(tree, &tree->open_retries[i]);
}
