/* A view of the history: reads earlier states, and who changed what, from the repository. */
#ifndef TENANTFS_HISTORY_VIEW_H
#define TENANTFS_HISTORY_VIEW_H

#include "tenantfs/buf.h"
#include "tenantfs/config.h"
#include "tenantfs/json.h"

/*
 * Needs neither the state folder's lock nor the recorder thread: commands open a view themselves, after
 * asking the daemon to flush. Used by one thread. -ENOENT: no history yet, no such revision, nothing at that
 * path; -EOPNOTSUPP: history is disabled.
 */
struct tfs_history_view;
int tfs_view_open(const struct tfs_config *config, struct tfs_history_view **ret, struct tfs_error *error);
void tfs_view_close(struct tfs_history_view *view);
TFS_DEFINE_CLEANUP(view, struct tfs_history_view *, tfs_view_close)
#define cleanup_view TFS_CLEANUP(tfs_cleanup_view)

/*
 * Calls `each` with {"commit", "time", "author", "mail", "subject", "reason", "operation", "path", "uid", …}
 * of at most `limit` changes at or below `path` ("": all), newest first. A result other than 0 ends it and is
 * returned.
 */
typedef int (*tfs_view_each)(void *context, json_t *entry);
int tfs_view_log(struct tfs_history_view *view, const char *path, size_t limit, tfs_view_each each, void *context,
		 struct tfs_error *error);
/* One such entry, with "changes" as tfs_view_diff against the state before. */
int tfs_view_show(struct tfs_history_view *view, const char *revision, json_t **ret, struct tfs_error *error);
/*
 * Array of {"path", "action": "create"|"change"|"remove", "members": [{"member", "before", "after"}]}: the
 * differences from `from` (NULL: nothing) to `to`, at and below `path`. Members that only the server sets are
 * left out.
 */
int tfs_view_diff(struct tfs_history_view *view, const char *from, const char *to, const char *path, json_t **ret,
		  struct tfs_error *error);
/* The "members" of two texts; either may be NULL. Caller owns; NULL: out of memory. */
json_t *tfs_view_members(const char *before, size_t before_len, const char *after, size_t after_len);
/* Array of {"member", "value", "commit", "time", "author", "reason"}: who set each present value. */
int tfs_view_blame(struct tfs_history_view *view, const char *path, json_t **ret, struct tfs_error *error);

/*
 * The paths created since a state, as members of an object: true, or the old path of a rename. A path that is
 * recorded now but not in that state, and is not among them, existed in that state without having been read.
 */
int tfs_view_made(struct tfs_history_view *view, const char *since, json_t **ret, struct tfs_error *error);

/*
 * The commits of a change set as an array of ids, newest first. `revision` is the set's id, or a change in
 * it. -EINVAL: the change is not part of a set.
 */
int tfs_view_set(struct tfs_history_view *view, const char *revision, json_t **ret, struct tfs_error *error);

/* The commit of a revision (a name in .history, an abbreviated id, "HEAD~3"), as 40 hex digits. */
enum { TFS_HISTORY_ID = 41 };
int tfs_view_resolve(struct tfs_history_view *view, const char *revision, char ret_id[TFS_HISTORY_ID],
		     struct tfs_error *error);
/* The name of a state in .history: "2026-11-23T101112-1a2b3c4d5e6f", its time in UTC. */
enum { TFS_HISTORY_STATE = 40 };
int tfs_view_state(struct tfs_history_view *view, const char *id, char ret_name[TFS_HISTORY_STATE],
		   struct tfs_error *error);
/* The document at `path` in that state. -ENOENT, -EISDIR. */
int tfs_view_read(struct tfs_history_view *view, const char *id, const char *path, struct tfs_buf *out,
		  struct tfs_error *error);
/* Calls `each` for the names in the directory `path` ("" the root) of that state, as above. */
typedef int (*tfs_view_name)(void *context, const char *name, bool directory);
int tfs_view_list(struct tfs_history_view *view, const char *id, const char *path, tfs_view_name each, void *context,
		  struct tfs_error *error);
/* One entry of that state, a directory or a document. -ENOENT. */
int tfs_view_stat(struct tfs_history_view *view, const char *id, const char *path, bool *ret_directory,
		  size_t *ret_size, struct timespec *ret_time, struct tfs_error *error);
/*
 * Calls `each` for at most `limit` states, newest first; those of one day if `day` is "2026-11-23", else
 * NULL.
 */
int tfs_view_states(struct tfs_history_view *view, const char *day, size_t limit, tfs_view_name each, void *context,
		    struct tfs_error *error);
/* Calls `each` for the days of all states but the `newer` newest ones, newest first. */
int tfs_view_days(struct tfs_history_view *view, size_t newer, tfs_view_name each, void *context,
		  struct tfs_error *error);

#endif
