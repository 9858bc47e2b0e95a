/*
 * Group commit. A thread that finds no writer becomes the writer. Threads that arrive during a write wait;
 * the next write takes all their lines with one sync. Outcomes are written along with them, without a waiter.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "journal.h"

struct record *journal_record_new(struct entry *entry, char letter, uint64_t seq, const json_t *value)
{
	struct record *record = calloc(1, sizeof(*record));
	struct tfs_buf line cleanup_buf = TFS_BUF_INIT(FRAME_MAX);

	if (!record || journal_frame_print(&line, letter, seq, value) < 0) {
		free(record);
		return NULL;
	}
	record->entry = entry;
	record->letter = letter;
	record->line = tfs_buf_steal(&line, &record->len);
	return record;
}

void journal_record_free(struct record *record)
{
	if (!record)
		return;
	free(record->line);
	free(record);
}

/* Joins the lines into one block, in the order of the records. `*ret_sync`: an intent is among them. */
static int join(const struct record *records, struct tfs_buf *out, bool *ret_sync)
{
	int r = 0;

	*ret_sync = false;
	for (; records && r == 0; records = records->next) {
		r = tfs_buf_add(out, records->line, records->len);
		*ret_sync = *ret_sync || records->letter == FRAME_INTENT;
	}
	return r;
}

/* Wakes the waiters. Outcomes that could not be written return to the front of the queue. */
static void finish_batch(struct tfs_journal *journal, struct record *records, int result, struct line_ref line)
	TFS_HOLDS(journal->lock)
{
	struct record *record, *kept = NULL, **end = &kept;

	journal->stats.failing = -result;
	while ((record = records)) {
		struct write_waiter *waiter = record->waiter;

		records = record->next;
		line.len = record->len;
		if (result == 0 && record->entry && record->letter == FRAME_INTENT)
			record->entry->intent_at = line;
		else if (result == 0 && record->entry)
			record->entry->outcome_at = line;
		line.offset += record->len;
		if (result < 0 && record->letter == FRAME_OUTCOME) {
			record->next = NULL;
			*end = record;
			end = &record->next;
			continue;
		}
		journal->stats.writes += record->letter == FRAME_INTENT && result == 0;
		journal->stats.unwritten -= record->letter == FRAME_OUTCOME;
		if (waiter) {
			/* The writing thread is awake and reads the result itself. */
			waiter->result = result;
			waiter->written = true;
			if (!waiter->elected)
				tfs_op_signal(waiter->op, &waiter->done);
		}
		journal_record_free(record);
	}
	*end = journal->queue;
	journal->queue = kept;
}

/* Writes all queued lines, with the lock released. */
static void write_queue(struct tfs_journal *journal) TFS_HOLDS(journal->lock)
{
	struct tfs_buf bytes cleanup_buf = TFS_BUF_INIT(SIZE_MAX / 2);
	struct record *records = steal_pointer(&journal->queue);
	struct line_ref line = { 0 };
	bool sync;
	int r;

	assert(journal->writing && !journal->being_written);
	journal->being_written = records;
	tfs_mutex_unlock(&journal->lock);
	r = join(records, &bytes, &sync);
	if (r == 0)
		r = journal_segments_append(journal, bytes.data, bytes.len, sync, &line);
	tfs_mutex_lock(&journal->lock);
	journal->being_written = NULL;
	finish_batch(journal, records, r, line);
	if (r == 0) {
		tfs_mutex_unlock(&journal->lock);
		journal_segments_prune(journal);
		tfs_mutex_lock(&journal->lock);
	}
}

/* Makes the first waiter the writer; false: there is no waiter. */
static bool elect_writer(struct tfs_journal *journal) TFS_HOLDS(journal->lock)
{
	for (struct record *record = journal->queue; record; record = record->next) {
		struct write_waiter *waiter = record->waiter;

		if (!waiter)
			continue;
		waiter->elected = true;
		tfs_op_signal(waiter->op, &waiter->done);
		return true;
	}
	return false;
}

/* The caller is the writer. Writes until another thread takes over or the queue is empty. */
static void write_until_idle(struct tfs_journal *journal) TFS_HOLDS(journal->lock)
{
	do {
		write_queue(journal);
		if (elect_writer(journal))
			return;
		/* Outcomes that arrived meanwhile. Those that a full disk refused wait for the next save. */
	} while (journal->queue && journal->stats.failing == 0);
	journal->writing = false;
}

static void detach_waiter(struct record *records, const struct write_waiter *waiter)
{
	for (; records; records = records->next)
		if (records->waiter == waiter)
			records->waiter = NULL;
}

int journal_queue_put(struct tfs_journal *journal, struct tfs_op *op, struct record *record, bool *ret_abandoned)
{
	struct write_waiter waiter = { .op = op };
	struct record **end = &journal->queue;
	int r = 0;

	tfs_mutex_lock(&journal->lock);
	while (*end)
		end = &(*end)->next;
	*end = record;
	record->waiter = op ? &waiter : NULL;
	if (!journal->writing) {
		journal->writing = true;
		waiter.elected = true;
		write_until_idle(journal);
	} else if (op) {
		tfs_mutex_unlock(&journal->lock);
		r = tfs_op_wait(op, &waiter.done);
		tfs_mutex_lock(&journal->lock);
		if (!waiter.written && waiter.elected)
			write_until_idle(journal);
	}
	*ret_abandoned = op && !waiter.written;
	/* A thread that stops waiting leaves its record in the queue. */
	detach_waiter(journal->queue, &waiter);
	detach_waiter(journal->being_written, &waiter);
	tfs_mutex_unlock(&journal->lock);
	return waiter.written ? waiter.result : r;
}

void journal_queue_flush(struct tfs_journal *journal)
{
	tfs_mutex_lock(&journal->lock);
	if (journal->queue && !journal->writing) {
		journal->writing = true;
		write_until_idle(journal);
	}
	tfs_mutex_unlock(&journal->lock);
}

int journal_queue_copy(const struct tfs_journal *journal, const struct entry *entry, char letter, struct tfs_buf *out)
{
	const struct record *lists[] = { journal->queue, journal->being_written };

	for (size_t i = 0; i < 2; i++)
		for (const struct record *record = lists[i]; record; record = record->next)
			if (record->entry == entry && record->letter == letter)
				return tfs_buf_add(out, record->line, record->len);
	return -EBADMSG;
}
