/* The table of request handlers, and the capabilities negotiated with the kernel. */
#include "daemon.h"

static void want(struct fuse_conn_info *conn, unsigned bits)
{
	conn->want |= conn->capable & bits;
}

static void op_init(void *context, struct fuse_conn_info *conn)
{
	(void)context;
	/* Listings return attributes, which saves one request per file. */
	want(conn, FUSE_CAP_READDIRPLUS | FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_ASYNC_READ | FUSE_CAP_ASYNC_DIO |
			   FUSE_CAP_ATOMIC_O_TRUNC);
	/*
	 * The daemon invalidates cached pages itself when a version changes; a changed mtime does not mean
	 * changed contents.
	 */
	conn->want &= ~(unsigned)(FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_WRITEBACK_CACHE);
	conn->max_background = 64;
	conn->time_gran = 1;
}

const struct fuse_lowlevel_ops daemon_ops = {
	.init = op_init,
	.lookup = op_lookup,
	.forget = op_forget,
	.forget_multi = op_forget_multi,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.getxattr = op_getxattr,
	.setxattr = op_setxattr,
	.listxattr = op_listxattr,
	.removexattr = op_removexattr,
	.statfs = op_statfs,
	.mkdir = op_mkdir,
	.rmdir = op_rmdir,
	.unlink = op_unlink,
	.rename = op_rename,
	.symlink = op_symlink,
	.link = op_link,
	.mknod = op_mknod,
	.opendir = op_opendir,
	.readdir = op_readdir,
	.readdirplus = op_readdirplus,
	.releasedir = op_releasedir,
	.open = op_open,
	.create = op_create,
	.read = op_read,
	.write = op_write,
	.flush = op_flush,
	.fsync = op_fsync,
	.release = op_release,
};
