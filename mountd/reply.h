/* From a request to an operation and back: the only place where our errors become the kernel's. */
#ifndef TENANTFS_MOUNTD_REPLY_H
#define TENANTFS_MOUNTD_REPLY_H

#include "daemon.h"

struct daemon *request_daemon(fuse_req_t req);
struct tfs_node *request_node(fuse_req_t req, fuse_ino_t ino);

/*
 * The operation of a request: who asks, until when, ended when the kernel
 * interrupts it. It may wait; another thread reads requests meanwhile. NULL:
 * refused already.
 */
struct tfs_op *request_begin(fuse_req_t req);
/* The same for what never waits: where it would have to, it ends with -EINTR at once. */
struct tfs_op *request_begin_nowait(fuse_req_t req);
/* Replaces a non-blocking operation that would have blocked by one that may wait. */
struct tfs_op *request_wait(fuse_req_t req, struct tfs_op *nowait);
/*
 * Where `r` is a refusal, has it among the errors people can look up: of the
 * node, or of `name` (may be NULL) below it; a good read settles a refused one. Before the operation ends.
 */
void note_outcome(fuse_req_t req, struct tfs_op *op, int r, fuse_ino_t ino, const char *name, const char *action);
/* Ends the operation and answers a refusal: true when `r` is one. Otherwise the caller answers. */
bool request_refused(fuse_req_t req, struct tfs_op *op, int r);
/* Ends the operation and answers with nothing but the verdict. */
void request_finish(fuse_req_t req, struct tfs_op *op, int r);

/* Refuses what no node of ours can do. */
void refuse(fuse_req_t req, int code);

void fill_entry(const struct tfs_node *node, const struct tfs_attr *attr, struct fuse_entry_param *entry);
/* Seconds that the kernel may go by what it was told: until it is told otherwise, or not at all. */
double attr_timeout(const struct tfs_attr *attr);

#endif
