/* The journal's last entries as JSON, for `tenantfs journal`. */
#include <errno.h>
#include <stdlib.h>

#include "journal.h"

static int by_number(const void *a, const void *b)
{
	const uint64_t *one = a, *other = b;

	return *one < *other ? -1 : *one > *other;
}

/* The numbers of all intents, ascending. Caller frees. */
static uint64_t *all_intents(struct tfs_journal *journal, size_t *ret_count)
{
	const struct entry *entry;
	uint64_t *intents;
	size_t count = 0;

	tfs_mutex_lock(&journal->lock);
	intents = calloc(HASH_COUNT(journal->entries) + 1, sizeof(*intents));
	for (entry = journal->entries; intents && entry; entry = entry->hh.next)
		intents[count++] = entry->intent;
	tfs_mutex_unlock(&journal->lock);
	if (intents)
		qsort(intents, count, sizeof(*intents), by_number);
	*ret_count = count;
	return intents;
}

int tfs_journal_newest(struct tfs_journal *journal, tfs_journal_fn fn, void *context)
{
	size_t count;
	cleanup_free uint64_t *intents = all_intents(journal, &count);
	int r = intents ? 0 : -ENOMEM;

	while (r == 0 && count-- > 0) {
		struct tfs_journal_entry entry;

		/* Skips entries that were pruned meanwhile or are damaged. */
		if (tfs_journal_read(journal, intents[count], &entry) < 0)
			continue;
		r = fn(context, &entry);
		tfs_journal_entry_finish(&entry);
	}
	return r;
}

static json_t *entry_json(const struct tfs_journal_entry *entry)
{
	cleanup_json json_t *value = json_pack("{s:I, s:I}", "intent", (json_int_t)entry->change.intent, "seq",
					       (json_int_t)entry->change.seq);

	if (!value || json_object_update_missing(value, entry->intent) < 0 ||
	    (entry->outcome && json_object_set(value, "outcome", entry->outcome) < 0))
		return NULL;
	return steal_pointer(&value);
}

int tfs_journal_last(struct tfs_journal *journal, size_t most, json_t **ret)
{
	cleanup_json json_t *array = json_array();
	size_t count;
	cleanup_free uint64_t *intents = all_intents(journal, &count);

	if (!array || !intents)
		return -ENOMEM;
	for (size_t i = count > most ? count - most : 0; i < count; i++) {
		struct tfs_journal_entry entry;
		int r;

		/* Skips entries that were pruned meanwhile or are damaged. */
		if (tfs_journal_read(journal, intents[i], &entry) < 0)
			continue;
		r = json_array_append_new(array, entry_json(&entry));
		tfs_journal_entry_finish(&entry);
		if (r < 0)
			return -ENOMEM;
	}
	*ret = steal_pointer(&array);
	return 0;
}
