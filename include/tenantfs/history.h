/* History: every change a commit in a git repository of the tenant; earlier states; who changed what. */
#ifndef TENANTFS_HISTORY_H
#define TENANTFS_HISTORY_H

#include "tenantfs/cache.h"
#include "tenantfs/change.h"
#include "tenantfs/config.h"
#include "tenantfs/journal.h"
#include "tenantfs/json.h"
#include "tenantfs/op.h"

/* The repository <state_dir>/history.git and the thread that writes it. Thread-safe. */
struct tfs_history;

/*
 * Makes the repository when there is none, records what the journal settled since it was last written, and from then
 * on each change that is settled. Watches the cache: a document seen for the first time is the baseline, one that
 * differs from what was recorded was changed by others. The state folder's lock must be held. Borrows all three;
 * `journal` and `cache` may be NULL, and are to be watched before other threads know them. -EKEYREJECTED: the commits
 * were to be signed, and cannot be.
 */
int tfs_history_open(const struct tfs_config *config, struct tfs_journal *journal, struct tfs_cache *cache,
		     struct tfs_history **ret, struct tfs_error *error);
/* Records what there is, then ends the thread. */
void tfs_history_close(struct tfs_history *history);

/*
 * Who changed `path` lately, as the audit log says: false when it does not. `fresh`: the log is to be looked at
 * before, which may take a call; true once for all that is recorded together. Called by the history's own thread; to
 * be set before other threads know the cache.
 */
typedef bool (*tfs_history_actor)(void *context, const char *path, bool fresh, char *ret_name, size_t room);
void tfs_history_set_actor(struct tfs_history *history, tfs_history_actor actor, void *context);

/* Waits until what was settled and seen so far is in the repository; -EIO with what hinders it. */
int tfs_history_flush(struct tfs_history *history, struct tfs_op *op);

/*
 * Pushes the history to the configuration's `history-remote` from now on, in a thread of its own: what is new soon,
 * what failed again later. Without a remote nothing is done. Nothing waits for it, and tfs_history_close no longer
 * than some seconds; what is left then is logged.
 */
int tfs_history_keep_pushing(struct tfs_history *history, struct tfs_error *error);
/*
 * Pushes now and waits: -EEXIST the remote's branch is of another history, -EPERM it refuses, -ENOENT without git,
 * -EIO in git's words, -EINVAL where nothing is pushed.
 */
int tfs_history_push(struct tfs_history *history, struct tfs_op *op);
/*
 * {"remote", "branch", "state": "pushed", "waiting", "pushing", "failing" or "diverged", "ahead": commits, "pushes",
 * "failures", "pushed": commit, "pushed_at", "error"}, after a failure "failing_since" and "next_s"; yours. NULL where
 * nothing is pushed, and without memory.
 */
json_t *tfs_history_push_status(struct tfs_history *history);
/* Commits of a history nobody has open that the remote has not. */
int tfs_history_unpushed(const struct tfs_config *config, size_t *ret_count, struct tfs_error *error);

/* What `status` shows. */
struct tfs_history_stats {
	unsigned long commits, packs; /* since it was opened; files now */
	size_t waiting;               /* documents seen, not yet compared */
	int error;                    /* of the last write; 0 */
	char message[TFS_ERROR_MESSAGE]; /* the same in words; "" */
};
void tfs_history_get_stats(struct tfs_history *history, struct tfs_history_stats *ret);

#endif
