/* The journal's structures and internal functions. */
#ifndef TENANTFS_JOURNAL_JOURNAL_H
#define TENANTFS_JOURNAL_JOURNAL_H

#include "frame.h"
#include "tenantfs/hash.h"
#include "tenantfs/journal.h"
#include "tenantfs/lock.h"

/* A line that is not yet in a file. */
struct record {
	struct record *next;
	struct entry *entry;         /* NULL: none */
	struct write_waiter *waiter; /* NULL: no thread waits for it */
	char letter;
	char *line;
	size_t len;
};

/* A thread that waits until its record is durable. */
struct write_waiter {
	struct tfs_op *op;
	atomic_bool done;
	bool elected; /* this thread must write the queue, which contains its record */
	bool written;
	int result;
};

/* The position of a line in the journal's files. */
struct line_ref {
	uint64_t file; /* number of the segment; 0: not written yet, still queued */
	uint64_t offset;
	size_t len;
};

struct entry {
	UT_hash_handle hh;    /* by intent */
	uint64_t intent, seq; /* seq 0: open */
	struct line_ref intent_at, outcome_at;
	bool has_text_file;        /* a separate file holds its text with secrets */
	size_t outcome_room;       /* bytes of disk reserved for its outcome */
	struct entry *prev, *next; /* in the list of settled entries, sorted by seq */
};

/* One file, named by the next number at the time of its creation. */
struct segment {
	uint64_t first;
	size_t bytes;
};

struct stats {
	size_t open, settled;        /* intents */
	size_t bytes;                /* on disk */
	size_t damaged;              /* unreadable lines found when the journal was opened */
	size_t unwritten;            /* outcomes not yet in a file */
	unsigned long syncs, writes; /* writes: intents made durable; concurrent savers share a sync */
	int failing;                 /* errno of the last write; 0: it succeeded */
};

/* Protected by `lock`. Members marked (w) are changed only by the writing thread, under the lock. */
struct tfs_journal {
	struct tfs_mutex lock;
	char *dir;
	size_t segment, keep, max_unrecorded;
	struct entry *entries, *settled;
	uint64_t next; /* number */
	uint64_t recorded;
	bool has_recorder;
	bool writing;                 /* a thread writes the queue */
	struct record *queue;         /* lines to write */
	struct record *being_written; /* (w) except for `waiter` */
	size_t outcome_room;          /* bytes reserved for the outcomes of this process's open intents */
	struct segment *segments;     /* (w) ascending; the last is written to */
	size_t n_segments;            /* (w) */
	int fd;                       /* (w) of the last segment; -1: the next write creates a segment */
	size_t reserved;              /* (w) bytes allocated for the file */
	uint64_t pruned_for;          /* (w) the last segment at the time of the last pruning */
	struct stats stats;
	void (*watch)(void *context, uint64_t seq);
	void *watch_context;
};

/* index.c */
struct entry *journal_entry_add(struct tfs_journal *journal, uint64_t intent) TFS_HOLDS(journal->lock);
void journal_entry_settle(struct tfs_journal *journal, struct entry *entry, uint64_t seq) TFS_HOLDS(journal->lock);
void journal_entry_remove(struct tfs_journal *journal, struct entry *entry) TFS_HOLDS(journal->lock);
struct entry *journal_entry_find(struct tfs_journal *journal, uint64_t intent) TFS_HOLDS(journal->lock);

/*
 * queue.c. Takes over the record, queues it and waits until it is written; `op` NULL: neither waits nor
 * syncs. `*ret_abandoned`: the wait ended early; the record may still be written.
 */
int journal_queue_put(struct tfs_journal *journal, struct tfs_op *op, struct record *record, bool *ret_abandoned)
	TFS_LACKS(journal->lock);
/* Retries the lines that a full disk refused. */
void journal_queue_flush(struct tfs_journal *journal) TFS_LACKS(journal->lock);
/* Appends an entry's unwritten line to `out`; -EBADMSG: there is none. */
int journal_queue_copy(const struct tfs_journal *journal, const struct entry *entry, char letter, struct tfs_buf *out)
	TFS_HOLDS(journal->lock);
struct record *journal_record_new(struct entry *entry, char letter, uint64_t seq, const json_t *value);
void journal_record_free(struct record *record);

/* segment.c. Only the writing thread appends and prunes. */
int journal_segments_load(struct tfs_journal *journal, struct tfs_error *error);
/* All lines are written, and synced if `sync` is set, or none is. */
int journal_segments_append(struct tfs_journal *journal, const char *bytes, size_t len, bool sync, struct line_ref *ret)
	TFS_LACKS(journal->lock);
/* Removes old segments that are no longer needed. */
void journal_segments_prune(struct tfs_journal *journal) TFS_LACKS(journal->lock);
void journal_segments_close(struct tfs_journal *journal);
int journal_segment_read(struct tfs_journal *journal, const struct line_ref *line, struct tfs_buf *out)
	TFS_LACKS(journal->lock);
char *journal_text_path(const struct tfs_journal *journal, uint64_t intent);

/* entry-json.c: the JSON of the lines. */
json_t *journal_intent_to_json(const struct tfs_intent *intent);
json_t *journal_outcome_to_json(uint64_t intent, const struct tfs_outcome *outcome);
void journal_entry_from_json(struct tfs_journal_entry *entry);

#endif
