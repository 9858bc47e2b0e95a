/* File requests: open, create, read, write, flush, release. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "reply.h"
#include "tenantfs/file-lock.h"

static struct tfs_file *file_of(const struct fuse_file_info *fi)
{
	return (struct tfs_file *)(uintptr_t)fi->fh;
}

static void fill_open(struct fuse_file_info *fi, struct tfs_file *file, const struct tfs_open_result *result)
{
	fi->fh = (uintptr_t)file;
	fi->keep_cache = result->keep_cache;
	fi->direct_io = result->direct_io;
}

void mountd_op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct tfs_tree *tree = mountd_request_daemon(req)->tree;
	struct tfs_node *node = mountd_request_node(req, ino);
	bool nowait = tfs_node_nowait(tree, node);
	struct tfs_op *op = nowait ? mountd_request_begin_nowait(req) : mountd_request_begin(req);
	struct tfs_open_result result;
	struct tfs_file *file;
	int r;

	if (!op)
		return;
	r = tfs_tree_open(tree, op, node, fi->flags, &file, &result);
	if (nowait && r == -EINTR) {
		op = mountd_request_wait(req, op);
		if (!op)
			return;
		r = tfs_tree_open(tree, op, node, fi->flags, &file, &result);
	}
	mountd_note_outcome(req, op, r, ino, NULL, (fi->flags & O_ACCMODE) == O_RDONLY ? "read" : "open");
	if (mountd_request_refused(req, op, r))
		return;
	fill_open(fi, file, &result);
	if (fuse_reply_open(req, fi) == -ENOENT)
		tfs_file_release(file);
}

void mountd_op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *fi)
{
	struct daemon *daemon = mountd_request_daemon(req);
	struct tfs_op *op = mountd_request_begin(req);
	struct fuse_entry_param entry;
	struct tfs_open_result result;
	struct tfs_node *node;
	struct tfs_file *file;
	struct tfs_attr attr;
	int r;

	if (!op)
		return;
	r = tfs_tree_create(daemon->tree, op, mountd_request_node(req, parent), name, mode, fi->flags, &node, &attr,
			    &file, &result);
	mountd_note_outcome(req, op, r, parent, name, "create");
	if (mountd_request_refused(req, op, r))
		return;
	fill_open(fi, file, &result);
	mountd_fill_entry(node, &attr, &entry);
	if (fuse_reply_create(req, &entry, fi) == -ENOENT) {
		tfs_file_release(file);
		tfs_tree_forget(daemon->tree, node, 1);
	}
}

void mountd_op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *fi)
{
	struct tfs_file *file = file_of(fi);
	struct tfs_op *op = tfs_file_waits(file) ? mountd_request_begin(req) : mountd_request_begin_nowait(req);
	cleanup_free char *copy = NULL;
	const char *bytes = NULL;
	size_t len = 0;

	(void)ino;
	if (!op)
		return;
	if (!mountd_request_refused(req, op, tfs_tree_read(file, op, (uint64_t)offset, size, &bytes, &len, &copy)))
		fuse_reply_buf(req, bytes, len);
}

void mountd_op_write(fuse_req_t req, fuse_ino_t ino, const char *bytes, size_t size, off_t offset,
		     struct fuse_file_info *fi)
{
	struct tfs_op *op = mountd_request_begin_nowait(req);

	(void)ino;
	if (!op)
		return;
	if (!mountd_request_refused(req, op, tfs_tree_write(file_of(fi), op, (uint64_t)offset, bytes, size)))
		fuse_reply_write(req, size);
}

void mountd_op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct tfs_file *file = file_of(fi);
	struct tfs_op *op = tfs_file_commits(file) ? mountd_request_begin(req) : mountd_request_begin_nowait(req);
	int r;

	(void)ino;
	if (!op)
		return;
	r = tfs_file_flush(file, op);
	tfs_lock_release_owner(file, fi->lock_owner);
	mountd_request_finish(req, op, r);
}

void mountd_op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi)
{
	struct tfs_op *op = mountd_request_begin(req);

	(void)ino;
	(void)datasync;
	if (op)
		mountd_request_finish(req, op, tfs_file_fsync(file_of(fi), op));
}

void mountd_op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	tfs_file_release(file_of(fi));
	fuse_reply_err(req, 0);
}
