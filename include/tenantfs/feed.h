/* The change feed: finds changes by others, and their authors, in the tenant's audit log. */
#ifndef TENANTFS_FEED_H
#define TENANTFS_FEED_H

#include "tenantfs/resource.h"

/*
 * Reads the events since the last poll: one call while little happens. Invalidates what others have changed
 * in the cache, which notifies its watchers. The first poll only sets the starting time.
 */
int tfs_store_feed(struct tfs_store *store, struct tfs_op *op, const char *community);

/*
 * Polls once more and returns the actor of the last change of an object. `id` and `name` may be "". 0: `*ret`
 * is the caller's; NULL: the log does not name one.
 */
int tfs_store_actor(struct tfs_resource *resource, struct tfs_op *op, const char *id, const char *name, char **ret);

/*
 * The actor of the last change of the object at `path` of the mount, from recent events by others. False: no
 * such event. Makes no call.
 */
bool tfs_store_actor_at(struct tfs_store *store, const char *path, char *ret_name, size_t room);

/* {"polls", "events", "others", "error"}; the caller's. */
json_t *tfs_store_feed_status(struct tfs_store *store);

#endif
