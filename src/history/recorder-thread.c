/*
 * The thread that records. The journal and the cache wake it. Each pass commits first what the journal settled, then
 * what the cache saw. What the cache saw while a change was open may be the effect of that change: such events wait
 * until every change that was open then is settled and recorded.
 */
#include "recorder-thread.h"

#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "intake.h"
#include "tenantfs/clock.h"
#include "tenantfs/lock.h"
#include "tenantfs/log.h"
#include "tenantfs/thread.h"

enum {
	BATCH_COMMITS = 500,     /* commits before a flush */
	BATCH_SIGNED = 50,       /* the same of signed commits: signing is slow, and a failed flush repeats it */
	LONG_LISTING = 10000,    /* so many documents or commits leave the heap fragmented */
	UNDATED = 1000,          /* commits missing in the day index; a reader walks through them */
	POLL_MS = 50,            /* while events wait for open changes */
	IDLE_MS = 5000,          /* time without work after which packs are merged */
	RESTED_MS = 3600000,     /* pause when there is nothing to merge either */
	RETRY_MS = 2000,         /* after a failed write */
	PACKS_IDLE = 12,         /* packs that are merged when idle */
	PACKS_BUSY = 100,        /* packs that are merged in any case */
	DOCUMENTS_HELD = 400000, /* documents kept in events while nothing can be written */
	NICE = 10,
};

/* Writes objects and branch to disk. The journal may then delete what it kept for the history. */
static int flush(struct tfs_history *history, struct tfs_error *error)
{
	size_t commits = history_batch_commits(history->recorder.batch);
	int r = history_batch_flush(history->recorder.batch, error);

	if (r < 0 || commits == 0)
		return r;
	assert(history->recorder.flushed <= history->recorder.last);
	history->recorder.flushed = history->recorder.last;
	history->undated += commits;
	if (history->journal)
		tfs_journal_recorded(history->journal, history->recorder.last);
	tfs_mutex_lock(&history->lock);
	history->stats.commits += commits;
	if (history->pusher)
		history_pusher_wake(history->pusher, commits);
	tfs_mutex_unlock(&history->lock);
	return 0;
}

/* Reads the changes that the journal has settled since the last pass. */
struct journal_pass {
	struct tfs_history *history;
	struct tfs_error *error;
	uint64_t seq; /* of the last change read */
};

/* Drops events that are older than the recorded `change`. 0 or -ENOMEM. */
static int forget_older(struct tfs_history *history, const struct tfs_change *change)
{
	int r = history_observations_forget(&history->held, change);

	if (r == 0)
		r = history_observations_forget(&history->later, change);
	if (r < 0)
		return r;
	tfs_mutex_lock(&history->lock);
	r = history_observations_forget(&history->arrived, change);
	tfs_mutex_unlock(&history->lock);
	return r;
}

static int take_settled(void *context, const struct tfs_journal_entry *entry)
{
	struct journal_pass *settled = context;
	struct tfs_history *history = settled->history;
	const struct tfs_change *change = &entry->change;
	int r = history_record_change(&history->recorder, change, settled->error);

	if (r < 0)
		return r;
	settled->seq = change->seq;
	r = forget_older(history, change);
	if (r < 0)
		return tfs_error_set_memory(settled->error);
	if (history_batch_commits(history->recorder.batch) >=
	    (history->recorder.signer.key ? BATCH_SIGNED : BATCH_COMMITS))
		return flush(history, settled->error);
	return 0;
}

/* Commits every change the journal has settled by now. */
static int record_settled(struct tfs_history *history, struct tfs_error *error)
{
	struct journal_pass settled = { history, error, history->recorder.last };
	int r;

	if (!history->journal)
		return 0;
	r = tfs_journal_each(history->journal, history->recorder.last, take_settled, &settled);
	if (r < 0 && error->code == 0)
		return tfs_error_set(error, r, "history", "the journal cannot be read");
	if (r < 0)
		return r;
	/* Failed changes make no commit; they are not read again either. */
	history->recorder.last = settled.seq;
	r = flush(history, error);
	if (r == 0)
		tfs_journal_recorded(history->journal, history->recorder.last);
	return r;
}

static void set_barrier(struct tfs_history *history)
{
	free(steal_pointer(&history->barrier));
	history->n_barrier = 0;
	if (history->journal && tfs_journal_open_intents(history->journal, &history->barrier, &history->n_barrier) < 0)
		history->n_barrier = 0;
}

/* True when every change of the barrier is settled. Both arrays ascend. */
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

static int record_observations(struct tfs_history *history, struct tfs_error *error)
{
	bool listed = false;
	int r;

	if (history->held.count == 0 || !barrier_is_clear(history))
		return 0;
	/* The pages of a long listing are free by now, but scattered over the heap. */
	if (history->held.count > LONG_LISTING)
		malloc_trim(0);
	/* The changes of the barrier were settled after this pass read the journal. */
	r = record_settled(history, error);
	if (r == 0)
		r = history_observations_record(&history->recorder, &history->held, error);
	if (r == 0)
		r = flush(history, error);
	if (r < 0)
		return r;
	for (size_t i = 0; i < history->held.count; i++)
		listed = listed || history->held.all[i].snapshot;
	history_observations_finish(&history->held);
	history->grown = history->grown || listed;
	if (listed)
		history_intake_save_listed(history);
	return 0;
}

/*
 * Drops all events when writing fails and they hold too much memory. Changes in the journal are not lost; changes by
 * others are found at the next mount, which reads everything again. Returns the number of documents dropped. The lock
 * is held.
 */
static size_t bound_events(struct tfs_history *history)
{
	size_t documents;

	if (history->stats.error == 0) {
		history->dropped = false;
		return 0;
	}
	documents = history_observations_documents(&history->held) + history_observations_documents(&history->later) +
		    history_observations_documents(&history->arrived);
	if (documents <= DOCUMENTS_HELD)
		return 0;
	history_observations_drop(&history->held);
	history_observations_drop(&history->later);
	history_observations_drop(&history->arrived);
	return documents;
}

static int take_arrived(struct tfs_history *history)
{
	size_t dropped;
	int r = 0;

	tfs_mutex_lock(&history->lock);
	history->pass++;
	history->settled = false;
	history->recorder.actor = history->actor;
	history->recorder.actor_context = history->actor_context;
	dropped = bound_events(history);
	if (history_intake_is_ripe(history, tfs_clock_ms()))
		r = history_observations_move(&history->later, &history->arrived);
	tfs_mutex_unlock(&history->lock);
	if (dropped > 0 && !history->dropped)
		tfs_log(TFS_LOG_WARNING, 0,
			"history: %zu documents are compared at the next mount only: "
			"nothing can be recorded now, and they are too many to keep",
			dropped);
	history->dropped = history->dropped || dropped > 0;
	if (history->held.count > 0 || history->later.count == 0)
		return r;
	r = history_observations_move(&history->held, &history->later);
	set_barrier(history);
	return r;
}

/* Answers callers of flush that came before this pass, when nothing is left for them or the pass failed. */
static void end_pass(struct tfs_history *history, int result, const struct tfs_error *error)
{
	size_t left = history->held.count + history->later.count;
	struct flush_waiter **at;

	tfs_mutex_lock(&history->lock);
	if (result != 0 && result != -EINTR && history->error.code == 0)
		tfs_log(TFS_LOG_ERROR, 0, "history: %s", error->message);
	history->error = *error;
	history->stats.error = result;
	history->stats.waiting = left;
	snprintf(history->stats.message, sizeof(history->stats.message), "%s", error->message);
	at = &history->waiters;
	while (*at) {
		struct flush_waiter *waiter = *at;

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
	tfs_mutex_unlock(&history->lock);
}

static int update_days(struct tfs_history *history, struct tfs_error *error)
{
	git_repository *repo = history_batch_repo(history->recorder.batch);
	size_t walked;
	int r;

	if (git_oid_is_zero(&history->days.head))
		history_day_index_load(repo, &history->days);
	r = history_day_index_update(repo, &history->days, &walked);
	if (r < 0)
		return history_repo_fail(error, r, "the days of the history");
	history->undated = 0;
	/* Such a long walk reads the indexes of all packs into memory. */
	history->grown = history->grown || walked > LONG_LISTING;
	return walked > 0 ? history_day_index_save(repo, &history->days, error) : 0;
}

/* A failure is logged once, until it works again: readers walk through the commits instead. */
static void write_days(struct tfs_history *history)
{
	struct tfs_error error = { 0 };
	bool failed = update_days(history, &error) < 0;

	if (failed && !history->days_failed)
		tfs_log(TFS_LOG_WARNING, 0, "history: %s", error.message);
	history->days_failed = failed;
}

/* Updates the day index, gives memory back, merges packs. Failures do not matter: true when there may be more to do. */
static bool clean_up(struct tfs_history *history, bool idle, struct tfs_error *error)
{
	int r = 0;

	if (idle || history->undated >= UNDATED)
		write_days(history);
	if (idle && history->grown) {
		history->grown = false;
		r = history_batch_reopen(&history->recorder.batch, error);
	}
	if (r == 0)
		r = history_batch_gc(history->recorder.batch, idle ? PACKS_IDLE : PACKS_BUSY, error);
	if (r < 0)
		tfs_log(TFS_LOG_WARNING, 0, "history: %s", error->message);
	tfs_error_clear(error);
	return r > 0;
}

/* `idle`: the pass is made for want of work. True when there is nothing left to clean up. */
static bool run_pass(struct tfs_history *history, bool idle)
{
	struct tfs_error error = { 0 };
	int r = take_arrived(history);

	history->recorder.asked = false;
	if (r < 0)
		tfs_error_set_memory(&error);
	if (r == 0)
		r = record_settled(history, &error);
	if (r == 0)
		r = record_observations(history, &error);
	/* The branch has not moved. The next pass reads the journal and the events again. */
	if (r < 0)
		history_recorder_rewind(&history->recorder);
	/* Before packs are merged: callers of flush do not wait for that. */
	end_pass(history, r, &error);
	return r < 0 || !clean_up(history, idle, &error);
}

/* How long there is nothing to do; 0: there is work now. */
static uint64_t pause_ms(const struct tfs_history *history, bool rested) TFS_HOLDS(history->lock)
{
	uint64_t now = tfs_clock_ms();

	if (history->stop)
		return 0;
	if (history->stats.error != 0)
		return RETRY_MS;
	if (history->settled)
		return 0;
	if (history->stats.waiting > 0)
		return POLL_MS;
	if (history->waiters || history_intake_is_ripe(history, now))
		return 0;
	if (history->arrived.count == 0)
		return rested ? RESTED_MS : IDLE_MS;
	return history_intake_ripe_in_ms(history, now);
}

/* True when the time ran out. */
static bool wait_until(struct tfs_history *history, uint64_t ms) TFS_HOLDS(history->lock)
{
	struct timespec until = tfs_clock_in(ms);

	return tfs_cond_wait_until(&history->wake, &history->lock, &until) == -ETIMEDOUT;
}

/* False when the thread is to end. `*idle`: whether the last pass was idle; set to whether the next one is. */
static bool wait_for_work(struct tfs_history *history, bool *idle)
{
	bool rested = *idle, stop;
	uint64_t ms;

	*idle = false;
	tfs_mutex_lock(&history->lock);
	while ((ms = pause_ms(history, rested)) > 0)
		if (wait_until(history, ms) && (ms == RETRY_MS || ms == POLL_MS || ms == IDLE_MS))
			break;
	*idle = ms == IDLE_MS || (rested && ms == RESTED_MS);
	stop = history->stop;
	tfs_mutex_unlock(&history->lock);
	return !stop;
}

/* Of this thread alone: until it is to end, only tfs_history_flush waits for it. */
static void lower_priority(struct tfs_history *history)
{
	tfs_mutex_lock(&history->lock);
	if (!history->stop && setpriority(PRIO_PROCESS, 0, NICE) == 0)
		history->low_tid = gettid();
	tfs_mutex_unlock(&history->lock);
}

/*
 * Whoever stops the thread waits for it, for minutes on a busy machine at the low priority. Fails without the right
 * to raise a priority (RLIMIT_NICE); then only the pass under way is slow.
 */
static void restore_priority(struct tfs_history *history) TFS_HOLDS(history->lock)
{
	if (history->low_tid != 0)
		setpriority(PRIO_PROCESS, (id_t)history->low_tid, getpriority(PRIO_PROCESS, 0));
}

static void *run(void *context)
{
	struct tfs_history *history = context;
	bool idle = false;

	lower_priority(history);
	/* First what an earlier process left in the journal. */
	run_pass(history, false);
	while (wait_for_work(history, &idle))
		idle = run_pass(history, idle) && idle;
	return NULL;
}

int history_recorder_thread_start(struct tfs_history *history, struct tfs_error *error)
{
	int r = tfs_thread_start(&history->thread, run, history);

	if (r < 0)
		return tfs_error_set(error, r, "history", "the recorder thread does not start: %s", strerror(-r));
	history->started = true;
	return 0;
}

void history_recorder_thread_stop(struct tfs_history *history)
{
	if (!history->started)
		return;
	history_sign_hurry(&history->recorder.signer);
	tfs_mutex_lock(&history->lock);
	history->stop = true;
	restore_priority(history);
	pthread_cond_signal(&history->wake);
	tfs_mutex_unlock(&history->lock);
	pthread_join(history->thread, NULL);
	history->started = false;
	/* Events that waited for open changes, then those that arrived later. At the priority of the caller. */
	run_pass(history, false);
	run_pass(history, false);
}
