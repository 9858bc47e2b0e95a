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
			   FUSE_CAP_ATOMIC_O_TRUNC | FUSE_CAP_POSIX_LOCKS | FUSE_CAP_FLOCK_LOCKS);
	/*
	 * The daemon invalidates cached pages itself when a version changes; a changed mtime does not mean
	 * changed contents.
	 */
	conn->want &= ~(unsigned)(FUSE_CAP_READDIRPLUS_AUTO | FUSE_CAP_AUTO_INVAL_DATA | FUSE_CAP_WRITEBACK_CACHE);
	conn->max_background = 64;
	conn->time_gran = 1;
}

const struct fuse_lowlevel_ops mountd_daemon_ops = {
	.init = op_init,
	.lookup = mountd_op_lookup,
	.forget = mountd_op_forget,
	.forget_multi = mountd_op_forget_multi,
	.getattr = mountd_op_getattr,
	.setattr = mountd_op_setattr,
	.getxattr = mountd_op_getxattr,
	.setxattr = mountd_op_setxattr,
	.listxattr = mountd_op_listxattr,
	.removexattr = mountd_op_removexattr,
	.statfs = mountd_op_statfs,
	.mkdir = mountd_op_mkdir,
	.rmdir = mountd_op_rmdir,
	.unlink = mountd_op_unlink,
	.rename = mountd_op_rename,
	.symlink = mountd_op_symlink,
	.link = mountd_op_link,
	.mknod = mountd_op_mknod,
	.opendir = mountd_op_opendir,
	.readdir = mountd_op_readdir,
	.readdirplus = mountd_op_readdirplus,
	.releasedir = mountd_op_releasedir,
	.open = mountd_op_open,
	.create = mountd_op_create,
	.read = mountd_op_read,
	.write = mountd_op_write,
	.flush = mountd_op_flush,
	.getlk = mountd_op_getlk,
	.setlk = mountd_op_setlk,
	.flock = mountd_op_flock,
	.fsync = mountd_op_fsync,
	.release = mountd_op_release,
};
