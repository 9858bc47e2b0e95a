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
 * `journal` and `cache` may be NULL, and are to be watched before other threads know them.
 */
int tfs_history_open(const struct tfs_config *config, struct tfs_journal *journal, struct tfs_cache *cache,
		     struct tfs_history **ret, struct tfs_error *error);
/* Records what there is, then ends the thread. */
void tfs_history_close(struct tfs_history *history);

/* Who changed `path` lately, as the audit log says: false when it does not. From the history's own thread. */
typedef bool (*tfs_history_actor)(void *context, const char *path, char *ret_name, size_t room);
void tfs_history_set_actor(struct tfs_history *history, tfs_history_actor actor, void *context);

/* Waits until what was settled and seen so far is in the repository; -EIO with what hinders it. */
int tfs_history_flush(struct tfs_history *history, struct tfs_op *op);

/* What `status` shows. */
struct tfs_history_stats {
	unsigned long commits, packs; /* since it was opened; files now */
	size_t waiting;               /* documents seen, not yet compared */
	int error;                    /* of the last write; 0 */
};
void tfs_history_get_stats(struct tfs_history *history, struct tfs_history_stats *ret);

/*
 * Reading: needs neither the lock nor the thread, so commands do it themselves, flushing first where a daemon
 * has the tenant. -ENOENT: no history yet, no such revision, nothing of that path.
 */
struct tfs_past;
int tfs_past_open(const struct tfs_config *config, struct tfs_past **ret, struct tfs_error *error);
void tfs_past_close(struct tfs_past *past);
TFS_DEFINE_CLEANUP(past, struct tfs_past *, tfs_past_close)
#define cleanup_past TFS_CLEANUP(tfs_cleanup_past)

/*
 * {"commit", "time", "author", "mail", "subject", "reason", "operation", "path", "uid", …} of each change of what is
 * at or below `path` ("" all), newest first, at most `limit`; `each` returning other than 0 ends it with that.
 */
typedef int (*tfs_past_each)(void *context, json_t *entry);
int tfs_past_log(struct tfs_past *past, const char *path, size_t limit, tfs_past_each each, void *context,
		 struct tfs_error *error);
/* One of them, with "changes": as tfs_past_diff against the state before. */
int tfs_past_show(struct tfs_past *past, const char *revision, json_t **ret, struct tfs_error *error);
/*
 * Array of {"path", "action": "create"|"change"|"remove", "members": [{"member", "before", "after"}]}: what makes
 * `to` of `from` (NULL: nothing), at and below `path`. Members that only the server sets are left out.
 */
int tfs_past_diff(struct tfs_past *past, const char *from, const char *to, const char *path, json_t **ret,
		  struct tfs_error *error);
/* Array of {"member", "value", "commit", "time", "author", "reason"}: who set what stands there now. */
int tfs_past_blame(struct tfs_past *past, const char *path, json_t **ret, struct tfs_error *error);

/* The commit a revision names (a name in .history, an abbreviated id, "HEAD~3"), as 40 hex digits. */
enum { TFS_PAST_ID = 41 };
int tfs_past_resolve(struct tfs_past *past, const char *revision, char ret_id[TFS_PAST_ID],
		     struct tfs_error *error);
/* The document at `path` in that state. -ENOENT, -EISDIR. */
int tfs_past_read(struct tfs_past *past, const char *id, const char *path, struct tfs_buf *out,
		  struct tfs_error *error);
/* Names in the directory `path` of that state, "name/" for directories; `each` as above. */
typedef int (*tfs_past_name)(void *context, const char *name, bool directory, size_t size);
int tfs_past_list(struct tfs_past *past, const char *id, const char *path, tfs_past_name each, void *context,
		  struct tfs_error *error);
/* One entry of that state: as tfs_past_list tells it. -ENOENT. */
int tfs_past_stat(struct tfs_past *past, const char *id, const char *path, bool *ret_directory, size_t *ret_size,
		  struct timespec *ret_time);
/* Names of states, newest first: "2026-11-23T101112-1a2b3c4d"; of one day when `day` is "2026-11-23". */
int tfs_past_states(struct tfs_past *past, const char *day, size_t limit, tfs_past_name each, void *context,
		    struct tfs_error *error);

#endif
