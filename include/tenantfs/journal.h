/* The journal: intents and outcomes of changes, on disk (docs/journal.md). */
#ifndef TENANTFS_JOURNAL_H
#define TENANTFS_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "tenantfs/change.h"
#include "tenantfs/json.h"
#include "tenantfs/op.h"

/* The journal of one tenant. The opener holds the state folder's lock. Thread-safe. */
struct tfs_journal;

struct tfs_journal_options {
	const char *dir;       /* created with mode 0700 */
	size_t segment;        /* bytes after which a new file starts; 0: 1 MiB */
	size_t keep;           /* bytes of settled changes to keep; 0: 16 MiB */
	size_t max_unrecorded; /* limit while the history has not recorded the changes; 0: 256 MiB */
};
/* Removes an interrupted write at the end. Works on a full disk. */
int tfs_journal_open(const struct tfs_journal_options *options, struct tfs_journal **ret, struct tfs_error *error);
void tfs_journal_close(struct tfs_journal *journal);

/* A planned change. Secrets in its documents are replaced by digests, except in `text`. */
struct tfs_intent {
	enum tfs_change_type type;
	const char *kind, *path, *new_path, *id, *reason; /* each but `path` may be NULL */
	const char *change_set;                           /* of tfs_op; "" or NULL: none */
	const char *before, *wanted;                      /* documents; NULL: none */
	const char *text;    /* `wanted` with its new secrets, in its own file until settled; NULL: none */
	const json_t *where; /* address of the object; opaque to the journal */
	const json_t *calls; /* planned calls, an array of objects; opaque to the journal */
	struct tfs_change_caller caller;
};
/*
 * Returns 0 and the intent's number when it is on disk. -ENOSPC, -EIO and similar: it is not; nothing may be
 * sent. -EINTR, -ETIMEDOUT: the intent is settled as not sent. Concurrent callers share one sync.
 */
int tfs_journal_begin(struct tfs_journal *journal, struct tfs_op *op, const struct tfs_intent *intent,
		      uint64_t *ret_intent);

struct tfs_outcome {
	int result;                                  /* 0, or the negative errno */
	const char *after;                           /* document the server has now; NULL: none */
	const char *new_path;                        /* the object's path, if it differs from the intent's; else NULL */
	const char *endpoint, *request_id, *message; /* of the last call; may be NULL */
};
/*
 * Writes an intent's outcome. Not synced: if it is lost, the intent is reconciled again. On a full disk it
 * waits in memory. -ENOENT: the intent is not open. -ENOMEM.
 */
int tfs_journal_end(struct tfs_journal *journal, uint64_t intent, const struct tfs_outcome *outcome);

/* Numbers of the intents without outcome, ascending, also of earlier processes. Caller frees. */
int tfs_journal_open_intents(struct tfs_journal *journal, uint64_t **ret_intents, size_t *ret_count);

/* An intent with its outcome. Owns its texts. */
struct tfs_journal_entry {
	struct tfs_change change; /* `seq` is 0 while the intent is open */
	const json_t *where, *calls;
	char *text;               /* of tfs_intent; NULL */
	json_t *intent, *outcome; /* the complete lines; they own the texts above except `text` */
};
/* -ENOENT: no such intent. -EBADMSG: its lines are damaged. */
int tfs_journal_read(struct tfs_journal *journal, uint64_t intent, struct tfs_journal_entry *ret);
void tfs_journal_entry_finish(struct tfs_journal_entry *entry);

/*
 * Calls `fn` for each settled change with seq > `after`, in the order of seq. Stops when `fn` returns a value
 * other than 0, and returns it. Holds no lock during the calls.
 */
typedef int (*tfs_journal_fn)(void *context, const struct tfs_journal_entry *entry);
int tfs_journal_each(struct tfs_journal *journal, uint64_t after, tfs_journal_fn fn, void *context);
/* The same for all changes, open ones too, the newest first. */
int tfs_journal_newest(struct tfs_journal *journal, tfs_journal_fn fn, void *context);
/* The last `most` intents, oldest first, each with its "outcome": an array, the caller's. 0 or -ENOMEM. */
int tfs_journal_last(struct tfs_journal *journal, size_t most, json_t **ret);
/*
 * The history reports up to which seq it has recorded the changes, once at its start and then after each
 * commit. The journal keeps later changes for it, up to `max_unrecorded`, and never reuses a number up to
 * `seq`.
 */
void tfs_journal_recorded(struct tfs_journal *journal, uint64_t seq);
/*
 * `settled` is called after each settled change, by the thread that settled it; it must not wait. Set it
 * before other threads use the journal.
 */
void tfs_journal_watch(struct tfs_journal *journal, void (*settled)(void *context, uint64_t seq), void *context);

#endif
