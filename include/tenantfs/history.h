/* The history: every change is a commit in a git repository of the tenant. */
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
 * Opens or creates the repository, and records the changes the journal settled since. From then on records each
 * settled change, and the documents the cache sees: one seen for the first time is the baseline, one that
 * differs from the recorded text was changed by others. The state folder's lock must be held. Borrows all
 * three; `journal` and `cache` may be NULL, and no other thread knows them yet. -EKEYREJECTED: signing is
 * configured and does not work.
 */
int tfs_history_open(const struct tfs_config *config, struct tfs_journal *journal, struct tfs_cache *cache,
		     struct tfs_history **ret, struct tfs_error *error);
/* Records the remaining changes, then ends the thread. */
void tfs_history_close(struct tfs_history *history);

/* Who made a change that was seen. */
struct tfs_history_actor {
	bool ours; /* `uid` did, through this mount: the server keeps what was written in another form */
	uid_t uid;
	char name[128]; /* of an actor in the audit log */
};
/*
 * Looks up who changed `path` lately to `text` (NULL: removed it); false: unknown. `fresh`: read the audit log before,
 * which may take a call; true once per pass. Called by the recorder thread. To be set before other threads know the
 * cache.
 */
typedef bool (*tfs_history_find_actor)(void *context, const char *path, const char *text, bool fresh,
				       struct tfs_history_actor *ret);
void tfs_history_set_actor(struct tfs_history *history, tfs_history_find_actor actor, void *context);

/* Waits until everything settled and seen so far is in the repository. -EIO with the reason. */
int tfs_history_flush(struct tfs_history *history, struct tfs_op *op);

/*
 * Starts a thread that pushes the history to the configured `history-remote`: new commits soon, failed ones
 * again later. Does nothing without a remote. tfs_history_close waits some seconds for it and logs how many
 * commits are left.
 */
int tfs_history_keep_pushing(struct tfs_history *history, struct tfs_error *error);
/*
 * Pushes now and waits. -EEXIST: the remote's branch has another history; -EPERM: the remote refuses;
 * -ENOENT: git is missing; -EIO with git's message; -EINVAL without a remote.
 */
int tfs_history_push(struct tfs_history *history, struct tfs_op *op);
/*
 * {"remote", "branch", "state": "pushed", "waiting", "pushing", "failing" or "diverged", "ahead": commits,
 * "pushes", "failures", "pushed": commit, "pushed_at", "error"}; after a failure also "failing_since" and
 * "next_s". Caller owns. NULL without a remote, or when out of memory.
 */
json_t *tfs_history_push_status(struct tfs_history *history);
/* The number of commits the remote lacks, of a history that is not open. */
int tfs_history_unpushed(const struct tfs_config *config, size_t *ret_count, struct tfs_error *error);

/* Figures for `status`. */
struct tfs_history_stats {
	unsigned long commits, packs;    /* since it was opened; present number */
	size_t waiting;                  /* observations that are not compared yet */
	int error;                       /* of the last write; 0 */
	char message[TFS_ERROR_MESSAGE]; /* its message; "" */
};
void tfs_history_get_stats(struct tfs_history *history, struct tfs_history_stats *ret);

#endif
