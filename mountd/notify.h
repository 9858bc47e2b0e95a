/* Invalidates the kernel's caches, from a thread of its own and never from within a request. */
#ifndef TENANTFS_MOUNTD_NOTIFY_H
#define TENANTFS_MOUNTD_NOTIFY_H

#include "daemon.h"

/* Starts the thread, which waits for work. */
int mountd_notify_new(struct notify **ret, struct tfs_error *error);
/* Enables notifications. */
void mountd_notify_attach(struct notify *notify, struct fuse_session *session);
/* Disables notifications. Call it before the session is unmounted. */
void mountd_notify_stop(struct notify *notify);
/* Ends the thread. Call it after the session was unmounted, which ends a blocked notification. */
void mountd_notify_end(struct notify *notify);
void mountd_notify_free(struct notify *notify);

/*
 * A reply to a request that the notifier makes, after the kernel has forgotten the pages of `ino` (0: none). `owned` is
 * freed with it.
 */
struct notice;
struct notice *mountd_notice_new(fuse_req_t req, void *owned);
void mountd_notice_free(struct notice *notice);
/* Takes over the notice. */
void mountd_notify_reply(struct notify *notify, struct notice *notice, uint64_t ino, int code);

/* Never block; callable from any thread. */
void mountd_notify_node(void *context, uint64_t ino);
void mountd_notify_entry(void *context, uint64_t parent, const char *name);
void mountd_notify_replaced(void *context, uint64_t parent, uint64_t ino, const char *name);

#endif
