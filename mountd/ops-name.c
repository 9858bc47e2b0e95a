/* Name requests: create, remove, rename. */
#include <errno.h>

#include "reply.h"

void mountd_op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct tfs_op *op = mountd_request_begin(req);
	int r;

	(void)mode;
	if (!op)
		return;
	r = tfs_tree_mkdir(mountd_request_daemon(req)->tree, op, mountd_request_node(req, parent), name);
	mountd_note_outcome(req, op, r, parent, name, "make");
	mountd_request_finish(req, op, r);
}

void mountd_op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct tfs_op *op = mountd_request_begin(req);
	int r;

	if (!op)
		return;
	r = tfs_tree_rmdir(mountd_request_daemon(req)->tree, op, mountd_request_node(req, parent), name);
	mountd_note_outcome(req, op, r, parent, name, "remove");
	mountd_request_finish(req, op, r);
}

void mountd_op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct tfs_op *op = mountd_request_begin(req);
	int r;

	if (!op)
		return;
	r = tfs_tree_unlink(mountd_request_daemon(req)->tree, op, mountd_request_node(req, parent), name);
	mountd_note_outcome(req, op, r, parent, name, "remove");
	mountd_request_finish(req, op, r);
}

void mountd_op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent, const char *new_name,
		      unsigned flags)
{
	struct tfs_op *op = mountd_request_begin(req);
	int r;

	if (!op)
		return;
	r = tfs_tree_rename(mountd_request_daemon(req)->tree, op, mountd_request_node(req, parent), name,
			    mountd_request_node(req, new_parent), new_name, flags);
	mountd_note_outcome(req, op, r, parent, name, "rename");
	mountd_request_finish(req, op, r);
}

void mountd_op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	(void)target;
	(void)parent;
	(void)name;
	mountd_refuse(req, -EPERM);
}

void mountd_op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t new_parent, const char *new_name)
{
	(void)ino;
	(void)new_parent;
	(void)new_name;
	mountd_refuse(req, -EPERM);
}

void mountd_op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t device)
{
	(void)parent;
	(void)name;
	(void)mode;
	(void)device;
	mountd_refuse(req, -EPERM);
}
