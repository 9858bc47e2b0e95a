/* The thread that pushes the history to its remote. */
#ifndef TENANTFS_HISTORY_PUSHER_H
#define TENANTFS_HISTORY_PUSHER_H

#include "tenantfs/json.h"
#include "push.h"

/* Thread-safe. */
struct pusher;

/* Borrows `config`, which names a remote. pusher_wake may be called from then on. */
int pusher_new(const struct tfs_config *config, const char *repo, struct pusher **ret, struct tfs_error *error);
/* Starts the thread. It soon pushes what was not pushed before. */
int pusher_start(struct pusher *pusher, struct tfs_error *error);
/* Tries for some seconds to push the rest, logs what is left, and ends the thread. Takes NULL. */
void pusher_free(struct pusher *pusher);

/* Tells the thread of new commits. Does not wait. */
void pusher_wake(struct pusher *pusher, size_t commits);
/* Pushes now and waits for it. Results as push_commit. */
int pusher_push(struct pusher *pusher, struct tfs_op *op);
/* As tfs_history_push_status. */
json_t *pusher_status(struct pusher *pusher);

#endif
