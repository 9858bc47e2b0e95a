/* The history's public functions: opened, closed, flushed, pushed, its statistics. */
#include "tenantfs/history.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "intake.h"
#include "packs.h"
#include "recorder-thread.h"
#include "tenantfs/lock.h"

static struct tfs_history *history_new(void)
{
	struct tfs_history *history = calloc(1, sizeof(*history));

	if (!history)
		return NULL;
	tfs_cond_init(&history->wake);
	tfs_mutex_init(&history->lock);
	return history;
}

int tfs_history_open(const struct tfs_config *config, struct tfs_journal *journal, struct tfs_cache *cache,
		     struct tfs_history **ret, struct tfs_error *error)
{
	cleanup_free char *path = history_repo_path(config);
	struct tfs_history *history = path ? history_new() : NULL;
	int r;

	if (!history)
		return tfs_error_set_memory(error);
	history->config = config;
	history->journal = journal;
	history->cache = cache;
	history_repo_library_init();
	r = history_recorder_init(&history->recorder, config, path, error);
	if (r == 0 && asprintf(&history->listed_path, "%s/tenantfs-listed", path) < 0) {
		history->listed_path = NULL;
		r = tfs_error_set_memory(error);
	}
	if (r == 0) {
		history_intake_load_listed(history);
		r = history_intake_watch(history, error);
	}
	if (r == 0)
		r = history_recorder_thread_start(history, error);
	if (r < 0) {
		tfs_history_close(history);
		return r;
	}
	*ret = history;
	return 0;
}

void tfs_history_close(struct tfs_history *history)
{
	if (!history)
		return;
	history_intake_unwatch_cache(history);
	history_recorder_thread_stop(history);
	history_intake_finish(history);
	history_pusher_free(history->pusher);
	history_recorder_finish(&history->recorder);
	history_repo_library_end();
	history_observations_finish(&history->held);
	history_observations_finish(&history->later);
	history_day_index_finish(&history->days);
	free(history->barrier);
	free(history->listed_path);
	pthread_cond_destroy(&history->wake);
	tfs_mutex_destroy(&history->lock);
	free(history);
}

void tfs_history_set_actor(struct tfs_history *history, tfs_history_find_actor actor, void *context)
{
	tfs_mutex_lock(&history->lock);
	history->actor = actor;
	history->actor_context = context;
	tfs_mutex_unlock(&history->lock);
}

int tfs_history_flush(struct tfs_history *history, struct tfs_op *op)
{
	struct flush_waiter waiter = { .op = op }, **at;
	int r;

	tfs_mutex_lock(&history->lock);
	waiter.pass = history->pass + 1;
	waiter.next = history->waiters;
	history->waiters = &waiter;
	pthread_cond_signal(&history->wake);
	tfs_mutex_unlock(&history->lock);
	r = tfs_op_wait(op, &waiter.done);
	tfs_mutex_lock(&history->lock);
	for (at = &history->waiters; *at && *at != &waiter; at = &(*at)->next)
		;
	if (*at)
		*at = waiter.next;
	tfs_mutex_unlock(&history->lock);
	return r < 0 ? r : waiter.result;
}

void tfs_history_get_stats(struct tfs_history *history, struct tfs_history_stats *ret)
{
	cleanup_free char *path = history_repo_path(history->config);
	char folder[4096];

	tfs_mutex_lock(&history->lock);
	*ret = history->stats;
	ret->waiting += history->arrived.count;
	tfs_mutex_unlock(&history->lock);
	snprintf(folder, sizeof(folder), "%s/objects/pack", path ? path : "");
	ret->packs = history_packs_count(folder);
}

int tfs_history_keep_pushing(struct tfs_history *history, struct tfs_error *error)
{
	cleanup_free char *path = history_repo_path(history->config);
	struct pusher *pusher = NULL;
	int r;

	if (!history->config->history_remote)
		return 0;
	if (!path)
		return tfs_error_set_memory(error);
	r = history_pusher_new(history->config, path, &pusher, error);
	if (r < 0)
		return r;
	/* Before the pusher counts the commits there are: one made meanwhile is counted twice rather than never. */
	tfs_mutex_lock(&history->lock);
	history->pusher = pusher;
	tfs_mutex_unlock(&history->lock);
	return history_pusher_start(pusher, error);
}

/* NULL without a remote; lives as long as the history. */
static struct pusher *get_pusher(struct tfs_history *history)
{
	struct pusher *pusher;

	tfs_mutex_lock(&history->lock);
	pusher = history->pusher;
	tfs_mutex_unlock(&history->lock);
	return pusher;
}

int tfs_history_push(struct tfs_history *history, struct tfs_op *op)
{
	struct pusher *pusher = get_pusher(history);
	int r;

	if (!pusher)
		return tfs_fail(op, -EINVAL, "history", "there is no remote: set history-remote in the configuration");
	r = tfs_history_flush(history, op);
	return r == 0 ? history_pusher_push(pusher, op) : r;
}

json_t *tfs_history_push_status(struct tfs_history *history)
{
	struct pusher *pusher = get_pusher(history);

	return pusher ? history_pusher_status(pusher) : NULL;
}

int tfs_history_unpushed(const struct tfs_config *config, size_t *ret_count, struct tfs_error *error)
{
	cleanup_free char *path = history_repo_path(config);
	struct pushed pushed;
	int r;

	if (!path)
		return tfs_error_set_memory(error);
	history_repo_library_init();
	history_pushed_read(config, path, &pushed);
	r = history_push_ahead(path, &pushed, ret_count, error);
	history_repo_library_end();
	return r;
}
