/* Name requests: create, remove, rename. */
#include <errno.h>

#include "reply.h"

void op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode)
{
	struct tfs_op *op = request_begin(req);
	int r;

	(void)mode;
	if (op == NULL)
		return;
	r = tfs_tree_mkdir(request_daemon(req)->tree, op, request_node(req, parent), name);
	note_outcome(req, op, r, parent, name, "make");
	request_finish(req, op, r);
}

void op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct tfs_op *op = request_begin(req);
	int r;

	if (op == NULL)
		return;
	r = tfs_tree_rmdir(request_daemon(req)->tree, op, request_node(req, parent), name);
	note_outcome(req, op, r, parent, name, "remove");
	request_finish(req, op, r);
}

void op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct tfs_op *op = request_begin(req);
	int r;

	if (op == NULL)
		return;
	r = tfs_tree_unlink(request_daemon(req)->tree, op, request_node(req, parent), name);
	note_outcome(req, op, r, parent, name, "remove");
	request_finish(req, op, r);
}

void op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent, const char *new_name,
	       unsigned flags)
{
	struct tfs_op *op = request_begin(req);
	int r;

	if (op == NULL)
		return;
	r = tfs_tree_rename(request_daemon(req)->tree, op, request_node(req, parent), name,
			    request_node(req, new_parent), new_name, flags);
	note_outcome(req, op, r, parent, name, "rename");
	request_finish(req, op, r);
}

void op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name)
{
	(void)target;
	(void)parent;
	(void)name;
	refuse(req, -EPERM);
}

void op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t new_parent, const char *new_name)
{
	(void)ino;
	(void)new_parent;
	(void)new_name;
	refuse(req, -EPERM);
}

void op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t device)
{
	(void)parent;
	(void)name;
	(void)mode;
	(void)device;
	refuse(req, -EPERM);
}
