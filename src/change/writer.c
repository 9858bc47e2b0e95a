/* Making and freeing a writer. A new one loads the open intents of the journal. */
#include "writer.h"

#include <errno.h>
#include <stdlib.h>

#include "gate.h"
#include "own.h"
#include "tenantfs/clock.h"
#include "tenantfs/feed.h"

static int load_pending(struct tfs_writer *writer)
{
	cleanup_free uint64_t *intents = NULL;
	size_t count = 0;
	int r = 0;

	if (writer->journal)
		r = tfs_journal_open_intents(writer->journal, &intents, &count);
	for (size_t i = 0; i < count && r == 0; i++) {
		struct tfs_journal_entry entry;

		if (tfs_journal_read(writer->journal, intents[i], &entry) < 0)
			continue;
		change_pending_add(writer, intents[i], entry.change.path ? entry.change.path : "", false);
		tfs_journal_entry_finish(&entry);
	}
	return r;
}

int tfs_writer_new(struct tfs_store *store, struct tfs_journal *journal, struct tfs_drafts *drafts,
		   struct tfs_writer **ret, struct tfs_error *error)
{
	struct tfs_writer *writer = calloc(1, sizeof(*writer));
	int r;

	if (!writer)
		return tfs_error_set_memory(error);
	tfs_mutex_init(&writer->lock);
	writer->store = store;
	writer->journal = journal;
	writer->drafts = drafts;
	store->writer = writer;
	store->reads.poll = tfs_store_feed;
	writer->started_ms = tfs_clock_ms();
	r = change_gates_new(store->config, &writer->gates, error);
	if (r == 0 && load_pending(writer) < 0)
		r = tfs_error_set_memory(error);
	if (r < 0) {
		tfs_writer_free(writer);
		return r;
	}
	if (journal)
		change_own_load(store, journal);
	*ret = writer;
	return 0;
}

void tfs_writer_free(struct tfs_writer *writer)
{
	if (!writer)
		return;
	writer->store->writer = NULL;
	writer->store->reads.poll = NULL;
	change_pending_clear(writer);
	change_gates_free(writer->gates);
	tfs_mutex_destroy(&writer->lock);
	free(writer);
}

struct tfs_drafts *tfs_store_drafts(struct tfs_store *store)
{
	return store->writer ? store->writer->drafts : NULL;
}
