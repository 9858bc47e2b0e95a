/* setattr: times and sizes may change. The owner may only be set to its current value; a mode changes nothing. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "commit.h"
#include "editor.h"
#include "local.h"
#include "tenantfs/clock.h"
#include "open-retry.h"
#include "version.h"

/* The values of fuse_lowlevel.h, which only the daemon includes. */
enum {
	SET_MODE = 1 << 0,
	SET_UID = 1 << 1,
	SET_GID = 1 << 2,
	SET_SIZE = 1 << 3,
	SET_MTIME = 1 << 5,
	SET_MTIME_NOW = 1 << 8,
};

struct request {
	struct tfs_tree *tree;
	struct tfs_op *op;
	struct tfs_node *node;
	struct tfs_file *file;
	const struct stat *attr;
	int to_set;
};

/*
 * Programs set the mode of the text they write, some while they write it (cp -p, mv, tar), some afterwards (install).
 * As with the mode of open, the mount's modes apply; the request does no more than that. Taking a permission away from
 * the owner is refused: it would have no effect.
 */
static bool is_mode_ignored(const struct request *request, mode_t mode, mode_t now)
{
	bool writing = request->node->flags & NODE_PENDING || request->node->doc.editors;

	return (mode & 07000) == 0 && (writing || (mode & 0600) == (now & 0600));
}

static int set_owner_and_mode(const struct request *request) TFS_HOLDS(request->tree->lock)
{
	struct tfs_node *node = request->node;
	bool scratch = node->ops->kind == KIND_SCRATCH;
	struct tfs_attr now;

	node->ops->attr(request->tree, node, &now);
	if (request->to_set & SET_UID && request->attr->st_uid != now.stat.st_uid)
		return tfs_fail(request->op, -EPERM, "tree", "the owner cannot be changed");
	if (request->to_set & SET_GID && request->attr->st_gid != now.stat.st_gid)
		return tfs_fail(request->op, -EPERM, "tree", "the group cannot be changed");
	if (!(request->to_set & SET_MODE))
		return 0;
	if (scratch)
		node->scratch->mode = request->attr->st_mode & 07777;
	else if ((request->attr->st_mode & 07777) != (now.stat.st_mode & 07777) &&
		 !is_mode_ignored(request, request->attr->st_mode & 07777, now.stat.st_mode))
		return tfs_fail(request->op, -EPERM, "tree", "the mode cannot be changed");
	return 0;
}

/* Truncation by path: to 0 bytes takes effect at the next open; any other size makes no valid document. */
static int cut_document(const struct request *request) TFS_HOLDS(request->tree->lock)
{
	struct tfs_node *node = request->node;
	struct tfs_attr now;

	node->ops->attr(request->tree, node, &now);
	if (request->attr->st_size == now.stat.st_size)
		return 0;
	if (request->attr->st_size != 0)
		return tfs_fail(request->op, -EINVAL, "tree", "the text cut to %lld bytes is no whole document",
				(long long)request->attr->st_size);
	/* The writer gets a node that nobody reads. */
	tfs_doc_unref(tree_open_retry_take(request->tree, request->op, node));
	if ((node->flags & NODE_ORPHAN || node->doc.page_readers > 0 || node->doc.editors) &&
	    tree_open_retry_begin(request->tree, request->op, node)) {
		tree_node_orphan(request->tree, node);
		return tfs_fail(request->op, -ESTALE, "tree", "others have it open");
	}
	node->flags |= NODE_TRUNCATED;
	return 0;
}

static int check_kind(const struct request *request)
{
	cleanup_free char *path = tree_node_path(request->node);
	const struct tfs_kind *kind = tfs_resource_kind(request->node->resource);
	int r;

	if (!path)
		return tfs_fail_memory(request->op);
	r = tree_check_writable(request->tree, request->op, kind, path);
	if (r == 0 && kind->n_change == 0)
		r = tfs_fail(request->op, -EPERM, "tree", "the API has no call that changes it");
	return r;
}

/* As if a program had opened the file with truncation and closed it. */
static int cut_control(const struct request *request)
{
	struct tfs_open_result result;
	struct tfs_file *open;
	int r = request->node->ops->open(request->tree, request->op, request->node, O_WRONLY | O_TRUNC, &open, &result);

	if (r < 0)
		return r;
	r = tfs_file_flush(open, request->op);
	tfs_file_release(open);
	return r;
}

static int set_size(const struct request *request)
{
	struct tfs_node *node = request->node;
	struct tfs_file *open = NULL;
	struct tfs_open_result result;
	int r;

	if (request->file && request->file->ops->resize) {
		tree_lock(request->tree);
		r = request->file->ops->resize(request->file, request->op, (uint64_t)request->attr->st_size);
		tree_unlock(request->tree);
		return r;
	}
	if (node->ops->kind == KIND_DOCUMENT) {
		r = node_has(request->tree, node, NODE_PENDING) ? 0 : check_kind(request);
		tree_lock(request->tree);
		if (r == 0)
			r = cut_document(request);
		tree_unlock(request->tree);
		return r;
	}
	if (node->ops->kind == KIND_CONTROL)
		return request->attr->st_size == 0 ? cut_control(request) : 0;
	if (node->ops->kind != KIND_SCRATCH)
		return node->ops->kind == KIND_CALL
			       ? 0
			       : tfs_fail(request->op, -EROFS, "tree", "it belongs to the mount and cannot be written");
	r = node->ops->open(request->tree, request->op, node, 0, &open, &result);
	if (r < 0)
		return r;
	tree_lock(request->tree);
	r = open->ops->resize(open, request->op, (uint64_t)request->attr->st_size);
	tree_unlock(request->tree);
	tfs_file_release(open);
	return r;
}

/* The edit that a time applies to: the given file's, else the node's only one. */
static struct editor *timed_editor(const struct request *request)
{
	struct editor *editor = tree_editor_of(request->file);

	return editor && editor->serial != editor->tried ? editor : tree_editor_shown(request->node);
}

static int set_time(const struct request *request) TFS_HOLDS(request->tree->lock)
{
	struct timespec mtime = request->to_set & SET_MTIME_NOW ? tfs_clock_wall() : request->attr->st_mtim;
	struct tfs_node *node = request->node;
	struct editor *editor;
	struct tfs_attr now;

	if (node->ops->kind == KIND_SCRATCH) {
		node->scratch->mtime = mtime;
		node->scratch->timed = true;
		return 0;
	}
	if (node->ops->kind == KIND_DOCUMENT) {
		editor = timed_editor(request);
		if (editor) {
			editor->touched = mtime;
			editor->timed = true;
		} else if (!(node->flags & NODE_PENDING)) {
			char object[NAME_ROOM];

			tree_object_name(node_name(node), node->what, object);
			tree_version_set_time(request->tree, node->resource, object, node->doc.generation, mtime);
			node->doc.mtime_ns = (int64_t)mtime.tv_sec * 1000000000 + mtime.tv_nsec;
		}
		return 0;
	}
	if (S_ISDIR(node->ops->type)) {
		node->dir->mtime = mtime;
		return 0;
	}
	node->ops->attr(request->tree, node, &now);
	/* `touch` of a control file succeeds without effect. */
	if (request->to_set & SET_MTIME_NOW ||
	    (now.stat.st_mtim.tv_sec == mtime.tv_sec && now.stat.st_mtim.tv_nsec == mtime.tv_nsec))
		return 0;
	return tfs_fail(request->op, -EPERM, "tree", "its times cannot be changed");
}

int tfs_tree_setattr(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, struct tfs_file *file,
		     const struct stat *attr, int to_set, struct tfs_attr *ret)
{
	const struct request request = { tree, op, node, file, attr, to_set };
	const struct editor *editor;
	int r = tree_node_update_size(tree, node);

	if (r < 0)
		return tfs_fail(op, r, "tree", "its text cannot be generated");
	if (tree->options.read_only)
		return tfs_fail(op, -EROFS, "tree", "the tenant is mounted read-only");
	tree_lock(tree);
	r = set_owner_and_mode(&request);
	tree_unlock(tree);
	if (r == 0 && to_set & SET_SIZE)
		r = set_size(&request);
	tree_lock(tree);
	if (r == 0 && to_set & (SET_MTIME | SET_MTIME_NOW))
		r = set_time(&request);
	if (r == 0) {
		tree_node_attr(tree, node, ret);
		editor = tree_editor_of(file);
		if (editor && to_set & SET_SIZE)
			ret->stat.st_size = (off_t)tree_editor_size(editor);
	}
	tree_unlock(tree);
	return r;
}
