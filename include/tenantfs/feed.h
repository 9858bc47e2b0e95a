/* The change feed: the tenant's audit log tells what others changed, and who. */
#ifndef TENANTFS_FEED_H
#define TENANTFS_FEED_H

#include "tenantfs/resource.h"

/*
 * Reads the events since the last poll, with one call if there are few. Invalidates what others changed, and
 * notifies the cache's watchers. The first poll only sets the start time.
 */
int tfs_store_feed(struct tfs_store *store, struct tfs_op *op, const char *community);

/*
 * Who changed an object last, by a new look into the audit log. `id` and `name` may be "". 0 and a text that is
 * yours, NULL: the log does not say.
 */
int tfs_store_actor(struct tfs_resource *resource, struct tfs_op *op, const char *id, const char *name, char **ret);

/*
 * Who else changed the document at `path` of the mount last, by the events read so far; no call is made. False:
 * no event is about it.
 */
bool tfs_store_actor_at(struct tfs_store *store, const char *path, char *ret_name, size_t room);

/* {"polls", "events", "others", "error"}; yours. */
json_t *tfs_store_feed_status(struct tfs_store *store);

#endif
