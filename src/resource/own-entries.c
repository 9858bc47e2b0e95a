/* The table of our recent writes, by object. */
#include "own-entries.h"

#include <stdlib.h>
#include <string.h>

#include "tenantfs/clock.h"

void resource_own_writes_init(struct own_writes *own)
{
	tfs_mutex_init(&own->lock);
}

static void entry_free(struct own_entry *entry)
{
	for (size_t i = 0; i < entry->n_old; i++)
		tfs_doc_unref(entry->old[i].doc);
	tfs_doc_unref(entry->doc);
	tfs_doc_unref(entry->written);
	json_decref(entry->record);
	json_decref(entry->sent);
	free(entry);
}

void resource_own_writes_finish(struct own_writes *own)
{
	struct own_entry *entry, *next;

	HASH_ITER (hh, own->entries, entry, next) {
		HASH_DEL(own->entries, entry);
		entry_free(entry);
	}
	tfs_mutex_destroy(&own->lock);
}

void resource_own_entry_forget(struct own_entry *entry, uint64_t lag_ms)
{
	if (tfs_clock_ms() - entry->at_ms < lag_ms)
		return;
	json_decref(entry->record);
	entry->record = NULL;
}

void resource_own_entries_expire(struct own_writes *own, uint64_t lag_ms)
{
	uint64_t now = tfs_clock_ms();
	struct own_entry *entry, *next;

	HASH_ITER (hh, own->entries, entry, next) {
		resource_own_entry_forget(entry, lag_ms);
		if (now - entry->at_ms <= OWN_KEEP_MS)
			continue;
		HASH_DEL(own->entries, entry);
		entry_free(entry);
	}
}

struct own_entry *resource_own_entry(struct own_writes *own, const char *id)
{
	struct own_entry *entry;

	HASH_FIND_STR(own->entries, id, entry);
	if (entry)
		return entry;
	entry = calloc(1, sizeof(*entry) + strlen(id) + 1);
	if (!entry)
		return NULL;
	memcpy(entry->id, id, strlen(id) + 1);
	HASH_ADD_KEYPTR(hh, own->entries, entry->id, strlen(entry->id), entry);
	if (tfs_hash_added(entry))
		return entry;
	free(entry);
	return NULL;
}

void resource_own_entry_replace(struct own_entry *entry, struct tfs_doc *doc, bool certain, uint64_t at_ms)
{
	if (!doc)
		return;
	if (entry->n_old == OWN_REPLACED) {
		tfs_doc_unref(entry->old[0].doc);
		memmove(&entry->old[0], &entry->old[1], (OWN_REPLACED - 1) * sizeof(entry->old[0]));
		entry->n_old--;
	}
	entry->old[entry->n_old++] = (struct replaced){ tfs_doc_ref(doc), at_ms, certain };
}

void resource_own_entry_set(struct own_entry *entry, struct tfs_doc *doc, json_t *record)
{
	doc = doc ? tfs_doc_ref(doc) : NULL;
	tfs_doc_unref(entry->doc);
	json_incref(record);
	json_decref(entry->record);
	entry->doc = doc;
	entry->record = record;
}
