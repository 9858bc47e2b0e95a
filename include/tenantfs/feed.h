/* The change feed: the tenant's audit log tells what others changed, and who. */
#ifndef TENANTFS_FEED_H
#define TENANTFS_FEED_H

#include "tenantfs/resource.h"

/*
 * Asks for what happened since the last time: one call while little happens. What others changed is stale
 * afterwards, and the cache's watcher told. The first time only says from when on; no event is told.
 */
int tfs_store_feed(struct tfs_store *store, struct tfs_op *op, const char *community);

/*
 * Who changed an object last, as the audit log has it: asked once more. `id` and `name` may be "". 0 and a text
 * that is yours, NULL where the log does not say.
 */
int tfs_store_actor(struct tfs_resource *resource, struct tfs_op *op, const char *id, const char *name, char **ret);

/*
 * Who changed what stands at `path` of the mount last, of the events of others that were told lately; false when
 * none of them is about it. No call is made.
 */
bool tfs_store_actor_at(struct tfs_store *store, const char *path, char *ret_name, size_t room);

/* {"polls", "events", "others", "error"}; yours. */
json_t *tfs_store_feed_status(struct tfs_store *store);

#endif
