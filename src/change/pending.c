/* The intents with an unknown outcome. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "writer.h"

void change_pending_add(struct tfs_writer *writer, uint64_t intent, const char *path, bool reported)
{
	struct pending *pending = calloc(1, sizeof(*pending) + strlen(path) + 1);

	assert(intent != 0);
	if (!pending)
		return;
	pending->intent = intent;
	pending->reported = reported;
	memcpy(pending->path, path, strlen(path) + 1);
	tfs_mutex_lock(&writer->lock);
	LL_APPEND(writer->pending, pending);
	tfs_mutex_unlock(&writer->lock);
}

void change_pending_clear(struct tfs_writer *writer)
{
	struct pending *pending;

	while ((pending = writer->pending)) {
		writer->pending = pending->next;
		free(pending);
	}
}

size_t tfs_store_pending(struct tfs_store *store)
{
	struct tfs_writer *writer = store->writer;
	const struct pending *pending;
	size_t count = 0;

	tfs_mutex_lock(&writer->lock);
	LL_COUNT(writer->pending, pending, count);
	tfs_mutex_unlock(&writer->lock);
	return count;
}

uint64_t change_pending_next(struct tfs_writer *writer, uint64_t after, const char *path, bool *ret_reported)
{
	uint64_t found = 0;

	tfs_mutex_lock(&writer->lock);
	for (const struct pending *pending = writer->pending; pending; pending = pending->next) {
		if (pending->intent <= after || (found != 0 && pending->intent > found) ||
		    (path && strcmp(pending->path, path) != 0))
			continue;
		found = pending->intent;
		*ret_reported = pending->reported;
	}
	tfs_mutex_unlock(&writer->lock);
	return found;
}

void change_pending_forget(struct tfs_writer *writer, uint64_t intent)
{
	struct pending *pending, *next;

	tfs_mutex_lock(&writer->lock);
	LL_FOREACH_SAFE (writer->pending, pending, next) {
		if (pending->intent == intent) {
			LL_DELETE(writer->pending, pending);
			free(pending);
		}
	}
	tfs_mutex_unlock(&writer->lock);
}

static json_t *pending_json(struct tfs_journal *journal, uint64_t intent)
{
	struct tfs_journal_entry entry;
	json_t *value;

	if (tfs_journal_read(journal, intent, &entry) < 0)
		return NULL;
	value = json_pack("{s:I, s:s*, s:s*, s:s*, s:s}", "intent", (json_int_t)intent, "type",
			  tfs_json_text(entry.intent, "type"), "path", entry.change.path, "time",
			  tfs_json_text(entry.intent, "time"), "command", entry.change.caller.command);
	tfs_journal_entry_finish(&entry);
	return value;
}

json_t *tfs_store_pending_json(struct tfs_store *store)
{
	struct tfs_writer *writer = store->writer;
	json_t *array = json_array();
	uint64_t intent = 0;
	bool reported;

	while (array && (intent = change_pending_next(writer, intent, NULL, &reported)) != 0) {
		json_t *value = pending_json(writer->journal, intent);

		if (value)
			json_array_append_new(array, value);
	}
	return array;
}
