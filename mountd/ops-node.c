/* Node requests: look-up, forget, attributes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "reply.h"

void mountd_op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct daemon *daemon = mountd_request_daemon(req);
	struct tfs_op *op = mountd_request_begin(req);
	struct fuse_entry_param entry;
	struct tfs_node *node;
	struct tfs_attr attr;
	int r;

	if (!op)
		return;
	r = tfs_tree_lookup(daemon->tree, op, mountd_request_node(req, parent), name, &node, &attr);
	mountd_note_outcome(req, op, r, parent, name, "look up");
	if (mountd_request_refused(req, op, r))
		return;
	mountd_fill_entry(node, &attr, &entry);
	/* A reply that was not delivered adds no reference. */
	if (fuse_reply_entry(req, &entry) == -ENOENT)
		tfs_tree_forget(daemon->tree, node, 1);
}

void mountd_op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count)
{
	tfs_tree_forget(mountd_request_daemon(req)->tree, mountd_request_node(req, ino), count);
	fuse_reply_none(req);
}

void mountd_op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets)
{
	for (size_t i = 0; i < count; i++)
		tfs_tree_forget(mountd_request_daemon(req)->tree, mountd_request_node(req, forgets[i].ino),
				forgets[i].nlookup);
	fuse_reply_none(req);
}

void mountd_op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct tfs_op *op = mountd_request_begin_nowait(req);
	struct tfs_attr attr;

	(void)fi;
	if (!op)
		return;
	if (!mountd_request_refused(
		    req, op, tfs_tree_stat(mountd_request_daemon(req)->tree, op, mountd_request_node(req, ino), &attr)))
		fuse_reply_attr(req, &attr.stat, mountd_attr_timeout(&attr));
}

void mountd_op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set, struct fuse_file_info *fi)
{
	struct tfs_file *file = fi ? (struct tfs_file *)(uintptr_t)fi->fh : NULL;
	struct tfs_op *op = mountd_request_begin(req);
	struct tfs_attr now;
	int r;

	if (!op)
		return;
	r = tfs_tree_setattr(mountd_request_daemon(req)->tree, op, mountd_request_node(req, ino), file, attr, to_set,
			     &now);
	mountd_note_outcome(req, op, r, ino, NULL, "set attributes");
	if (!mountd_request_refused(req, op, r))
		fuse_reply_attr(req, &now.stat, mountd_attr_timeout(&now));
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
		mountd_refuse(req, -ERANGE);
	else
		fuse_reply_buf(req, bytes, len);
	free(bytes);
}

void mountd_op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size)
{
	struct tfs_op *op = mountd_request_begin_nowait(req);
	char *value;
	size_t len;

	if (!op)
		return;
	if (!mountd_request_refused(req, op,
				    tfs_tree_getxattr(mountd_request_daemon(req)->tree, op,
						      mountd_request_node(req, ino), name, &value, &len)))
		reply_bytes(req, value, len, size);
}

/* None is listed: `rsync -X` and `cp --preserve=xattr` would try to copy them, and fail. They are read by name. */
void mountd_op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size)
{
	(void)ino;
	if (size == 0)
		fuse_reply_xattr(req, 0);
	else
		fuse_reply_buf(req, NULL, 0);
}

void mountd_op_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value, size_t size, int flags)
{
	(void)ino;
	(void)value;
	(void)size;
	(void)flags;
	/*
	 * tenantfs' own attributes are read-only. Others are unsupported, access lists included, which `cp
	 * -p` accepts.
	 */
	mountd_refuse(req, strncmp(name, "user.", 5) == 0 ? -EPERM : -EOPNOTSUPP);
}

void mountd_op_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name)
{
	(void)ino;
	mountd_refuse(req, strncmp(name, "user.tenantfs.", 14) == 0 ? -EPERM : -ENODATA);
}

void mountd_op_statfs(fuse_req_t req, fuse_ino_t ino)
{
	const struct statvfs stat = { .f_bsize = 4096, .f_frsize = 4096, .f_namemax = 255 };

	(void)ino;
	fuse_reply_statfs(req, &stat);
}
