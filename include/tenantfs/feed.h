/* The change feed: the tenant's audit log tells what others changed, and who. */
#ifndef TENANTFS_FEED_H
#define TENANTFS_FEED_H

#include "tenantfs/resource.h"

/* One event of the audit log. Texts are borrowed. */
struct tfs_event {
	const char *name;             /* "E_SP_MODIFIED" */
	const char *actor;            /* "" unknown */
	const char *community;        /* raw name */
	const struct tfs_kind *kind;  /* the first that has the event; NULL: no row has it */
	const char *id, *object;      /* of what was changed, "" where the event does not say */
	long long time_ms;            /* the server's, epoch */
	bool ours;                    /* of a call this process made */
};

/* Told of every event once, oldest first, by the thread that polls; no lock is held. Before the first poll. */
typedef void (*tfs_event_seen)(void *context, const struct tfs_event *event);
void tfs_store_watch_events(struct tfs_store *store, tfs_event_seen seen, void *context);

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

/* {"polls", "events", "others", "error"}; yours. */
json_t *tfs_store_feed_status(struct tfs_store *store);

#endif
