/* What the files of the journal share. */
#ifndef TENANTFS_JOURNAL_JOURNAL_H
#define TENANTFS_JOURNAL_JOURNAL_H

#include <pthread.h>
#include <stdbool.h>

#include "frame.h"
#include "tenantfs/hash.h"
#include "tenantfs/journal.h"

/* A line on its way to the disk; in the queue until it is there. */
struct record {
	struct record *next;
	struct entry *entry;     /* NULL: none */
	struct waiter *waiter;   /* NULL: nobody waits for it */
	char letter;
	char *line;
	size_t len;
};

/* Who waits for a record to be durable. */
struct waiter {
	struct tfs_op *op;
	atomic_bool done;
	bool elected; /* to write the queue, its own record in it */
	bool written;
	int result;
};

/* Where a line is. */
struct place {
	uint64_t file; /* 0: not written, but in the queue */
	uint64_t offset;
	size_t len;
};

struct entry {
	UT_hash_handle hh;         /* by intent */
	uint64_t intent, seq;      /* seq 0: open */
	struct place begun, ended;
	bool bears_text;           /* has a file of its own with its secrets */
	size_t owed;               /* room its outcome may need */
	struct entry *prev, *next; /* settled ones, by rising seq */
};

/* One file, called by the number that was next when it was made. */
struct segment {
	uint64_t first;
	size_t bytes;
};

struct stats {
	size_t open, settled;    /* intents */
	size_t bytes;            /* on disk */
	size_t damaged;          /* lines found unreadable when it was opened */
	size_t unwritten;        /* outcomes waiting for room on the disk */
	unsigned long syncs, writes; /* writes: intents made durable; savers at the same time share a sync */
	int failing;             /* errno of the last write, 0 when it went well */
};

/* Protected by `lock`. What is marked (w) is changed by the one who writes alone, and under the lock. */
struct tfs_journal {
	pthread_mutex_t lock;
	char *dir;
	size_t segment, keep, most;
	struct entry *entries, *settled;
	uint64_t next;              /* number */
	uint64_t recorded;
	bool has_recorder;
	bool writing;               /* somebody writes the queue */
	struct record *queue;       /* to be written */
	struct record *in_hand;     /* being written; (w) but for `waiter` */
	size_t owed;                /* room for the outcomes of the open intents of this process */
	struct segment *segments;   /* (w) ascending; the last is written to */
	size_t n_segments;          /* (w) */
	int fd;                     /* (w) of the last segment; -1: to be made */
	size_t reserved;            /* (w) bytes the file has room for */
	uint64_t pruned_for;        /* (w) the last file at the time it was last looked for what can go */
	struct stats stats;
	void (*watch)(void *context, uint64_t seq);
	void *watch_context;
};

/* index.c: with the lock held. */
struct entry *entry_add(struct tfs_journal *journal, uint64_t intent);
void entry_settle(struct tfs_journal *journal, struct entry *entry, uint64_t seq);
void entry_remove(struct tfs_journal *journal, struct entry *entry);
struct entry *entry_find(struct tfs_journal *journal, uint64_t intent);

/*
 * queue.c: appends the record, taken over, and sees it written; `op` NULL: without waiting or sync.
 * `*ret_left`: the wait was given up, the record may be written all the same.
 */
int queue_put(struct tfs_journal *journal, struct tfs_op *op, struct record *record, bool *ret_left);
/* One more try for what a full disk refused. */
void queue_flush(struct tfs_journal *journal);
/* The line of an entry that is not written yet, with the lock held; -EBADMSG when there is none. */
int queue_copy(const struct tfs_journal *journal, const struct entry *entry, char letter, struct tfs_buf *out);
struct record *record_new(struct entry *entry, char letter, uint64_t seq, const json_t *value);
void record_free(struct record *record);

/* segment.c */
int segments_load(struct tfs_journal *journal, struct tfs_error *error);
/* Only by the one who writes: the lines are in the file, and synced, or none of them is. */
int segments_append(struct tfs_journal *journal, const char *bytes, size_t len, bool sync, struct place *ret);
/* Only by the one who writes. Takes away what nobody needs any more. */
void segments_prune(struct tfs_journal *journal);
void segments_close(struct tfs_journal *journal);
int segment_read(struct tfs_journal *journal, const struct place *place, struct tfs_buf *out);
char *text_path(const struct tfs_journal *journal, uint64_t intent);

/* line.c: what the lines say. */
json_t *intent_to_json(const struct tfs_intent *intent);
json_t *outcome_to_json(uint64_t intent, const struct tfs_outcome *outcome);
void entry_from_json(struct tfs_journal_entry *entry);

#endif
