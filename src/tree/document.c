/* Documents: a snapshot for each reader, an edit for each writer. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "commit.h"
#include "editor.h"
#include "file-lock.h"
#include "local.h"
#include "looks.h"
#include "open-retry.h"
#include "version.h"

enum {
	NS = 1000000000,
	POLL_MS = 2,
	READERS_MS = 1000,
};

struct reader {
	struct tfs_file file;
	struct tfs_doc *doc; /* NULL: a new document, still empty */
	bool pages;          /* uses the page cache */
	atomic_bool started; /* has read */
	/* The version that a lock moved the file to. `doc` stays, since a read of it may be under way. */
	atomic_bool moved;
	struct tfs_doc *moved_to; /* protected by the tree's lock */
};

static bool is_write(int flags)
{
	return (flags & O_ACCMODE) != O_RDONLY || flags & O_TRUNC;
}

static const struct tfs_kind *kind_of(const struct tfs_node *node)
{
	return tfs_resource_kind(node->resource);
}

static void document_attr(struct tfs_tree *tree, struct tfs_node *node, struct tfs_attr *ret) TFS_HOLDS(tree->lock)
{
	const struct editor *editor = tree_editor_shown(node);
	struct timespec mtime = { node->doc.mtime_ns / NS, node->doc.mtime_ns % NS };
	uint64_t size = node->doc.size;
	bool new = (node->flags & (NODE_PENDING | NODE_REPLACES_HIDDEN)) == NODE_PENDING;
	bool writable = new || tree_is_writable(tree, kind_of(node), node);

	if (editor) {
		size = tree_editor_size(editor);
		mtime = editor->touched;
	} else if (node->flags & NODE_TRUNCATED) {
		size = 0;
	}
	tree_base_attr(tree, node, kind_of(node)->no_read ? 0200 : writable ? 0600 : 0400, size, mtime, ret);
	if (node->flags & NODE_ORPHAN)
		ret->stat.st_nlink = 0;
	ret->stable = !node->doc.editors && !(node->flags & (NODE_TRUNCATED | NODE_PENDING | NODE_ORPHAN | NODE_PART));
}

static int check_change(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_node *node)
{
	const struct tfs_kind *kind = kind_of(node);
	cleanup_free char *path = tree_node_path(node);
	int r = path ? tree_check_writable(tree, op, kind, path) : tfs_fail_memory(op);

	if (r == 0 && kind->n_change == 0 && !node_has(tree, node, NODE_PENDING))
		r = tfs_fail(op, -EPERM, "tree", "%s",
			     kind->no_change ? kind->no_change : "the API has no call that changes it");
	return r;
}

static int copy_moved(struct reader *reader, struct tfs_op *op, uint64_t offset, size_t size, size_t *ret_len,
		      char **ret_copy)
{
	const struct tfs_doc *doc;
	char *copy;

	tree_lock(reader->file.tree);
	doc = reader->moved_to;
	*ret_len = offset < doc->len ? MIN(size, doc->len - offset) : 0;
	copy = malloc(*ret_len + 1);
	if (copy)
		memcpy(copy, doc->data + offset, *ret_len);
	tree_unlock(reader->file.tree);
	*ret_copy = copy;
	return copy ? 0 : tfs_fail_memory(op);
}

static int reader_read(struct tfs_file *file, struct tfs_op *op, uint64_t offset, size_t size, const char **ret_bytes,
		       size_t *ret_len, char **ret_copy)
{
	struct reader *reader = (struct reader *)file;
	size_t len = reader->doc ? reader->doc->len : 0;
	int r = 0;

	atomic_store(&reader->started, true);
	if (atomic_load(&reader->moved)) {
		r = copy_moved(reader, op, offset, size, ret_len, ret_copy);
		*ret_bytes = *ret_copy;
		return r;
	}
	*ret_len = offset < len ? MIN(size, len - offset) : 0;
	*ret_bytes = *ret_len > 0 ? reader->doc->data + offset : NULL;
	*ret_copy = NULL;
	return 0;
}

static void reader_release(struct tfs_file *file)
{
	struct reader *reader = (struct reader *)file;

	assert(!reader->pages || file->node->doc.page_readers > 0);
	if (reader->pages)
		file->node->doc.page_readers--;
	tfs_doc_unref(reader->doc);
	tfs_doc_unref(reader->moved_to);
}

static const struct file_ops reader_ops;

static void reader_move(struct reader *reader, struct tfs_doc *doc) TFS_HOLDS(reader->file.tree->lock)
{
	tfs_doc_unref(reader->moved_to);
	reader->moved_to = tfs_doc_ref(doc);
	atomic_store(&reader->moved, true);
}

/* The version that the file shows; NULL: none yet. */
static const struct tfs_doc *reader_shown(const struct reader *reader) TFS_HOLDS(reader->file.tree->lock)
{
	return reader->moved_to ? reader->moved_to : reader->doc;
}

/* Another reader whose pages are those of this one; NULL: none. Begins after `after`. */
static struct reader *next_sharer(const struct reader *reader, struct tfs_file *after)
	TFS_HOLDS(reader->file.tree->lock)
{
	for (; after; after = after->next)
		if (after->ops == &reader_ops && after->node == reader->file.node && ((struct reader *)after)->pages)
			return (struct reader *)after;
	return NULL;
}

/*
 * All readers of the node's pages move together, which must not happen to one in the middle of its text. Then a shared
 * lock shows the old version, and an exclusive one is refused.
 */
static int reader_follow(struct tfs_file *file, struct tfs_doc *doc, const struct tfs_lock_request *request,
			 uint64_t *ret_stale) TFS_HOLDS(file->tree->lock)
{
	struct reader *reader = (struct reader *)file, *other;
	const struct tfs_doc *shown = reader_shown(reader);
	struct tfs_tree *tree = file->tree;

	if (shown && doc->generation <= shown->generation)
		return 0;
	if (reader->pages) {
		for (other = next_sharer(reader, tree->files); other; other = next_sharer(reader, other->file.next))
			if (other != reader && atomic_load(&other->started) && !tree_lock_awaited(tree, &other->file))
				return request->lock.type == F_WRLCK ? -ENOLCK : 0;
		for (other = next_sharer(reader, tree->files); other; other = next_sharer(reader, other->file.next))
			reader_move(other, doc);
		tree_version_begin(tree, file->node, doc);
		*ret_stale = tfs_node_ino(file->node);
	} else {
		reader_move(reader, doc);
	}
	tree_version_read(tree, file->node, request->reader, doc);
	return 0;
}

static const struct file_ops reader_ops = {
	.read = reader_read,
	.release = reader_release,
	.follow = reader_follow,
};

/* Takes ownership of `doc`, even on failure. */
static int open_reader(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, struct tfs_doc *doc, bool pages,
		       struct tfs_file **ret, struct tfs_open_result *ret_result) TFS_HOLDS(tree->lock)
{
	struct reader *reader = tree_file_new(tree, node, &reader_ops, sizeof(*reader));

	if (!reader) {
		tfs_doc_unref(doc);
		return tfs_fail_memory(op);
	}
	reader->doc = doc;
	reader->pages = pages;
	if (pages)
		node->doc.page_readers++;
	tree_version_read(tree, node, tfs_op_pid(op), doc);
	*ret_result = (struct tfs_open_result){ .keep_cache = pages, .direct_io = !pages };
	*ret = &reader->file;
	return 0;
}

/* The base of an edit: a writer that truncates replaces the version it read before. Takes ownership of `doc`. */
static struct tfs_doc *choose_base(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, struct tfs_doc *doc,
				   int flags) TFS_HOLDS(tree->lock)
{
	struct tfs_doc *base = NULL;

	if (doc && (flags & O_TRUNC || node->flags & NODE_TRUNCATED))
		base = tree_version_base(tree, op, node->resource, doc->name, node);
	if (!base)
		return doc;
	tfs_doc_unref(doc);
	return base;
}

/* Takes ownership of `doc` (NULL: a new document), even on failure. `fits`: `doc` is the node's version. */
static int open_version(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, struct tfs_doc *doc, int flags,
			bool fits, struct tfs_file **ret, struct tfs_open_result *ret_result) TFS_HOLDS(tree->lock)
{
	bool cut = node->flags & NODE_TRUNCATED;

	tree_open_retry_end(tree, op);
	tree_looks_opened(tree, op);
	if (!is_write(flags))
		return open_reader(tree, op, node, doc, fits && !tree_locks_used(tree, node), ret, ret_result);
	*ret_result = (struct tfs_open_result){ .direct_io = true };
	doc = choose_base(tree, op, node, doc, flags);
	if ((flags & O_ACCMODE) == O_RDWR && !(flags & O_TRUNC))
		tree_version_read(tree, node, tfs_op_pid(op), doc);
	node->flags &= ~(uint32_t)NODE_TRUNCATED;
	return tree_editor_open(tree, op, node, doc, flags, cut, ret);
}

/* Readers of one version share a node; a writer has a node to itself. The lock is held. */
static bool node_fits(const struct tfs_node *node, const struct tfs_doc *doc, bool write)
{
	if (node->flags & (NODE_ORPHAN | NODE_RESERVED) || node->doc.generation != doc->generation || node->doc.editors)
		return false;
	return write ? node->doc.page_readers == 0 : !(node->flags & NODE_TRUNCATED);
}

/* Serves the second open of an open retry, and opens of a pending document. -EAGAIN: it is neither. */
static int open_known(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, int flags, struct tfs_file **ret,
		      struct tfs_open_result *ret_result)
{
	const struct hidden *hidden;
	struct tfs_doc *doc;
	int r = -EAGAIN;

	tree_lock(tree);
	doc = tree_open_retry_take(tree, op, node);
	if (!doc && node->flags & NODE_PENDING && is_write(flags)) {
		hidden = tree_hidden_find(node_parent(node), node_name(node));
		doc = hidden ? tfs_doc_ref(hidden->doc) : NULL;
	}
	if (doc || node->flags & NODE_PENDING)
		r = open_version(tree, op, node, doc, flags, !!doc, ret, ret_result);
	tree_unlock(tree);
	return r;
}

/*
 * A writer that has used its open retry waits until the readers of this node have closed it. Releases the lock
 * meanwhile.
 */
static int await_readers(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_node *node) TFS_HOLDS(tree->lock)
{
	int r = 0;

	for (unsigned waited = 0; node->doc.page_readers > 0 && waited < READERS_MS && r == 0; waited += POLL_MS) {
		tree_unlock(tree);
		r = tfs_op_sleep(op, POLL_MS);
		tree_lock(tree);
	}
	return r;
}

/* Opens `doc`, or makes the kernel look the name up again. Takes ownership of `doc`, even on failure. */
static int open_or_send_back(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, struct tfs_doc *doc,
			     int flags, struct tfs_file **ret, struct tfs_open_result *ret_result) TFS_HOLDS(tree->lock)
{
	bool fits = node_fits(node, doc, is_write(flags));
	int r = 0;

	if (!fits && tree_open_retry_begin(tree, op, node)) {
		tree_node_orphan(tree, node);
		r = tfs_fail(op, -ESTALE, "tree", "the document has changed");
	} else if (!fits && is_write(flags)) {
		r = await_readers(tree, op, node);
	}
	if (r == 0)
		return open_version(tree, op, node, doc, flags, fits, ret, ret_result);
	tfs_doc_unref(doc);
	return r;
}

/* A write-only document must be written as a whole, because a partial write would lose the rest. */
static int check_unreadable(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, int flags)
{
	const char *why = kind_of(node)->no_read;

	if (!why || (is_write(flags) && (flags & O_TRUNC || node_has(tree, node, NODE_TRUNCATED | NODE_PENDING))))
		return 0;
	return tfs_fail(op, -EACCES, "tree", is_write(flags) ? "%s Write all of it at once." : "%s", why);
}

static int document_open(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, int flags,
			 struct tfs_file **ret, struct tfs_open_result *ret_result)
{
	struct tfs_doc *doc;
	char object[NAME_ROOM];
	int r = is_write(flags) ? check_change(tree, op, node) : 0;

	if (r == 0)
		r = check_unreadable(tree, op, node, flags);
	if (r < 0)
		return r;
	r = open_known(tree, op, node, flags, ret, ret_result);
	if (r != -EAGAIN)
		return r;
	tree_object_name(node_name(node), node->what, object);
	r = tfs_resource_get(node->resource, op, object, UINT64_MAX, &doc);
	/* Renamed just before: the kernel looks the new name up. */
	if (r == -ENOENT && node_has(tree, node, NODE_ORPHAN))
		return tfs_fail(op, -ESTALE, "tree", "it was renamed");
	if (r < 0)
		return r;
	tree_lock(tree);
	tree_version_follow(tree, node, doc, NULL);
	r = open_or_send_back(tree, op, node, doc, flags, ret, ret_result);
	tree_unlock(tree);
	return r;
}

static bool document_nowait(struct tfs_tree *tree, struct tfs_node *node)
{
	struct tfs_doc *doc cleanup_doc = NULL;
	char object[NAME_ROOM];

	tree_object_name(node_name(node), node->what, object);
	doc = tree_cached_doc(tree, node->resource, object);
	return doc && doc->origin != TFS_DOC_SHORT && tfs_doc_fresh(doc, tree_freshness_ms(tree, kind_of(node)));
}

const struct node_ops tree_document_ops = {
	.kind = KIND_DOCUMENT,
	.type = S_IFREG,
	.state = "clean",
	.attr = document_attr,
	.open = document_open,
	.nowait = document_nowait,
};
