/* From a request to an operation and back. The only place that maps errors to the kernel's. */
#ifndef TENANTFS_MOUNTD_REPLY_H
#define TENANTFS_MOUNTD_REPLY_H

#include "daemon.h"

struct daemon *mountd_request_daemon(fuse_req_t req);
struct tfs_node *mountd_request_node(fuse_req_t req, fuse_ino_t ino);

/*
 * Begins the operation of a request: its caller, its deadline, its cancellation by the kernel's interrupt. It
 * may block; another thread reads requests meanwhile. NULL: the request was refused.
 */
struct tfs_op *mountd_request_begin(fuse_req_t req);
/* The same for a request that never blocks: where it would, it fails with -EINTR. */
struct tfs_op *mountd_request_begin_nowait(fuse_req_t req);
/* Replaces a non-blocking operation that would have blocked by one that may wait. */
struct tfs_op *mountd_request_wait(fuse_req_t req, struct tfs_op *nowait);
/*
 * Records a refusal `r` in the error log, for the node or for `name` (may be NULL) in it; a success resolves
 * an earlier read error. Call it before the operation ends.
 */
void mountd_note_outcome(fuse_req_t req, struct tfs_op *op, int r, fuse_ino_t ino, const char *name,
			 const char *action);
/* Ends the operation. True: `r` was a refusal and has been replied; otherwise the caller replies. */
bool mountd_request_refused(fuse_req_t req, struct tfs_op *op, int r);
/* Ends the operation and replies with its outcome alone. */
void mountd_request_finish(fuse_req_t req, struct tfs_op *op, int r);

/* Replies with an error, without an operation. */
void mountd_refuse(fuse_req_t req, int code);

void mountd_fill_entry(const struct tfs_node *node, const struct tfs_attr *attr, struct fuse_entry_param *entry);
/* How long, in seconds, the kernel may cache: until it is notified, or not at all. */
double mountd_attr_timeout(const struct tfs_attr *attr);

#endif
