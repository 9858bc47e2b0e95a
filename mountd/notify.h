/* Telling the kernel that what it remembers is no longer so: from a thread of its own, never from a request. */
#ifndef TENANTFS_MOUNTD_NOTIFY_H
#define TENANTFS_MOUNTD_NOTIFY_H

#include "daemon.h"

/* Starts the thread; it waits for work. */
int notify_new(struct notify **ret, struct tfs_error *error);
/* From when on the kernel can be told. */
void notify_attach(struct notify *notify, struct fuse_session *session);
/* Tells nothing more. Before the session is unmounted. */
void notify_stop(struct notify *notify);
/* Ends the thread. After the session was unmounted: a notification under way ends with it. */
void notify_end(struct notify *notify);
void notify_free(struct notify *notify);

/* Never block; any thread. */
void notify_node(void *context, uint64_t ino);
void notify_entry(void *context, uint64_t parent, const char *name);

#endif
