/* Earlier states: looked at in the history's repository, by whoever may read it. */
#ifndef TENANTFS_HISTORY_VIEW_H
#define TENANTFS_HISTORY_VIEW_H

#include "tenantfs/buf.h"
#include "tenantfs/config.h"
#include "tenantfs/json.h"

/*
 * Needs neither the state folder's lock nor the thread that records, so commands do it themselves, having
 * asked the daemon to write what it has. Used by one thread. -ENOENT: no history yet, no such revision,
 * nothing of that path; -EOPNOTSUPP: none, and none is to be.
 */
struct tfs_history_view;
int tfs_view_open(const struct tfs_config *config, struct tfs_history_view **ret, struct tfs_error *error);
void tfs_view_close(struct tfs_history_view *view);
TFS_DEFINE_CLEANUP(view, struct tfs_history_view *, tfs_view_close)
#define cleanup_view TFS_CLEANUP(tfs_cleanup_view)

/*
 * {"commit", "time", "author", "mail", "subject", "reason", "operation", "path", "uid", …} of each change of
 * what is at or below `path` ("" all), newest first, at most `limit`; `each` returning other than 0 ends it
 * with that.
 */
typedef int (*tfs_view_each)(void *context, json_t *entry);
int tfs_view_log(struct tfs_history_view *view, const char *path, size_t limit, tfs_view_each each,
		 void *context, struct tfs_error *error);
/* One of them, with "changes": as tfs_view_diff against the state before. */
int tfs_view_show(struct tfs_history_view *view, const char *revision, json_t **ret, struct tfs_error *error);
/*
 * Array of {"path", "action": "create"|"change"|"remove", "members": [{"member", "before", "after"}]}: what
 * makes `to` of `from` (NULL: nothing), at and below `path`. Members that only the server sets are left out.
 */
int tfs_view_diff(struct tfs_history_view *view, const char *from, const char *to, const char *path,
		  json_t **ret, struct tfs_error *error);
/* The "members" of two texts, either may be NULL. Yours; NULL: out of memory. */
json_t *tfs_view_members(const char *before, size_t before_len, const char *after, size_t after_len);
/* Array of {"member", "value", "commit", "time", "author", "reason"}: who set what stands there now. */
int tfs_view_blame(struct tfs_history_view *view, const char *path, json_t **ret, struct tfs_error *error);

/*
 * Paths that were made since a state, as members of an object: true, or the path that was renamed. What is
 * recorded now and was not then, and is not among them, was there all along and had not been looked at.
 */
int tfs_view_made(struct tfs_history_view *view, const char *since, json_t **ret, struct tfs_error *error);

/*
 * The commits of a change set as an array of ids, newest first: of the set with that id, or of the one that
 * the change `revision` is part of. -EINVAL: it is part of none.
 */
int tfs_view_set(struct tfs_history_view *view, const char *revision, json_t **ret, struct tfs_error *error);

/* The commit a revision names (a name in .history, an abbreviated id, "HEAD~3"), as 40 hex digits. */
enum { TFS_HISTORY_ID = 41 };
int tfs_view_resolve(struct tfs_history_view *view, const char *revision, char ret_id[TFS_HISTORY_ID],
		     struct tfs_error *error);
/* What that state is called in .history: "2026-11-23T101112-1a2b3c4d5e6f", its time UTC. */
enum { TFS_HISTORY_STATE = 40 };
int tfs_view_state(struct tfs_history_view *view, const char *id, char ret_name[TFS_HISTORY_STATE],
		   struct tfs_error *error);
/* The document at `path` in that state. -ENOENT, -EISDIR. */
int tfs_view_read(struct tfs_history_view *view, const char *id, const char *path, struct tfs_buf *out,
		  struct tfs_error *error);
/* Names in the directory `path` ("" the root) of that state; `each` as above. */
typedef int (*tfs_view_name)(void *context, const char *name, bool directory);
int tfs_view_list(struct tfs_history_view *view, const char *id, const char *path, tfs_view_name each,
		  void *context, struct tfs_error *error);
/* One entry of that state: as tfs_view_list tells it. -ENOENT. */
int tfs_view_stat(struct tfs_history_view *view, const char *id, const char *path, bool *ret_directory,
		  size_t *ret_size, struct timespec *ret_time, struct tfs_error *error);
/* Names of states, newest first; of one day when `day` is "2026-11-23". */
int tfs_view_states(struct tfs_history_view *view, const char *day, size_t limit, tfs_view_name each,
		    void *context, struct tfs_error *error);
/* Days of the states that are not among the `newer` newest, newest first. */
int tfs_view_days(struct tfs_history_view *view, size_t newer, tfs_view_name each, void *context,
		  struct tfs_error *error);

#endif
