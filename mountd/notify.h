/* Invalidates the kernel's caches, from a thread of its own and never from within a request. */
#ifndef TENANTFS_MOUNTD_NOTIFY_H
#define TENANTFS_MOUNTD_NOTIFY_H

#include "daemon.h"

/* Starts the thread, which waits for work. */
int notify_new(struct notify **ret, struct tfs_error *error);
/* Enables notifications. */
void notify_attach(struct notify *notify, struct fuse_session *session);
/* Disables notifications. Call it before the session is unmounted. */
void notify_stop(struct notify *notify);
/* Ends the thread. Call it after the session was unmounted, which ends a blocked notification. */
void notify_end(struct notify *notify);
void notify_free(struct notify *notify);

/* Never block; callable from any thread. */
void notify_node(void *context, uint64_t ino);
void notify_entry(void *context, uint64_t parent, const char *name);

#endif
