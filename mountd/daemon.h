/* The state and the functions shared by the files of the daemon. */
#ifndef TENANTFS_MOUNTD_DAEMON_H
#define TENANTFS_MOUNTD_DAEMON_H

#define FUSE_USE_VERSION 314
#include <fuse_lowlevel.h>

#include "tenantfs/tenant.h"
#include "tenantfs/open.h"

struct guard;
struct notify;
struct loop;

/* Filled before the first request; immutable while requests are served. */
struct daemon {
	struct tfs_tenant *tenant;
	struct tfs_tree *tree;
	struct tfs_walker *walker; /* NULL: only accessed paths are recorded */
	struct fuse_session *session;
	struct notify *notify;
	struct notify *replier; /* replies to requests for locks: a directory in use does not block it */
	struct loop *loop;
	struct guard *guard;
	const char *dir;     /* absolute */
	uint64_t timeout_ms; /* per request */
};

/* The table of request handlers, which are in ops-*.c. */
extern const struct fuse_lowlevel_ops mountd_daemon_ops;

void mountd_op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name);
void mountd_op_forget(fuse_req_t req, fuse_ino_t ino, uint64_t count);
void mountd_op_forget_multi(fuse_req_t req, size_t count, struct fuse_forget_data *forgets);
void mountd_op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void mountd_op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set, struct fuse_file_info *fi);
void mountd_op_getxattr(fuse_req_t req, fuse_ino_t ino, const char *name, size_t size);
void mountd_op_setxattr(fuse_req_t req, fuse_ino_t ino, const char *name, const char *value, size_t size, int flags);
void mountd_op_listxattr(fuse_req_t req, fuse_ino_t ino, size_t size);
void mountd_op_removexattr(fuse_req_t req, fuse_ino_t ino, const char *name);
void mountd_op_statfs(fuse_req_t req, fuse_ino_t ino);

void mountd_op_mkdir(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode);
void mountd_op_rmdir(fuse_req_t req, fuse_ino_t parent, const char *name);
void mountd_op_unlink(fuse_req_t req, fuse_ino_t parent, const char *name);
void mountd_op_rename(fuse_req_t req, fuse_ino_t parent, const char *name, fuse_ino_t new_parent, const char *new_name,
		      unsigned flags);
void mountd_op_symlink(fuse_req_t req, const char *target, fuse_ino_t parent, const char *name);
void mountd_op_link(fuse_req_t req, fuse_ino_t ino, fuse_ino_t new_parent, const char *new_name);
void mountd_op_mknod(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, dev_t device);

void mountd_op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void mountd_op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *fi);
void mountd_op_readdirplus(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *fi);
void mountd_op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);

void mountd_op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void mountd_op_create(fuse_req_t req, fuse_ino_t parent, const char *name, mode_t mode, struct fuse_file_info *fi);
void mountd_op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t offset, struct fuse_file_info *fi);
void mountd_op_write(fuse_req_t req, fuse_ino_t ino, const char *bytes, size_t size, off_t offset,
		     struct fuse_file_info *fi);
void mountd_op_flush(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);
void mountd_op_fsync(fuse_req_t req, fuse_ino_t ino, int datasync, struct fuse_file_info *fi);
void mountd_op_getlk(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, struct flock *lock);
void mountd_op_setlk(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, struct flock *lock, int sleep);
void mountd_op_flock(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi, int how);
void mountd_op_release(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi);

/* ops-lock.c: tfs_tree_events.lock_settled. */
void mountd_lock_settled(void *context, struct tfs_lock_request *request, int result, uint64_t stale);

/* commands.c: runs a command of the control socket; `context` is the daemon. */
int mountd_serve_command(void *context, struct tfs_op *op, const json_t *request, json_t **ret);

/* unmount-dead.c: unmounts the mount of a dead daemon at `dir`. 0 or a negative errno. */
int mountd_unmount_dead(const char *dir, struct tfs_error *error);

#endif
