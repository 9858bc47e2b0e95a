/* Versions of documents: taking a new one, and remembering the one somebody read before it came. */
#include "version.h"

#include <stdlib.h>
#include <string.h>

#include "tenantfs/clock.h"

enum {
	SEEN_KEPT = 512,
	SEEN_MS = 24 * 3600 * 1000,
	NS = 1000000000,
};

/* A version that was read and is no longer shown. Newest first. */
struct seen {
	struct seen *next;
	const struct tfs_resource *resource;
	struct tfs_doc *doc;
	pid_t reader;
	uint64_t since_ms;
};

static void seen_free(struct seen *seen)
{
	tfs_doc_unref(seen->doc);
	free(seen);
}

static void seen_cut(struct tfs_tree *tree)
{
	uint64_t now = tfs_clock_ms();
	struct seen **at = &tree->seen, *rest;
	unsigned count = 0;

	while (*at != NULL && count < SEEN_KEPT && now - (*at)->since_ms < SEEN_MS) {
		at = &(*at)->next;
		count++;
	}
	for (rest = *at, *at = NULL; rest != NULL;) {
		struct seen *next = rest->next;

		seen_free(rest);
		rest = next;
	}
}

static void seen_add(struct tfs_tree *tree, const struct tfs_node *node, struct tfs_doc *doc)
{
	struct seen *seen = calloc(1, sizeof(*seen));

	if (seen == NULL)
		return;
	seen->resource = node->resource;
	seen->doc = tfs_doc_ref(doc);
	seen->reader = node->reader;
	seen->since_ms = tfs_clock_ms();
	seen->next = tree->seen;
	tree->seen = seen;
	seen_cut(tree);
}

struct tfs_doc *version_base(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_resource *resource,
			     const char *name, const struct tfs_node *node)
{
	bool read = node != NULL && (node->flags & NODE_READ);
	struct seen *found = NULL;

	seen_cut(tree);
	if (read && node->reader == tfs_op_pid(op))
		return NULL;
	for (struct seen *seen = tree->seen; seen != NULL; seen = seen->next) {
		if (seen->resource != resource || strcmp(seen->doc->name, name) != 0)
			continue;
		if (seen->reader == tfs_op_pid(op)) {
			found = seen;
			break;
		}
		if (found == NULL && !read)
			found = seen;
	}
	return found != NULL ? tfs_doc_ref(found->doc) : NULL;
}

void versions_forget(struct tfs_tree *tree, const struct tfs_resource *resource, const char *name)
{
	for (struct seen **at = &tree->seen; *at != NULL;) {
		struct seen *seen = *at;

		if (seen->resource == resource && strcmp(seen->doc->name, name) == 0) {
			*at = seen->next;
			seen_free(seen);
		} else {
			at = &seen->next;
		}
	}
}

void versions_free(struct tfs_tree *tree)
{
	while (tree->seen != NULL) {
		struct seen *seen = tree->seen;

		tree->seen = seen->next;
		seen_free(seen);
	}
}

static int64_t to_ns(struct timespec time)
{
	return (int64_t)time.tv_sec * NS + time.tv_nsec;
}

void version_take(struct tfs_tree *tree, struct tfs_node *node, struct tfs_doc *doc, struct tfs_doc *old)
{
	if (doc->generation <= node->doc.generation)
		return;
	if (node->flags & NODE_READ && old != NULL && old->generation == node->doc.generation)
		seen_add(tree, node, old);
	if (node->doc.page_readers > 0) {
		node_orphan(tree, node);
		return;
	}
	node->doc.generation = doc->generation;
	node->doc.size = (uint32_t)doc->len;
	node->doc.mtime_ns = to_ns(doc->mtime);
	node->flags &= ~(uint32_t)(NODE_TOLD | NODE_PAGES | NODE_READ);
	node_tell_changed(tree, node);
	if (node->flags & NODE_PENDING) {
		node->flags &= ~(uint32_t)NODE_PENDING;
		dir_remove_local(tree, node_parent(node), node);
	}
	if (node->flags & NODE_TIMED) {
		node->flags &= ~(uint32_t)NODE_TIMED;
		node_put(tree, node);
	}
}

void version_read(struct tfs_node *node, const struct tfs_op *op)
{
	node->flags |= NODE_READ;
	node->reader = tfs_op_pid(op);
}

void version_set_time(struct tfs_node *node, struct timespec mtime)
{
	node->doc.mtime_ns = to_ns(mtime);
	node->flags &= ~(uint32_t)NODE_TOLD;
	if (!(node->flags & NODE_TIMED)) {
		node->flags |= NODE_TIMED;
		node_get(node);
	}
}
