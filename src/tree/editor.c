/* Writing: one edit for each open file, sent at flush and fsync. */
#include "editor.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "commit.h"
#include "draft.h"
#include "file-lock.h"
#include "local.h"
#include "tenantfs/clock.h"
#include "version.h"

enum { POLL_MS = 5 };

static const struct file_ops editor_ops;

struct editor *tree_editor_of(struct tfs_file *file)
{
	return file && file->ops == &editor_ops ? (struct editor *)file : NULL;
}

size_t tree_editor_size(const struct editor *editor)
{
	if (editor->owned)
		return editor->text.len;
	return editor->base ? editor->base->len : 0;
}

static const char *editor_data(const struct editor *editor)
{
	if (editor->owned)
		return editor->text.data ? editor->text.data : "";
	return editor->base ? editor->base->data : "";
}

struct editor *tree_editor_shown(const struct tfs_node *node)
{
	struct editor *shown = NULL;

	assert(node->ops->kind == KIND_DOCUMENT);
	for (struct editor *editor = node->doc.editors; editor; editor = editor->next) {
		if (editor->serial == editor->tried)
			continue;
		if (shown)
			return NULL;
		shown = editor;
	}
	return shown;
}

static void editor_touch(struct editor *editor)
{
	editor->serial++;
	editor->timed = false;
	editor->touched = tfs_clock_wall();
}

/* Copies the base before the first change. */
static int editor_own(struct editor *editor)
{
	int r = 0;

	if (editor->owned)
		return 0;
	if (editor->base)
		r = tfs_buf_add(&editor->text, editor->base->data, editor->base->len);
	editor->owned = r == 0;
	return r;
}

int tree_editor_open(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, struct tfs_doc *base, int flags,
		     bool cut, struct tfs_file **ret)
{
	struct editor *editor = tree_file_new(tree, node, &editor_ops, sizeof(*editor));

	if (!editor) {
		tfs_doc_unref(base);
		return tfs_fail_memory(op);
	}
	editor->base = base;
	editor->uid = tfs_op_uid(op);
	editor->text = TFS_BUF_INIT_SECRET(TEXT_MAX);
	editor->append = flags & O_APPEND;
	if (cut || flags & O_TRUNC) {
		editor->owned = true;
		editor_touch(editor);
	}
	editor->next = node->doc.editors;
	node->doc.editors = editor;
	*ret = &editor->file;
	return 0;
}

static int editor_read(struct tfs_file *file, struct tfs_op *op, uint64_t offset, size_t size, const char **ret_bytes,
		       size_t *ret_len, char **ret_copy)
{
	struct editor *editor = (struct editor *)file;
	char *copy = NULL;
	size_t len;

	tree_lock(file->tree);
	len = tree_editor_size(editor);
	len = offset < len ? MIN(size, len - offset) : 0;
	if (len > 0) {
		copy = malloc(len);
		if (copy)
			memcpy(copy, editor_data(editor) + offset, len);
	}
	tree_unlock(file->tree);
	if (len > 0 && !copy)
		return tfs_fail_memory(op);
	*ret_bytes = *ret_copy = copy;
	*ret_len = len;
	return 0;
}

static int write_locked(struct editor *editor, uint64_t offset, const void *bytes, size_t len)
{
	int r;

	if (editor->append)
		offset = tree_editor_size(editor);
	if (offset > TEXT_MAX || len > TEXT_MAX - offset)
		return -EFBIG;
	r = editor_own(editor);
	if (r == 0 && offset + len > editor->text.len)
		r = tfs_buf_resize(&editor->text, offset + len);
	if (r < 0)
		return r;
	memcpy(editor->text.data + offset, bytes, len);
	editor_touch(editor);
	return 0;
}

static int editor_write(struct tfs_file *file, struct tfs_op *op, uint64_t offset, const void *bytes, size_t len)
{
	int r;

	if (len == 0)
		return 0;
	tree_lock(file->tree);
	r = write_locked((struct editor *)file, offset, bytes, len);
	tree_unlock(file->tree);
	return r < 0 ? tfs_fail(op, r, "tree", "a document has at most %d bytes", TEXT_MAX) : 0;
}

static int editor_resize(struct tfs_file *file, struct tfs_op *op, uint64_t len)
{
	struct editor *editor = (struct editor *)file;
	int r = len > TEXT_MAX ? -EFBIG : 0;

	if (len == tree_editor_size(editor))
		return 0;
	if (r == 0)
		r = editor_own(editor);
	if (r == 0)
		r = tfs_buf_resize(&editor->text, len);
	if (r < 0)
		return tfs_fail(op, r, "tree", "a document has at most %d bytes", TEXT_MAX);
	editor_touch(editor);
	return 0;
}

/* A time that was set during the edit becomes the document's. */
static void apply_time(struct editor *editor, const struct tfs_doc *doc) TFS_HOLDS(editor->file.tree->lock)
{
	if (editor->timed)
		tree_version_set_time(editor->file.tree, editor->file.node->resource, doc->name, doc->generation,
				      editor->touched);
}

/* 1: there is a text to send; else the verdict of the last commit. */
static int needs_commit(struct editor *editor, struct tfs_op *op) TFS_HOLDS(editor->file.tree->lock)
{
	size_t len = tree_editor_size(editor);

	/* An empty text is about to be written: shells close a duplicate of the truncated descriptor first. */
	if (editor->serial == 0 || len == 0)
		return 0;
	if (editor->tried == editor->serial) {
		*tfs_op_error(op) = editor->verdict;
		return editor->verdict.code;
	}
	return 1;
}

/* Waits while another thread commits the same edit. Releases the lock meanwhile. */
static int await_turn(struct editor *editor, struct tfs_op *op) TFS_HOLDS(editor->file.tree->lock)
{
	int r = 0;

	while (editor->committing && r == 0) {
		tree_unlock(editor->file.tree);
		r = tfs_op_sleep(op, POLL_MS);
		tree_lock(editor->file.tree);
	}
	return r;
}

static void finish_commit(struct editor *editor, struct tfs_op *op, int r, uint64_t serial, struct tfs_doc *doc)
	TFS_HOLDS(editor->file.tree->lock)
{
	struct tfs_file *file = &editor->file;

	assert(editor->committing && editor->tried <= serial && serial <= editor->serial);
	editor->committing = false;
	editor->tried = serial;
	tfs_error_clear(&editor->verdict);
	if (r < 0) {
		editor->verdict = *tfs_op_error(op);
		return;
	}
	tfs_doc_unref(editor->base);
	editor->base = tfs_doc_ref(doc);
	tree_hidden_end(file->tree, tree_hidden_find(node_parent(file->node), node_name(file->node)));
	apply_time(editor, doc);
	tree_version_saved(file->tree, file->node, doc);
}

/*
 * A new file with the text of another document is one that a tool is about to rename onto that document: it becomes a
 * scratch file, and a draft so that an unmount does not lose it. 1: it is not such a file.
 */
static int keep_for_rename(struct editor *editor, struct tfs_op *op, const struct target *target, uint64_t serial,
			   const struct tfs_buf *text)
{
	struct tfs_tree *tree = editor->file.tree;
	struct tfs_node *node = editor->file.node;
	struct tfs_error error;
	cleanup_free char *other = tfs_resource_text_of(target->resource, op, target->object, text->data, text->len);
	int r;

	if (!other)
		return 1;
	tree_lock(tree);
	tree_version_sent(tree, node);
	tree_node_orphan(tree, node);
	r = tree_scratch_put(tree, op, node_parent(node), node_name(node), text->data, text->len);
	editor->committing = false;
	if (r == 0) {
		editor->tried = serial;
		tfs_error_clear(&editor->verdict);
	}
	tree_unlock(tree);
	if (r < 0)
		return r;
	tfs_error_set(&error, -EINVAL, "tree", "the text is that of \"%s\": rename the file, or change the name in it",
		      other);
	tree_draft_keep(tree, op, editor->uid, &error, target, NULL, text->data, text->len);
	tree_drafts_write(tree, op);
	return 0;
}

static int editor_commit(struct tfs_file *file, struct tfs_op *op)
{
	struct editor *editor = (struct editor *)file;
	struct target target TFS_CLEANUP(tree_target_finish) = { 0 };
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT_SECRET(TEXT_MAX);
	struct tfs_doc *base cleanup_doc = NULL;
	struct tfs_doc *doc cleanup_doc = NULL;
	struct tfs_node *node = file->node;
	uint64_t serial;
	int r;

	tree_lock(file->tree);
	r = await_turn(editor, op);
	if (r == 0)
		r = needs_commit(editor, op);
	if (r == 1) {
		r = tree_target_make(&target, node_parent(node), node_name(node), node->resource, node->what);
		if (r == 0)
			r = tfs_buf_add(&text, editor_data(editor), tree_editor_size(editor));
		if (r == 0)
			r = 1;
		assert(!editor->committing);
		editor->committing = r == 1;
	}
	serial = editor->serial;
	base = editor->base ? tfs_doc_ref(editor->base) : NULL;
	tree_unlock(file->tree);
	if (r != 1)
		return r == -ENOMEM ? tfs_fail_memory(op) : r;
	if (!base)
		r = keep_for_rename(editor, op, &target, serial, &text);
	if (r != 1)
		return r;
	r = tree_commit_text(file->tree, op, &target, base, text.data, text.len, &doc);
	tree_lock(file->tree);
	finish_commit(editor, op, r, serial, doc);
	tree_unlock(file->tree);
	return r;
}

/* Keeps a text that was closed before it was sent as a draft. */
static void keep_unsent(struct editor *editor) TFS_HOLDS(editor->file.tree->lock)
{
	struct tfs_file *file = &editor->file;
	struct tfs_node *node = file->node;
	struct target target TFS_CLEANUP(tree_target_finish) = { 0 };
	struct tfs_error error;
	size_t len = tree_editor_size(editor);
	const struct tfs_kind *kind = tfs_resource_kind(node->resource);
	/* Not for a new document, nor for an import: an empty table creates no objects. */
	bool emptied = len == 0 && kind->form == TFS_FORM_TEXT && editor->base && !kind->imports;

	if (editor->serial == editor->tried || (len == 0 && !emptied))
		return;
	/* Unchanged. A write-only document reads as empty, so its base says nothing. */
	if (editor->base && !kind->no_read && len == editor->base->len &&
	    memcmp(editor_data(editor), editor->base->data, len) == 0)
		return;
	if (tree_target_make(&target, node_parent(node), node_name(node), node->resource, node->what) < 0)
		return;
	tfs_error_set(&error, -EIO, "tree",
		      emptied ? "emptied and closed: retry sends the empty text" : "closed before it was sent");
	tree_draft_keep(file->tree, NULL, editor->uid, &error, &target, editor->base, editor_data(editor), len);
}

/*
 * Called after the last edit of the node. The kernel has the sizes and pages of the edit, so the name goes to a node
 * of the current version. A new document that was refused exists only as a draft.
 */
static void retire(struct tfs_tree *tree, struct tfs_node *node, int verdict) TFS_HOLDS(tree->lock)
{
	struct hidden *hidden = tree_hidden_find(node_parent(node), node_name(node));

	if (!(node->flags & NODE_PENDING)) {
		tree_node_orphan(tree, node);
	} else if (verdict < 0 || (node->flags & NODE_REPLACES_HIDDEN && !hidden)) {
		tree_node_orphan(tree, node);
		tree_version_sent(tree, node);
		tree_hidden_end(tree, hidden);
	}
}

static void editor_release(struct tfs_file *file) TFS_HOLDS(file->tree->lock)
{
	struct editor *editor = (struct editor *)file, **at;
	struct tfs_node *node = file->node;

	keep_unsent(editor);
	for (at = &node->doc.editors; *at != editor; at = &(*at)->next)
		;
	*at = editor->next;
	if (!node->doc.editors)
		retire(file->tree, node, editor->verdict.code);
	tfs_buf_finish(&editor->text);
	tfs_doc_unref(editor->base);
}

/* Whether the text is one that the program has only read, or an empty new one. */
static bool may_follow(const struct editor *editor)
{
	if (editor->serial == editor->tried)
		return editor->verdict.code == 0;
	return !editor->base && tree_editor_size(editor) == 0;
}

static int editor_follow(struct tfs_file *file, struct tfs_doc *doc, const struct tfs_lock_request *request,
			 uint64_t *ret_stale) TFS_HOLDS(file->tree->lock)
{
	struct editor *editor = (struct editor *)file;
	struct tfs_node *node = file->node;

	(void)ret_stale;
	if (!may_follow(editor) || (editor->base && doc->generation <= editor->base->generation))
		return 0;
	tfs_doc_unref(editor->base);
	editor->base = tfs_doc_ref(doc);
	tfs_buf_finish(&editor->text);
	editor->text = TFS_BUF_INIT_SECRET(TEXT_MAX);
	editor->owned = false;
	editor->tried = editor->serial;
	/* Sizes are asked for anew while the node has an edit. */
	if (doc->generation > node->doc.generation)
		tree_version_begin(file->tree, node, doc);
	tree_version_read(file->tree, node, request->reader, doc);
	return 0;
}

static const struct file_ops editor_ops = {
	.read = editor_read,
	.write = editor_write,
	.resize = editor_resize,
	.commit = editor_commit,
	.release = editor_release,
	.follow = editor_follow,
};
