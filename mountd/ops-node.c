/* Node requests: look-up, forget, attributes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "reply.h"

void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct daemon *daemon = request_daemon(req);
	struct tfs_op *op = request_begin(req);
	struct fuse_entry_param entry;
	struct tfs_node *node;
	struct tfs_attr attr;
	int r;

	if (op == NULL)
		return;
	r = tfs_tree_lookup(daemon->tree, op, request_node(req, parent), name, &node, &attr);
	note_outcome(req, op, r, parent, name, "look up");
	if (request_refused(req, op, r))
		return;
	fill_entry(node, &attr, &entry);
	/* A reply that was not delivered adds no reference. */
	if (fuse_reply_entry(req, &entry) == -ENOENT)
		tfs_tree_forget(daemon->tree, node, 1);
}

void op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count)
{
	tfs_tree_forget(request_daemon(req)->tree, request_node(req, ino), count);
	fuse_reply_none(req);
}

void op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < count; i++)
		tfs_tree_forget(request_daemon(req)->tree, request_node(req, forgets[i].ino), forgets[i].nlookup);
	fuse_reply_none(req);
}

void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct tfs_op *op = request_begin_nowait(req);
	struct tfs_attr attr;

	(void)fi;
	if (op == NULL)
		return;
	if (!request_refused(req, op, tfs_tree_stat(request_daemon(req)->tree, op, request_node(req, ino), &attr)))
		fuse_reply_attr(req, &attr.stat, attr_timeout(&attr));
}

void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set, struct fuse_file_info *fi)
{
	struct tfs_file *file = fi != NULL ? (struct tfs_file *)(uintptr_t)fi->fh : NULL;
	struct tfs_op *op = request_begin(req);
	struct tfs_attr now;
	int r;

	if (op == NULL)
		return;
	r = tfs_tree_setattr(request_daemon(req)->tree, op, request_node(req, ino), file, attr, to_set, &now);
	note_outcome(req, op, r, ino, NULL, "set attributes");
	if (!request_refused(req, op, r))
		fuse_reply_attr(req, &now.stat, attr_timeout(&now));
}

/*
 * Replies with an attribute's value. `size` 0 asks for the length; a size too small is refused. Takes over
 * `bytes`.
 */
static void reply_bytes(fuse_req_t req, char *bytes, size_t len, size_t size)
{
	if (size == 0)
		fuse_reply_xattr(req, len);
	else if (len > size)
		refuse(req, -ERANGE);
	else
		fuse_reply_buf(req, bytes, len);
	free(bytes);
}

void op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	struct tfs_op *op = request_begin_nowait(req);
	char *value;
	size_t len;

	if (op == NULL)
		return;
	if (!request_refused(req, op,
			     tfs_tree_getxattr(request_daemon(req)->tree, op, request_node(req, ino), name, &value,
					       &len)))
		reply_bytes(req, value, len, size);
}

void op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	struct tfs_op *op = request_begin_nowait(req);
	char *names;
	size_t len;

	if (op == NULL)
		return;
	if (!request_refused(req, op,
			     tfs_tree_listxattr(request_daemon(req)->tree, op, request_node(req, ino), &names, &len)))
		reply_bytes(req, names, len, size);
}

void op_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value, size_t size, int flags)
{
	(void)ino;
	(void)value;
	(void)size;
	(void)flags;
	/*
	 * tenantfs' own attributes are read-only. Others are unsupported, access lists included, which `cp
	 * -p` accepts.
	 */
	refuse(req, strncmp(name, "user.", 5) == 0 ? -EPERM : -EOPNOTSUPP);
}

void op_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	(void)ino;
	refuse(req, strncmp(name, "user.tenantfs.", 14) == 0 ? -EPERM : -ENODATA);
}

void op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	const struct statvfs stat = { .f_bsize = 4096, .f_frsize = 4096, .f_namemax = 255 };

	(void)ino;
	fuse_reply_statfs(req, &stat);
}
