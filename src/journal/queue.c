/*
 * The way of a line to the disk. Who comes while nobody writes becomes the one
 * who writes; who comes meanwhile waits, and all of these go in the next write
 * with one sync. Outcomes go along without anybody waiting for them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "journal.h"

struct record *record_new(struct entry *entry, char letter, uint64_t seq, const json_t *value)
{
	struct record *record = calloc(1, sizeof(*record));
	struct tfs_buf line cleanup_buf = TFS_BUF_INIT(FRAME_MAX);

	if (record == NULL || frame_print(&line, letter, seq, value) < 0) {
		free(record);
		return NULL;
	}
	record->entry = entry;
	record->letter = letter;
	record->line = tfs_buf_steal(&line, &record->len);
	return record;
}

void record_free(struct record *record)
{
	if (record == NULL)
		return;
	free(record->line);
	free(record);
}

/* All the lines as one block; the records know from their order where theirs is. */
static int join(const struct record *records, struct tfs_buf *out, bool *ret_sync)
{
	int r = 0;

	*ret_sync = false;
	for (; records != NULL && r == 0; records = records->next) {
		r = tfs_buf_add(out, records->line, records->len);
		*ret_sync = *ret_sync || records->letter == FRAME_INTENT;
	}
	return r;
}

/* The lock is held. An outcome that could not be written stays first in the queue; nobody was told of it. */
static void distribute(struct tfs_journal *journal, struct record *records, int result, struct place place)
{
	struct record *record, *kept = NULL, **end = &kept;

	journal->stats.failing = -result;
	while ((record = records) != NULL) {
		struct waiter *waiter = record->waiter;

		records = record->next;
		place.len = record->len;
		if (result == 0 && record->entry != NULL && record->letter == FRAME_INTENT)
			record->entry->begun = place;
		else if (result == 0 && record->entry != NULL)
			record->entry->ended = place;
		place.offset += record->len;
		if (result < 0 && record->letter == FRAME_OUTCOME) {
			record->next = NULL;
			*end = record;
			end = &record->next;
			continue;
		}
		journal->stats.writes += record->letter == FRAME_INTENT && result == 0;
		journal->stats.unwritten -= record->letter == FRAME_OUTCOME;
		if (waiter != NULL) {
			/* Who leads sees it on its own way. */
			waiter->result = result;
			waiter->written = true;
			if (!waiter->elected)
				tfs_op_signal(waiter->op, &waiter->done);
		}
		record_free(record);
	}
	*end = journal->queue;
	journal->queue = kept;
}

/* The lock is held; it is given up while writing. Writes what is in the queue. */
static void write_queue(struct tfs_journal *journal)
{
	struct tfs_buf bytes cleanup_buf = TFS_BUF_INIT(SIZE_MAX / 2);
	struct record *records = steal_pointer(&journal->queue);
	struct place place = { 0 };
	bool sync;
	int r;

	journal->in_hand = records;
	pthread_mutex_unlock(&journal->lock);
	r = join(records, &bytes, &sync);
	if (r == 0)
		r = segments_append(journal, bytes.data, bytes.len, sync, &place);
	pthread_mutex_lock(&journal->lock);
	journal->in_hand = NULL;
	distribute(journal, records, r, place);
	if (r == 0) {
		pthread_mutex_unlock(&journal->lock);
		segments_prune(journal);
		pthread_mutex_lock(&journal->lock);
	}
}

/* The lock is held. Hands the writing to the first who waits; false: nobody does. */
static bool elect(struct tfs_journal *journal)
{
	for (struct record *record = journal->queue; record != NULL; record = record->next) {
		struct waiter *waiter = record->waiter;

		if (waiter == NULL)
			continue;
		waiter->elected = true;
		tfs_op_signal(waiter->op, &waiter->done);
		return true;
	}
	return false;
}

/* The lock is held, and the caller writes. */
static void lead(struct tfs_journal *journal)
{
	do {
		write_queue(journal);
		if (elect(journal))
			return;
		/* Outcomes that came meanwhile; those a full disk refused wait for the next saver. */
	} while (journal->queue != NULL && journal->stats.failing == 0);
	journal->writing = false;
}

static void forget_waiter(struct record *records, const struct waiter *waiter)
{
	for (; records != NULL; records = records->next)
		if (records->waiter == waiter)
			records->waiter = NULL;
}

int queue_put(struct tfs_journal *journal, struct tfs_op *op, struct record *record, bool *ret_left)
{
	struct waiter waiter = { .op = op };
	struct record **end = &journal->queue;
	int r = 0;

	pthread_mutex_lock(&journal->lock);
	while (*end != NULL)
		end = &(*end)->next;
	*end = record;
	record->waiter = op != NULL ? &waiter : NULL;
	if (!journal->writing) {
		journal->writing = true;
		waiter.elected = true;
		lead(journal);
	} else if (op != NULL) {
		pthread_mutex_unlock(&journal->lock);
		r = tfs_op_wait(op, &waiter.done);
		pthread_mutex_lock(&journal->lock);
		if (!waiter.written && waiter.elected)
			lead(journal);
	}
	*ret_left = op != NULL && !waiter.written;
	/* Who gives up leaves its record to be written. */
	forget_waiter(journal->queue, &waiter);
	forget_waiter(journal->in_hand, &waiter);
	pthread_mutex_unlock(&journal->lock);
	return waiter.written ? waiter.result : r;
}

void queue_flush(struct tfs_journal *journal)
{
	pthread_mutex_lock(&journal->lock);
	if (journal->queue != NULL && !journal->writing) {
		journal->writing = true;
		lead(journal);
	}
	pthread_mutex_unlock(&journal->lock);
}

/* The lock is held. */
int queue_copy(const struct tfs_journal *journal, const struct entry *entry, char letter, struct tfs_buf *out)
{
	const struct record *lists[] = { journal->queue, journal->in_hand };

	for (size_t i = 0; i < 2; i++)
		for (const struct record *record = lists[i]; record != NULL; record = record->next)
			if (record->entry == entry && record->letter == letter)
				return tfs_buf_add(out, record->line, record->len);
	return -EBADMSG;
}
