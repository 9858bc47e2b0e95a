/* The thread that pushes the history to its remote. */
#ifndef TENANTFS_HISTORY_PUSHER_H
#define TENANTFS_HISTORY_PUSHER_H

#include "tenantfs/json.h"
#include "push.h"

/* Thread-safe. */
struct pusher;

/* Borrows `config`, which names a remote. It may be woken from then on. */
int pusher_new(const struct tfs_config *config, const char *repo, struct pusher **ret, struct tfs_error *error);
/* Starts the thread. What was not pushed before is pushed soon. */
int pusher_start(struct pusher *pusher, struct tfs_error *error);
/* Tries for some seconds to push what is left, says what is left then, and ends the thread. Takes NULL. */
void pusher_free(struct pusher *pusher);

/* So many commits have come. Never waits. */
void pusher_wake(struct pusher *pusher, size_t commits);
/* Pushes what there is now and waits for it: results as push_commit, in `op`. */
int pusher_push(struct pusher *pusher, struct tfs_op *op);
/* As tfs_history_push_status. */
json_t *pusher_status(struct pusher *pusher);

#endif
