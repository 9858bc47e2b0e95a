/* The journal: what is about to be done and what became of it, on disk (docs/journal.md). */
#ifndef TENANTFS_JOURNAL_H
#define TENANTFS_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "tenantfs/change.h"
#include "tenantfs/json.h"
#include "tenantfs/op.h"

/* Of one tenant's state; its folder's lock is the opener's. Thread-safe. */
struct tfs_journal;

struct tfs_journal_options {
	const char *dir;  /* made, mode 0700 */
	size_t segment;   /* bytes at which a file is followed by a new one; 0: 1 MiB */
	size_t keep;      /* bytes of settled changes kept; 0: 16 MiB */
	size_t most;      /* the same while the history has not recorded them; 0: 256 MiB */
};
/* Cuts a torn tail; needs no room on the disk. */
int tfs_journal_open(const struct tfs_journal_options *options, struct tfs_journal **ret, struct tfs_error *error);
void tfs_journal_close(struct tfs_journal *journal);

/* What is about to be done. Texts are documents with secrets as digests. */
struct tfs_intent {
	enum tfs_change_type type;
	const char *kind, *path, *new_path, *id, *reason; /* each but `path` may be NULL */
	const char *change_set;                           /* of tfs_op; "" or NULL none */
	const char *before, *wanted;                      /* documents; NULL: none */
	const char *text;     /* `wanted` with the new secrets it bears: kept apart until settled; NULL: bears none */
	const json_t *where;  /* what finds the object again; the journal only keeps it */
	const json_t *calls;  /* planned calls, array of objects; likewise */
	struct tfs_change_caller caller;
};
/*
 * Returns when it is on the disk: 0 and its number. -ENOSPC, -EIO and the like: it is not, nothing may be
 * sent. Savers at the same time share one sync. -EINTR, -ETIMEDOUT: settled as not sent.
 */
int tfs_journal_begin(struct tfs_journal *journal, struct tfs_op *op, const struct tfs_intent *intent,
		      uint64_t *ret_intent);

struct tfs_outcome {
	int result;               /* 0, or the negative errno */
	const char *after;        /* document that stands; NULL: none */
	const char *new_path;     /* where it is another than the intent's; NULL */
	const char *endpoint, *request_id, *message; /* of the last call; may be NULL */
};
/*
 * Notes what became of an intent; it needs no sync (lost, it is settled again by looking) and no room (kept
 * in memory until there is some). -ENOENT when it is not open, -ENOMEM.
 */
int tfs_journal_end(struct tfs_journal *journal, uint64_t intent, const struct tfs_outcome *outcome);

/* Numbers of the intents without outcome, ascending, of this process or of one that died; yours. */
int tfs_journal_open_intents(struct tfs_journal *journal, uint64_t **ret_intents, size_t *ret_count);

/* An entry read back; its texts are its own. */
struct tfs_journal_entry {
	struct tfs_change change;   /* `seq` is 0 while it is open */
	const json_t *where, *calls;
	char *text;                 /* of tfs_intent; NULL */
	json_t *intent, *outcome;   /* the whole lines; own all of the above */
};
/* -ENOENT when there is none, -EBADMSG when it cannot be read. */
int tfs_journal_read(struct tfs_journal *journal, uint64_t intent, struct tfs_journal_entry *ret);
void tfs_journal_entry_finish(struct tfs_journal_entry *entry);

/*
 * Calls `fn` for each settled change with seq > `after`, in the order they were settled (`seq` rises in that
 * order). Ends with what `fn` returns when that is not 0. No lock is held meanwhile.
 */
typedef int (*tfs_journal_fn)(void *context, const struct tfs_journal_entry *entry);
int tfs_journal_each(struct tfs_journal *journal, uint64_t after, tfs_journal_fn fn, void *context);
/* The last `most` intents, oldest first, each with its "outcome"; an array, yours. -ENOMEM. */
int tfs_journal_last(struct tfs_journal *journal, size_t most, json_t **ret);
/*
 * Whoever records changes elsewhere says up to which seq it has them, at its start and then as it goes: later
 * ones are kept for it (up to `most`), and no number it knows is given away again.
 */
void tfs_journal_recorded(struct tfs_journal *journal, uint64_t seq);
/* Told after each settled change, by the thread that settled it; must not wait. Set before others know the journal. */
void tfs_journal_watch(struct tfs_journal *journal, void (*settled)(void *context, uint64_t seq), void *context);

#endif
