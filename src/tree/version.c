/* Versions of documents: replaces the node of an outdated version, and keeps versions that were read. */
#include "version.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/caller.h"
#include "tenantfs/clock.h"

enum {
	/* Of a document of which the list shows a part: more than it has, so that no program takes a part for all. */
	SIZE_UNKNOWN = 1 << 20,
	SEEN_KEPT = 512,
	SEEN_MS = 24 * 3600 * 1000,
	READS_KEPT = 128,
	READS_EACH = 4, /* for one process */
	NS = 1000000000,
	TIMED_KEY = sizeof(void *) + NAME_ROOM,
};

/* A version that was read and has been replaced since. Newest first. */
struct seen {
	struct seen *next;
	const struct tfs_resource *resource;
	struct tfs_doc *doc;
	uint64_t since_ms;
};

/* The version of a document that a process read last. */
struct read {
	const struct tfs_resource *resource;
	struct tfs_doc *doc; /* NULL: free */
	pid_t reader;
	uint64_t serial;
	uint64_t at_ms; /* the time of the read: numbers of processes are used again */
};

/* A time that a user set on a version. */
struct timed {
	UT_hash_handle hh;
	uint64_t generation;
	int64_t mtime_ns;
	char key[TIMED_KEY];
};

static int64_t to_ns(struct timespec time)
{
	return (int64_t)time.tv_sec * NS + time.tv_nsec;
}

/* Makes the key of a document; returns its length. */
static size_t time_key(char key[TIMED_KEY], const struct tfs_resource *resource, const char *name)
{
	size_t len = strlen(name);

	memcpy(key, &resource, sizeof(resource));
	memcpy(key + sizeof(resource), name, len);
	return sizeof(resource) + len;
}

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

	while (*at && count < SEEN_KEPT && now - (*at)->since_ms < SEEN_MS) {
		at = &(*at)->next;
		count++;
	}
	for (rest = *at, *at = NULL; rest;) {
		struct seen *next = rest->next;

		seen_free(rest);
		rest = next;
	}
}

static void seen_add(struct tfs_tree *tree, const struct tfs_node *node, struct tfs_doc *doc)
{
	struct seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		return;
	seen->resource = node->resource;
	seen->doc = tfs_doc_ref(doc);
	seen->since_ms = tfs_clock_ms();
	seen->next = tree->seen;
	tree->seen = seen;
	seen_cut(tree);
}

static struct timed *find_time(struct tfs_tree *tree, const struct tfs_resource *resource, const char *name)
{
	char key[TIMED_KEY];
	size_t len = time_key(key, resource, name);
	struct timed *timed;

	HASH_FIND(hh, tree->times, key, len, timed);
	return timed;
}

static void time_free(struct tfs_tree *tree, struct timed *timed)
{
	HASH_DEL(tree->times, timed);
	free(timed);
}

void tree_versions_forget(struct tfs_tree *tree, const struct tfs_resource *resource, const char *name)
{
	for (struct seen **at = &tree->seen; *at;) {
		struct seen *seen = *at;

		if (seen->resource == resource && strcmp(seen->doc->name, name) == 0) {
			*at = seen->next;
			seen_free(seen);
		} else {
			at = &seen->next;
		}
	}
}

int tree_versions_new(struct tfs_tree *tree)
{
	tree->reads = calloc(READS_KEPT, sizeof(struct read));
	return tree->reads ? 0 : -ENOMEM;
}

void tree_versions_free(struct tfs_tree *tree)
{
	for (unsigned i = 0; tree->reads && i < READS_KEPT; i++)
		tfs_doc_unref(tree->reads[i].doc);
	free(tree->reads);
	while (tree->times)
		time_free(tree, tree->times);
	while (tree->seen) {
		struct seen *seen = tree->seen;

		tree->seen = seen->next;
		seen_free(seen);
	}
}

void tree_version_set_time(struct tfs_tree *tree, const struct tfs_resource *resource, const char *name,
			   uint64_t generation, struct timespec mtime)
{
	struct timed *timed = find_time(tree, resource, name);

	if (!timed) {
		timed = calloc(1, sizeof(*timed));
		if (!timed)
			return;
		HASH_ADD_KEYPTR(hh, tree->times, timed->key, time_key(timed->key, resource, name), timed);
		if (!tfs_hash_added(timed)) {
			free(timed);
			return;
		}
	}
	timed->generation = generation;
	timed->mtime_ns = to_ns(mtime);
}

static void show(struct tfs_tree *tree, struct tfs_node *node, const struct tfs_doc *doc)
{
	struct timed *timed = tree->times ? find_time(tree, node->resource, doc->name) : NULL;

	assert(node->ops->kind == KIND_DOCUMENT);
	node->doc.generation = doc->generation;
	node->doc.size = (uint32_t)doc->len;
	node->flags &= ~(uint32_t)NODE_PART;
	if (doc->origin == TFS_DOC_SHORT) {
		node->doc.size = SIZE_UNKNOWN;
		node->flags |= NODE_PART;
	}
	node->doc.mtime_ns = to_ns(doc->mtime);
	if (timed && timed->generation == doc->generation)
		node->doc.mtime_ns = timed->mtime_ns;
	else if (timed && timed->generation < doc->generation)
		time_free(tree, timed);
}

void tree_version_begin(struct tfs_tree *tree, struct tfs_node *node, const struct tfs_doc *doc)
{
	show(tree, node, doc);
}

void tree_version_sent(struct tfs_tree *tree, struct tfs_node *node)
{
	if (!(node->flags & NODE_PENDING))
		return;
	node->flags &= ~(uint32_t)NODE_PENDING;
	tree_dir_remove_local(tree, node_parent(node), node);
}

void tree_version_follow(struct tfs_tree *tree, struct tfs_node *node, const struct tfs_doc *doc, struct tfs_doc *old)
{
	if (doc->generation <= node->doc.generation)
		return;
	/* Nobody has read a part, and programs that look at a file before they open it expect the same node. */
	if (node->flags & NODE_PART) {
		show(tree, node, doc);
		return;
	}
	if (node->flags & NODE_READ && old && old->generation == node->doc.generation)
		seen_add(tree, node, old);
	tree_version_sent(tree, node);
	tree_node_orphan(tree, node);
}

void tree_version_saved(struct tfs_tree *tree, struct tfs_node *node, const struct tfs_doc *doc)
{
	tree_version_sent(tree, node);
	tree_node_orphan(tree, node);
	show(tree, node, doc);
	tree_node_tell_changed(tree, node);
}

/* The slot for another read. Slots per process are limited, so a process that reads everything keeps others' slots. */
static struct read *next_read(struct tfs_tree *tree, pid_t pid)
{
	struct read *oldest = &tree->reads[0], *own = NULL;
	unsigned owned = 0;

	for (unsigned i = 0; i < READS_KEPT; i++) {
		struct read *read = &tree->reads[i];

		if (read->doc && read->reader == pid) {
			owned++;
			if (!own || read->serial < own->serial)
				own = read;
		}
		if (read->serial < oldest->serial)
			oldest = read;
	}
	return owned < READS_EACH ? oldest : own;
}

static struct read *find_read(struct tfs_tree *tree, const struct tfs_resource *resource, const char *name, pid_t pid)
{
	for (unsigned i = 0; i < READS_KEPT; i++) {
		struct read *read = &tree->reads[i];

		if (read->doc && read->reader == pid && read->resource == resource &&
		    strcmp(read->doc->name, name) == 0)
			return read;
	}
	return NULL;
}

void tree_version_read(struct tfs_tree *tree, struct tfs_node *node, pid_t pid, struct tfs_doc *doc)
{
	struct read *read;

	node->flags |= NODE_READ;
	if (!doc)
		return;
	read = find_read(tree, node->resource, doc->name, pid);
	if (!read)
		read = next_read(tree, pid);
	tfs_doc_ref(doc);
	tfs_doc_unref(read->doc);
	*read = (struct read){ node->resource, doc, pid, ++tree->next_version, tfs_caller_now_ms() };
}

void tree_version_written(struct tfs_tree *tree, const struct tfs_op *op, const struct tfs_resource *resource,
			  struct tfs_doc *doc)
{
	struct read *read = find_read(tree, resource, doc->name, tfs_op_pid(op));

	if (!read)
		return;
	tfs_doc_unref(read->doc);
	read->doc = tfs_doc_ref(doc);
}

struct tfs_doc *tree_version_read_by(struct tfs_tree *tree, const struct tfs_op *op,
				     const struct tfs_resource *resource, const char *name)
{
	const struct read *read = find_read(tree, resource, name, tfs_op_pid(op));

	return read ? tfs_doc_ref(read->doc) : NULL;
}

bool tree_version_reads_since(const struct tfs_tree *tree, pid_t pid, uint64_t started_ms)
{
	for (unsigned i = 0; i < READS_KEPT; i++)
		if (tree->reads[i].doc && tree->reads[i].reader == pid && tree->reads[i].at_ms >= started_ms)
			return true;
	return false;
}

struct tfs_doc *tree_version_base(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_resource *resource,
				  const char *name, const struct tfs_node *node)
{
	struct tfs_doc *read = tree_version_read_by(tree, op, resource, name);

	if (read)
		return read;
	/* Another process may have read for the writer, as in `jq … | sponge`: the base is the version read last. */
	if (node && node->flags & NODE_READ)
		return NULL;
	seen_cut(tree);
	for (struct seen *seen = tree->seen; seen; seen = seen->next)
		if (seen->resource == resource && strcmp(seen->doc->name, name) == 0)
			return tfs_doc_ref(seen->doc);
	return NULL;
}
