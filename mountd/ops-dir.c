/* Directory requests: open, read, release. */
#include <errno.h>
#include <stdlib.h>
#include <sys/param.h>

#include "reply.h"

enum {
	REPLY_MAX = 1 << 20,
};

static struct tfs_dir *dir_of(const struct fuse_file_info *fi)
{
	return (struct tfs_dir *)(uintptr_t)fi->fh;
}

void mountd_op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct tfs_tree *tree = mountd_request_daemon(req)->tree;
	struct tfs_node *node = mountd_request_node(req, ino);
	bool nowait = tfs_node_nowait(tree, node), keep;
	struct tfs_op *op = nowait ? mountd_request_begin_nowait(req) : mountd_request_begin(req);
	struct tfs_dir *dir;
	int r;

	if (!op)
		return;
	r = tfs_tree_opendir(tree, op, node, &dir, &keep);
	if (nowait && r == -EINTR) {
		op = mountd_request_wait(req, op);
		if (!op)
			return;
		r = tfs_tree_opendir(tree, op, node, &dir, &keep);
	}
	mountd_note_outcome(req, op, r, ino, NULL, "list");
	if (mountd_request_refused(req, op, r))
		return;
	fi->fh = (uintptr_t)dir;
	fi->cache_readdir = 1;
	fi->keep_cache = keep;
	if (fuse_reply_open(req, fi) == -ENOENT)
		tfs_tree_closedir(dir);
}

void mountd_op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	tfs_tree_closedir(dir_of(fi));
	fuse_reply_err(req, 0);
}

/* Adds an entry without its attributes. 0: it does not fit. */
static size_t add_plain(fuse_req_t req, const struct tfs_dirent *dirent, off_t next, bool plus, char *at, size_t room)
{
	struct fuse_entry_param entry = {
		.attr = { .st_ino = dirent->ino != 0 ? dirent->ino : dirent->order, .st_mode = dirent->type },
	};
	size_t size;

	if (plus)
		size = fuse_add_direntry_plus(req, at, room, dirent->name, &entry, next);
	else
		size = fuse_add_direntry(req, at, room, dirent->name, &entry.attr, next);
	return size <= room ? size : 0;
}

/* Adds an entry, with its node if that needs no call. 0: it does not fit; -ENOENT: it was removed. */
static ssize_t add_entry(fuse_req_t req, struct tfs_dir *dir, const struct tfs_dirent *dirent, off_t at, char *to,
			 size_t room)
{
	struct fuse_entry_param entry;
	struct tfs_node *node;
	struct tfs_attr attr;
	size_t size = fuse_add_direntry_plus(req, NULL, 0, dirent->name, NULL, 0);
	int r;

	if (size > room)
		return 0;
	r = dirent->ino == 0 ? tfs_dir_node(dir, (uint64_t)at, &node, &attr) : -EAGAIN;
	if (r == -ENOENT)
		return r;
	if (r < 0)
		return (ssize_t)add_plain(req, dirent, at + 1, true, to, room);
	mountd_fill_entry(node, &attr, &entry);
	return (ssize_t)fuse_add_direntry_plus(req, to, room, dirent->name, &entry, at + 1);
}

static void read_directory(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *fi,
			   bool plus)
{
	struct tfs_dir *dir = dir_of(fi);
	struct tfs_op *op = tfs_dir_filled(dir) ? mountd_request_begin_nowait(req) : mountd_request_begin(req);
	cleanup_free char *bytes = NULL;
	struct tfs_dirent dirent;
	size_t used = 0;
	ssize_t one = 1;
	int r;

	if (!op)
		return;
	r = tfs_dir_fill(dir, op);
	mountd_note_outcome(req, op, r, ino, NULL, "list");
	if (mountd_request_refused(req, op, r))
		return;
	size = MIN(size, (size_t)REPLY_MAX);
	bytes = malloc(size);
	if (!bytes) {
		mountd_refuse(req, -ENOMEM);
		return;
	}
	for (; one != 0 && tfs_dir_at(dir, (uint64_t)offset, &dirent); offset++) {
		if (plus)
			one = add_entry(req, dir, &dirent, offset, bytes + used, size - used);
		else
			one = (ssize_t)add_plain(req, &dirent, offset + 1, false, bytes + used, size - used);
		used += one > 0 ? (size_t)one : 0;
	}
	fuse_reply_buf(req, bytes, used);
}

void mountd_op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *fi)
{
	read_directory(req, ino, size, offset, fi, false);
}

void mountd_op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *fi)
{
	read_directory(req, ino, size, offset, fi, true);
}
