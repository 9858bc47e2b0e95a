/*
 * The history's thread: woken by the journal and the cache, it takes what the journal settled since the last commit,
 * then compares what was seen. What was seen while a change was on its way may be that change's own doing: it waits
 * until every change that was open then is settled and recorded.
 */
#include "tenantfs/history.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "days.h"
#include "packs.h"
#include "pusher.h"
#include "seen.h"
#include "tenantfs/clock.h"
#include "tenantfs/file.h"
#include "tenantfs/log.h"
#include "tenantfs/thread.h"

enum {
	BATCH_COMMITS = 500,
	BATCH_SIGNED = 50,  /* each took its time: what is signed is not to be signed again */
	LONG_LISTING = 10000,
	UNDATED = 1000, /* whoever looks for a day walks through so many at most */
	QUIET_MS = 200,     /* a listing tells its documents one by one: it is one commit */
	RIPE_MS = 3000,     /* but not for ever */
	POLL_MS = 50,       /* while changes are open that what was seen waits for */
	IDLE_MS = 5000,     /* nothing to do for so long: packs are merged */
	PACKS_IDLE = 12, PACKS_BUSY = 100,
	DOCUMENTS_HELD = 400000, /* seen, while nothing can be written */
	RESTED_MS = 3600000,
	AGAIN_MS = 2000,    /* after the disk refused */
	LISTED_BYTES = 64 << 20,
	NICE = 10,
};

/* One who waits in tfs_history_flush; lives on its stack. Protected by the lock. */
struct waiter {
	struct waiter *next;
	struct tfs_op *op;
	atomic_bool done;
	uint64_t pass; /* the first that began after it asked */
	int result;
};

struct tfs_history {
	const struct tfs_config *config;
	struct tfs_journal *journal;
	struct tfs_cache *cache;
	pthread_t thread;
	bool started;
	/* Of the thread alone. */
	struct recorder recorder;
	struct events held, later; /* seen; `held` waits for `barrier`, `later` came after that was drawn up */
	uint64_t *barrier;         /* changes that were open then */
	size_t n_barrier;
	char *listed_path;
	bool grown;                /* listings were recorded since it rested */
	struct days days;
	bool days_failed;          /* the last time they were written */
	bool dropped;              /* what was seen, since something was written */
	size_t undated;            /* commits since the days were written */

	pthread_mutex_t lock; /* of all below */
	pthread_cond_t wake;
	struct seen_list *lists;
	struct events arrived;
	uint64_t first_ms, last_ms; /* when the first and the last of `arrived` came */
	struct waiter *waiters;
	uint64_t pass;              /* under way, or the last */
	bool stop, settled;         /* settled: the journal has something */
	uint64_t settled_seq;       /* the newest of it, 0 none yet */
	struct tfs_history_stats stats;
	struct tfs_error error;     /* of the last pass */
	tfs_history_actor actor;
	void *actor_context;
	struct pusher *pusher;      /* NULL: nothing is pushed */
};

static void journal_settled(void *context, uint64_t seq)
{
	struct tfs_history *history = context;

	pthread_mutex_lock(&history->lock);
	history->settled = true;
	if (seq > history->settled_seq)
		history->settled_seq = seq;
	pthread_cond_signal(&history->wake);
	pthread_mutex_unlock(&history->lock);
}

/* The lock is held. NULL when out of memory. */
static struct seen_list *find_list(struct tfs_history *history, const char *key)
{
	struct seen_list *list;

	HASH_FIND_STR(history->lists, key, list);
	if (list != NULL)
		return list;
	list = seen_list_new(key);
	if (list == NULL)
		return NULL;
	HASH_ADD_KEYPTR(hh, history->lists, list->key, strlen(list->key), list);
	if (tfs_hash_added(list))
		return list;
	free(list);
	return NULL;
}

/* The lock is held. Takes the event over. Without memory it is lost: the next listing finds it again. */
static void arrive(struct tfs_history *history, const struct event *event)
{
	struct event stamped = *event;

	stamped.after = history->settled_seq;
	history->last_ms = tfs_clock_ms();
	if (history->arrived.count == 0) {
		history->first_ms = history->last_ms;
		pthread_cond_signal(&history->wake);
	}
	if (events_add(&history->arrived, &stamped) < 0)
		tfs_log(TFS_LOG_WARNING, 0, "history: no memory for what was seen in %s", event->list->key);
}

static void cache_changed(void *context, const char *key, struct tfs_doc *old, struct tfs_doc *new)
{
	struct tfs_history *history = context;
	struct seen_list *list;

	/* It may be another by now: which one, the next reading tells. */
	if (old == new)
		return;
	pthread_mutex_lock(&history->lock);
	list = find_list(history, key);
	if (list != NULL && list->kind != NULL)
		arrive(history, &(struct event){ .list = list,
						 .doc = tfs_doc_ref(new != NULL ? new : old),
						 .gone = new == NULL });
	pthread_mutex_unlock(&history->lock);
}

static void cache_listed(void *context, const char *key, struct tfs_list *documents)
{
	struct tfs_history *history = context;
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));
	struct seen_list *list;

	if (snapshot == NULL || tfs_list_all(documents, &snapshot->docs, &snapshot->count) < 0) {
		snapshot_free(snapshot);
		return;
	}
	pthread_mutex_lock(&history->lock);
	list = find_list(history, key);
	if (list != NULL && list->kind != NULL) {
		arrive(history, &(struct event){ .list = list, .snapshot = snapshot });
		snapshot = NULL;
	}
	pthread_mutex_unlock(&history->lock);
	snapshot_free(snapshot);
}

/* Whether directories were recorded whole is kept beside the repository's objects: lost, they are a baseline again. */
static void load_listed(struct tfs_history *history)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(LISTED_BYTES);
	char *line, *rest;

	if (tfs_file_read(history->listed_path, &text, NULL) < 0 || text.data == NULL)
		return;
	for (line = strtok_r(text.data, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
		struct seen_list *list = find_list(history, line);

		if (list != NULL)
			list->listed = true;
	}
}

static void save_listed(struct tfs_history *history)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(LISTED_BYTES);
	struct tfs_error error = { 0 };
	struct seen_list *list, *next;
	int r = 0;

	pthread_mutex_lock(&history->lock);
	HASH_ITER(hh, history->lists, list, next)
	{
		if (list->listed && r == 0)
			r = tfs_buf_printf(&text, "%s\n", list->key);
	}
	pthread_mutex_unlock(&history->lock);
	if (r == 0)
		r = tfs_file_write(history->listed_path, text.data != NULL ? text.data : "", text.len, 0600, &error);
	if (r < 0)
		tfs_log(TFS_LOG_WARNING, 0, "history: %s", error.message);
}

/* Objects and branch to the disk; the journal need not keep for us what is there. */
static int flush(struct tfs_history *history, struct tfs_error *error)
{
	size_t commits = batch_commits(history->recorder.batch);
	int r = batch_flush(history->recorder.batch, error);

	if (r < 0 || commits == 0)
		return r;
	history->recorder.flushed = history->recorder.last;
	history->undated += commits;
	if (history->journal != NULL)
		tfs_journal_recorded(history->journal, history->recorder.last);
	pthread_mutex_lock(&history->lock);
	history->stats.commits += commits;
	if (history->pusher != NULL)
		pusher_wake(history->pusher, commits);
	pthread_mutex_unlock(&history->lock);
	return 0;
}

struct settled {
	struct tfs_history *history;
	struct tfs_error *error;
	uint64_t seq; /* of the last one taken */
};

static int forget_seen(struct tfs_history *history, const struct tfs_change *change)
{
	int r = events_forget(&history->held, change);

	if (r == 0)
		r = events_forget(&history->later, change);
	if (r < 0)
		return r;
	pthread_mutex_lock(&history->lock);
	r = events_forget(&history->arrived, change);
	pthread_mutex_unlock(&history->lock);
	return r;
}

static int take_settled(void *context, const struct tfs_journal_entry *entry)
{
	struct settled *settled = context;
	struct tfs_history *history = settled->history;
	const struct tfs_change *change = &entry->change;
	int r = record_change(&history->recorder, change, settled->error);

	if (r < 0)
		return r;
	settled->seq = change->seq;
	r = forget_seen(history, change);
	if (r < 0)
		return tfs_error_set(settled->error, r, "history", "out of memory");
	if (batch_commits(history->recorder.batch) >=
	    (history->recorder.signer.key != NULL ? BATCH_SIGNED : BATCH_COMMITS))
		return flush(history, settled->error);
	return 0;
}

/* All the journal has by now. */
static int record_settled(struct tfs_history *history, struct tfs_error *error)
{
	struct settled settled = { history, error, history->recorder.last };
	int r;

	if (history->journal == NULL)
		return 0;
	r = tfs_journal_each(history->journal, history->recorder.last, take_settled, &settled);
	if (r < 0 && error->code == 0)
		return tfs_error_set(error, r, "history", "the journal cannot be read");
	if (r < 0)
		return r;
	/* Those that failed need no commit, and need not be looked at again. */
	history->recorder.last = settled.seq;
	r = flush(history, error);
	if (r == 0)
		tfs_journal_recorded(history->journal, history->recorder.last);
	return r;
}

static void draw_barrier(struct tfs_history *history)
{
	free(steal_pointer(&history->barrier));
	history->n_barrier = 0;
	if (history->journal != NULL &&
	    tfs_journal_open_intents(history->journal, &history->barrier, &history->n_barrier) < 0)
		history->n_barrier = 0;
}

/* Whether each change that was open when the barrier was drawn is settled. Both arrays ascend. */
static bool barrier_is_clear(struct tfs_history *history)
{
	cleanup_free uint64_t *open = NULL;
	size_t count = 0;

	if (history->n_barrier == 0)
		return true;
	if (tfs_journal_open_intents(history->journal, &open, &count) < 0)
		return false;
	for (size_t i = 0, k = 0; i < history->n_barrier; i++) {
		while (k < count && open[k] < history->barrier[i])
			k++;
		if (k < count && open[k] == history->barrier[i])
			return false;
	}
	return true;
}

static int record_seen(struct tfs_history *history, struct tfs_error *error)
{
	bool listed = false;
	int r;

	if (history->held.count == 0 || !barrier_is_clear(history))
		return 0;
	/* What the pages of a long listing took is free, all over the heap. */
	if (history->held.count > LONG_LISTING)
		malloc_trim(0);
	/* What was open has been settled since the journal was read. */
	r = record_settled(history, error);
	if (r == 0)
		r = events_record(&history->recorder, &history->held, error);
	if (r == 0)
		r = flush(history, error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < history->held.count; i++)
		listed = listed || history->held.all[i].snapshot != NULL;
	events_finish(&history->held);
	history->grown = history->grown || listed;
	if (listed)
		save_listed(history);
	return 0;
}

/* Whether all that was seen may be compared now; the lock is held. */
static bool is_ripe(const struct tfs_history *history, uint64_t now)
{
	return history->arrived.count > 0 &&
	       (history->stop || history->waiters != NULL || now - history->last_ms >= QUIET_MS ||
		now - history->first_ms >= RIPE_MS);
}

/*
 * Commits that are held back must not fill memory with what is seen meanwhile. What the journal has is not lost; what
 * others did is found by the next mount, which sees all anew. The lock is held. How many documents were let go.
 */
static size_t bound_seen(struct tfs_history *history)
{
	size_t documents;

	if (history->stats.error == 0) {
		history->dropped = false;
		return 0;
	}
	documents = events_documents(&history->held) + events_documents(&history->later) +
		    events_documents(&history->arrived);
	if (documents <= DOCUMENTS_HELD)
		return 0;
	events_drop(&history->held);
	events_drop(&history->later);
	events_drop(&history->arrived);
	return documents;
}

static int take_arrived(struct tfs_history *history)
{
	size_t dropped;
	int r = 0;

	pthread_mutex_lock(&history->lock);
	history->pass++;
	history->settled = false;
	history->recorder.actor = history->actor;
	history->recorder.actor_context = history->actor_context;
	dropped = bound_seen(history);
	if (is_ripe(history, tfs_clock_ms()))
		r = events_move(&history->later, &history->arrived);
	pthread_mutex_unlock(&history->lock);
	if (dropped > 0 && !history->dropped)
		tfs_log(TFS_LOG_WARNING, 0, "history: %zu documents seen are not compared before the next mount: "
					    "nothing can be recorded, and they are too many to keep", dropped);
	history->dropped = history->dropped || dropped > 0;
	if (history->held.count > 0 || history->later.count == 0)
		return r;
	r = events_move(&history->held, &history->later);
	draw_barrier(history);
	return r;
}

/* Tells those who asked before this pass; nothing is left for them, or it cannot be written. */
static void end_pass(struct tfs_history *history, int result, const struct tfs_error *error)
{
	size_t left = history->held.count + history->later.count;
	struct waiter **at;

	pthread_mutex_lock(&history->lock);
	if (result != 0 && result != -EINTR && history->error.code == 0)
		tfs_log(TFS_LOG_ERROR, 0, "history: %s", error->message);
	history->error = *error;
	history->stats.error = result;
	history->stats.waiting = left;
	snprintf(history->stats.message, sizeof(history->stats.message), "%s", error->message);
	at = &history->waiters;
	while (*at != NULL) {
		struct waiter *waiter = *at;

		if (waiter->pass > history->pass || (left > 0 && result == 0)) {
			at = &waiter->next;
			continue;
		}
		*at = waiter->next;
		waiter->result = result;
		if (result < 0)
			*tfs_op_error(waiter->op) = *error;
		tfs_op_signal(waiter->op, &waiter->done);
	}
	pthread_mutex_unlock(&history->lock);
}

static int update_days(struct tfs_history *history, struct tfs_error *error)
{
	git_repository *repo = batch_repo(history->recorder.batch);
	size_t walked;
	int r;

	if (git_oid_is_zero(&history->days.head))
		days_load(repo, &history->days);
	r = days_update(repo, &history->days, &walked);
	if (r < 0)
		return repo_fail(error, r, "the days of the history");
	history->undated = 0;
	/* Of so many the indexes of all packs were read. */
	history->grown = history->grown || walked > LONG_LISTING;
	return walked > 0 ? days_save(repo, &history->days, error) : 0;
}

/* Whoever looks for a day does without, at the cost of a walk; told once, until it works again. */
static void write_days(struct tfs_history *history)
{
	struct tfs_error error = { 0 };
	bool failed = update_days(history, &error) < 0;

	if (failed && !history->days_failed)
		tfs_log(TFS_LOG_WARNING, 0, "history: %s", error.message);
	history->days_failed = failed;
}

/* What is recorded is recorded, if in many packs or with more memory than needs be. Whether there may be more to do. */
static bool clear_up(struct tfs_history *history, bool idle, struct tfs_error *error)
{
	int r = 0;

	if (idle || history->undated >= UNDATED)
		write_days(history);
	if (idle && history->grown) {
		history->grown = false;
		r = batch_rest(&history->recorder.batch, error);
	}
	if (r == 0)
		r = batch_tidy(history->recorder.batch, idle ? PACKS_IDLE : PACKS_BUSY, error);
	if (r < 0)
		tfs_log(TFS_LOG_WARNING, 0, "history: %s", error->message);
	tfs_error_clear(error);
	return r > 0;
}

/* Whether it may rest after an idle one. */
static bool run_pass(struct tfs_history *history, bool idle)
{
	struct tfs_error error = { 0 };
	int r = take_arrived(history);

	history->recorder.asked = false;
	if (r < 0)
		tfs_error_set(&error, r, "history", "out of memory");
	if (r == 0)
		r = record_settled(history, &error);
	if (r == 0)
		r = record_seen(history, &error);
	/* The branch stands where it stood: the journal and what was seen are gone through again. */
	if (r < 0)
		recorder_rewind(&history->recorder);
	/* Those who wait need not wait for packs to be merged. */
	end_pass(history, r, &error);
	return r < 0 || !clear_up(history, idle, &error);
}

/* How long there is nothing to do, 0: there is something; the lock is held. */
static uint64_t pause_ms(const struct tfs_history *history, bool rested)
{
	uint64_t now = tfs_clock_ms(), quiet, ripe;

	if (history->stop)
		return 0;
	if (history->stats.error != 0)
		return AGAIN_MS;
	if (history->settled)
		return 0;
	if (history->stats.waiting > 0)
		return POLL_MS;
	if (history->waiters != NULL || is_ripe(history, now))
		return 0;
	if (history->arrived.count == 0)
		return rested ? RESTED_MS : IDLE_MS;
	quiet = history->last_ms + QUIET_MS - now;
	ripe = history->first_ms + RIPE_MS - now;
	return quiet < ripe ? quiet : ripe;
}

/* The lock is held. Whether the time ran out. */
static bool wait_until(struct tfs_history *history, uint64_t ms)
{
	struct timespec until = tfs_clock_in(ms);

	return pthread_cond_timedwait(&history->wake, &history->lock, &until) == ETIMEDOUT;
}

/* False at the end. `*idle`, in: whether the last pass was made for want of work; out: whether the next one is. */
static bool wait_for_work(struct tfs_history *history, bool *idle)
{
	bool rested = *idle, stop;
	uint64_t ms;

	*idle = false;
	pthread_mutex_lock(&history->lock);
	while ((ms = pause_ms(history, rested)) > 0)
		if (wait_until(history, ms) && (ms == AGAIN_MS || ms == POLL_MS || ms == IDLE_MS))
			break;
	*idle = ms == IDLE_MS || (rested && ms == RESTED_MS);
	stop = history->stop;
	pthread_mutex_unlock(&history->lock);
	return !stop;
}

static void *work(void *context)
{
	struct tfs_history *history = context;
	bool idle = false;

	/* Of this thread alone: nobody waits for it, but for those who look, and they wait for no one else. */
	setpriority(PRIO_PROCESS, 0, NICE);
	/* What a process that died left in the journal comes first. */
	run_pass(history, false);
	while (wait_for_work(history, &idle))
		idle = run_pass(history, idle) && idle;
	/* What waited for open changes, then what came after. */
	run_pass(history, false);
	run_pass(history, false);
	return NULL;
}

static int start_thread(struct tfs_history *history, struct tfs_error *error)
{
	int r = tfs_thread_start(&history->thread, work, history);

	if (r < 0)
		return tfs_error_set(error, r, "history", "no thread: %s", strerror(-r));
	history->started = true;
	return 0;
}

static int watch(struct tfs_history *history, struct tfs_error *error)
{
	struct tfs_cache_watcher watcher = { cache_changed, cache_listed, history };
	int r = history->cache != NULL ? tfs_cache_watch(history->cache, &watcher) : 0;

	if (r < 0)
		return tfs_error_set(error, r, "history", "the cache is watched by too many");
	if (history->journal == NULL)
		return 0;
	tfs_journal_recorded(history->journal, history->recorder.last);
	tfs_journal_watch(history->journal, journal_settled, history);
	return 0;
}

static struct tfs_history *history_new(void)
{
	struct tfs_history *history = calloc(1, sizeof(*history));
	pthread_condattr_t attributes;

	if (history == NULL)
		return NULL;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&history->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_init(&history->lock, NULL);
	return history;
}

int tfs_history_open(const struct tfs_config *config, struct tfs_journal *journal, struct tfs_cache *cache,
		     struct tfs_history **ret, struct tfs_error *error)
{
	cleanup_free char *path = repo_path(config);
	struct tfs_history *history = path != NULL ? history_new() : NULL;
	int r;

	if (history == NULL)
		return tfs_error_set(error, -ENOMEM, "history", "out of memory");
	history->config = config;
	history->journal = journal;
	history->cache = cache;
	repo_library_init();
	r = recorder_init(&history->recorder, config, path, error);
	if (r == 0 && asprintf(&history->listed_path, "%s/tenantfs-listed", path) < 0) {
		history->listed_path = NULL;
		r = tfs_error_set(error, -ENOMEM, "history", "out of memory");
	}
	if (r == 0) {
		load_listed(history);
		r = watch(history, error);
	}
	if (r == 0)
		r = start_thread(history, error);
	if (r < 0) {
		tfs_history_close(history);
		return r;
	}
	*ret = history;
	return 0;
}

void tfs_history_close(struct tfs_history *history)
{
	struct seen_list *list, *next;

	if (history == NULL)
		return;
	if (history->cache != NULL)
		tfs_cache_unwatch(history->cache, history);
	if (history->started) {
		sign_hurry(&history->recorder.signer);
		pthread_mutex_lock(&history->lock);
		history->stop = true;
		pthread_cond_signal(&history->wake);
		pthread_mutex_unlock(&history->lock);
		pthread_join(history->thread, NULL);
	}
	if (history->journal != NULL)
		tfs_journal_watch(history->journal, NULL, NULL);
	pusher_free(history->pusher);
	recorder_finish(&history->recorder);
	repo_library_end();
	events_finish(&history->held);
	events_finish(&history->later);
	events_finish(&history->arrived);
	HASH_ITER(hh, history->lists, list, next)
	{
		HASH_DEL(history->lists, list);
		free(list);
	}
	days_finish(&history->days);
	free(history->barrier);
	free(history->listed_path);
	pthread_cond_destroy(&history->wake);
	pthread_mutex_destroy(&history->lock);
	free(history);
}

void tfs_history_set_actor(struct tfs_history *history, tfs_history_actor actor, void *context)
{
	pthread_mutex_lock(&history->lock);
	history->actor = actor;
	history->actor_context = context;
	pthread_mutex_unlock(&history->lock);
}

int tfs_history_flush(struct tfs_history *history, struct tfs_op *op)
{
	struct waiter waiter = { .op = op }, **at;
	int r;

	pthread_mutex_lock(&history->lock);
	waiter.pass = history->pass + 1;
	waiter.next = history->waiters;
	history->waiters = &waiter;
	pthread_cond_signal(&history->wake);
	pthread_mutex_unlock(&history->lock);
	r = tfs_op_wait(op, &waiter.done);
	pthread_mutex_lock(&history->lock);
	for (at = &history->waiters; *at != NULL && *at != &waiter; at = &(*at)->next)
		;
	if (*at != NULL)
		*at = waiter.next;
	pthread_mutex_unlock(&history->lock);
	return r < 0 ? r : waiter.result;
}

void tfs_history_get_stats(struct tfs_history *history, struct tfs_history_stats *ret)
{
	cleanup_free char *path = repo_path(history->config);
	char folder[4096];

	pthread_mutex_lock(&history->lock);
	*ret = history->stats;
	ret->waiting += history->arrived.count;
	pthread_mutex_unlock(&history->lock);
	snprintf(folder, sizeof(folder), "%s/objects/pack", path != NULL ? path : "");
	ret->packs = packs_count(folder);
}

int tfs_history_keep_pushing(struct tfs_history *history, struct tfs_error *error)
{
	cleanup_free char *path = repo_path(history->config);
	struct pusher *pusher = NULL;
	int r;

	if (history->config->history_remote == NULL)
		return 0;
	if (path == NULL)
		return tfs_error_set(error, -ENOMEM, "history", "out of memory");
	r = pusher_new(history->config, path, &pusher, error);
	if (r < 0)
		return r;
	/* Before it counts what there is: a commit made meanwhile is counted twice, not never. */
	pthread_mutex_lock(&history->lock);
	history->pusher = pusher;
	pthread_mutex_unlock(&history->lock);
	return pusher_start(pusher, error);
}

/* NULL where nothing is pushed. It lives as long as the history. */
static struct pusher *get_pusher(struct tfs_history *history)
{
	struct pusher *pusher;

	pthread_mutex_lock(&history->lock);
	pusher = history->pusher;
	pthread_mutex_unlock(&history->lock);
	return pusher;
}

int tfs_history_push(struct tfs_history *history, struct tfs_op *op)
{
	struct pusher *pusher = get_pusher(history);
	int r;

	if (pusher == NULL)
		return tfs_fail(op, -EINVAL, "history", "there is no remote: set history-remote in the configuration");
	r = tfs_history_flush(history, op);
	return r == 0 ? pusher_push(pusher, op) : r;
}

json_t *tfs_history_push_status(struct tfs_history *history)
{
	struct pusher *pusher = get_pusher(history);

	return pusher != NULL ? pusher_status(pusher) : NULL;
}

int tfs_history_unpushed(const struct tfs_config *config, size_t *ret_count, struct tfs_error *error)
{
	cleanup_free char *path = repo_path(config);
	struct pushed pushed;
	int r;

	if (path == NULL)
		return tfs_error_set(error, -ENOMEM, "history", "out of memory");
	repo_library_init();
	pushed_read(config, path, &pushed);
	r = push_ahead(path, &pushed, ret_count, error);
	repo_library_end();
	return r;
}
