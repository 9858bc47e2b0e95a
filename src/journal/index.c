/* The index of intents: which are settled, and where their lines are. */
#include <assert.h>
#include <stdlib.h>

#include "journal.h"

struct entry *journal_entry_find(struct tfs_journal *journal, uint64_t intent)
{
	struct entry *entry;

	HASH_FIND(hh, journal->entries, &intent, sizeof(intent), entry);
	return entry;
}

struct entry *journal_entry_add(struct tfs_journal *journal, uint64_t intent)
{
	struct entry *entry = calloc(1, sizeof(*entry));

	if (!entry)
		return NULL;
	entry->intent = intent;
	HASH_ADD(hh, journal->entries, intent, sizeof(entry->intent), entry);
	if (!tfs_hash_added(entry)) {
		free(entry);
		return NULL;
	}
	journal->stats.open++;
	return entry;
}

/*
 * Inserts the entry in order of `seq`. Numbers rise, so the search from the end stops at once except at load.
 */
void journal_entry_settle(struct tfs_journal *journal, struct entry *entry, uint64_t seq)
{
	struct entry *before = journal->settled ? journal->settled->prev : NULL;

	assert(entry->seq == 0);
	assert(journal->stats.open > 0 && journal->outcome_room >= entry->outcome_room);
	entry->seq = seq;
	journal->outcome_room -= entry->outcome_room;
	entry->outcome_room = 0;
	journal->stats.open--;
	journal->stats.settled++;
	while (before && before->seq > seq)
		before = before != journal->settled ? before->prev : NULL;
	if (!before)
		DL_PREPEND(journal->settled, entry);
	else
		DL_APPEND_ELEM(journal->settled, before, entry);
}

void journal_entry_remove(struct tfs_journal *journal, struct entry *entry)
{
	HASH_DEL(journal->entries, entry);
	if (entry->seq != 0) {
		DL_DELETE(journal->settled, entry);
		journal->stats.settled--;
	} else {
		journal->outcome_room -= entry->outcome_room;
		journal->stats.open--;
	}
	free(entry);
}
