/* The thread that pushes the history to its remote. */
#ifndef TENANTFS_HISTORY_PUSHER_H
#define TENANTFS_HISTORY_PUSHER_H

#include "tenantfs/json.h"
#include "push.h"

/* Thread-safe. */
struct pusher;

/* Borrows `config`, which names a remote. history_pusher_wake may be called from then on. */
int history_pusher_new(const struct tfs_config *config, const char *repo, struct pusher **ret, struct tfs_error *error);
/* Starts the thread. It soon pushes the commits left by an earlier mount. */
int history_pusher_start(struct pusher *pusher, struct tfs_error *error);
/* Tries for some seconds to push the rest, logs how many commits are left, and ends the thread. Takes NULL. */
void history_pusher_free(struct pusher *pusher);

/* Tells the thread of new commits. Does not wait. */
void history_pusher_wake(struct pusher *pusher, size_t commits);
/* Pushes now and waits for it. Results as history_push_commit. */
int history_pusher_push(struct pusher *pusher, struct tfs_op *op);
/* As tfs_history_push_status. */
json_t *history_pusher_status(struct pusher *pusher);

#endif
