/* Keeps the reports of the journal and the cache until the recorder thread takes them. */
#include "intake.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/clock.h"
#include "tenantfs/file.h"
#include "tenantfs/lock.h"
#include "tenantfs/log.h"

enum {
	QUIET_MS = 200, /* a listing reports its documents one by one; they become one commit */
	RIPE_MS = 3000, /* upper bound of the wait for quiet */
	LISTED_BYTES = 64 << 20,
};

static void journal_settled(void *context, uint64_t seq)
{
	struct tfs_history *history = context;

	tfs_mutex_lock(&history->lock);
	history->settled = true;
	if (seq > history->settled_seq)
		history->settled_seq = seq;
	pthread_cond_signal(&history->wake);
	tfs_mutex_unlock(&history->lock);
}

/* NULL when out of memory. */
static struct observed_list *find_list(struct tfs_history *history, const char *key) TFS_HOLDS(history->lock)
{
	struct observed_list *list;

	HASH_FIND_STR(history->lists, key, list);
	if (list)
		return list;
	list = history_observed_list_new(key);
	if (!list)
		return NULL;
	HASH_ADD_KEYPTR(hh, history->lists, list->key, strlen(list->key), list);
	if (tfs_hash_added(list))
		return list;
	free(list);
	return NULL;
}

/* Takes over the observation. Without memory it is lost; the next listing finds it again. */
static void add_observation(struct tfs_history *history, const struct observation *observation) TFS_HOLDS(history->lock)
{
	struct observation stamped = *observation;

	stamped.after = history->settled_seq;
	history->last_ms = tfs_clock_ms();
	if (history->arrived.count == 0) {
		history->first_ms = history->last_ms;
		pthread_cond_signal(&history->wake);
	}
	if (history_observations_add(&history->arrived, &stamped) < 0)
		tfs_log(TFS_LOG_WARNING, 0, "history: out of memory for a change seen in %s", observation->list->key);
}

static void cache_changed(void *context, const char *key, struct tfs_doc *old, struct tfs_doc *new)
{
	struct tfs_history *history = context;
	struct observed_list *list;

	/* Stale, not changed, or a part of the document: the next read reports the new version. */
	if (old == new || (new &&new->origin == TFS_DOC_SHORT))
		return;
	tfs_mutex_lock(&history->lock);
	list = find_list(history, key);
	if (list && list->kind)
		add_observation(history, &(struct observation){ .list = list,
								.doc = tfs_doc_ref(new ? new : old),
								.gone = !new,
								.known = old && old->origin == TFS_DOC_SHORT &&
									 !old->appeared });
	tfs_mutex_unlock(&history->lock);
}

static void cache_listed(void *context, const char *key, struct tfs_list *documents)
{
	struct tfs_history *history = context;
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	struct observed_list *list;

	if (!snapshot || tfs_list_all(documents, &snapshot->docs, &snapshot->count) < 0) {
		history_snapshot_free(snapshot);
		return;
	}
	tfs_mutex_lock(&history->lock);
	list = find_list(history, key);
	if (list && list->kind) {
		add_observation(history, &(struct observation){ .list = list, .snapshot = snapshot });
		snapshot = NULL;
	}
	tfs_mutex_unlock(&history->lock);
	history_snapshot_free(snapshot);
}

int history_intake_watch(struct tfs_history *history, struct tfs_error *error)
{
	struct tfs_cache_watcher watcher = { cache_changed, cache_listed, history };
	int r = history->cache ? tfs_cache_watch(history->cache, &watcher) : 0;

	if (r < 0)
		return tfs_error_set(error, r, "history", "the cache has too many watchers");
	if (!history->journal)
		return 0;
	tfs_journal_recorded(history->journal, history->recorder.last);
	tfs_journal_watch(history->journal, journal_settled, history);
	return 0;
}

void history_intake_unwatch_cache(struct tfs_history *history)
{
	if (history->cache)
		tfs_cache_unwatch(history->cache, history);
}

void history_intake_finish(struct tfs_history *history)
{
	struct observed_list *list, *next;

	if (history->journal)
		tfs_journal_watch(history->journal, NULL, NULL);
	history_observations_finish(&history->arrived);
	HASH_ITER (hh, history->lists, list, next) {
		HASH_DEL(history->lists, list);
		free(list);
	}
}

void history_intake_load_listed(struct tfs_history *history)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(LISTED_BYTES);
	char *line, *rest;

	if (tfs_file_read(history->listed_path, &text, NULL) < 0 || !text.data)
		return;
	tfs_mutex_lock(&history->lock);
	for (line = strtok_r(text.data, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		struct observed_list *list = find_list(history, line);

		if (list)
			list->listed = true;
	}
	tfs_mutex_unlock(&history->lock);
}

void history_intake_save_listed(struct tfs_history *history)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(LISTED_BYTES);
	struct tfs_error error = { 0 };
	struct observed_list *list, *next;
	int r = 0;

	tfs_mutex_lock(&history->lock);
	HASH_ITER (hh, history->lists, list, next) {
		if (list->listed && r == 0)
			r = tfs_buf_printf(&text, "%s\n", list->key);
	}
	tfs_mutex_unlock(&history->lock);
	if (r == 0)
		r = tfs_file_write(history->listed_path, text.data ? text.data : "", text.len, 0600, &error);
	if (r < 0)
		tfs_log(TFS_LOG_WARNING, 0, "history: %s", error.message);
}

bool history_intake_is_ripe(const struct tfs_history *history, uint64_t now)
{
	return history->arrived.count > 0 && (history->stop || history->waiters || now - history->last_ms >= QUIET_MS ||
					      now - history->first_ms >= RIPE_MS);
}

uint64_t history_intake_ripe_in_ms(const struct tfs_history *history, uint64_t now)
{
	uint64_t quiet = history->last_ms + QUIET_MS - now, ripe = history->first_ms + RIPE_MS - now;

	assert(history->arrived.count > 0 && !history_intake_is_ripe(history, now));
	return quiet < ripe ? quiet : ripe;
}
