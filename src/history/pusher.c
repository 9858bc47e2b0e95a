/*
 * Pushes in the background. New commits wake the thread. It waits for a burst to end, pushes everything at
 * once, and waits longer after each failure. Only callers of history_pusher_push wait for it, and the daemon's end
 * for some seconds. The mark of the last push shows which commits are left.
 */
#include "pusher.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>

#include "tenantfs/clock.h"
#include "tenantfs/digest.h"
#include "tenantfs/lock.h"
#include "tenantfs/log.h"
#include "tenantfs/thread.h"

enum {
	GATHER_MS = 2000, /* from the first commit of a burst to its push */
	APART_MS = 10000, /* least time between two pushes */
	LAST_MS = 5000,   /* for the last push at the end */
	RESTED_MS = 3600000,
	NICE = 10,
};

/* A caller of history_pusher_push, on its stack. Protected by the lock. */
struct push_waiter {
	struct push_waiter *next;
	struct tfs_op *op;
	atomic_bool done;
	unsigned long try; /* the first push that began after the call */
	int result;
};

struct pusher {
	const struct tfs_config *config;
	char *repo;
	pthread_t thread;
	bool started;

	struct tfs_mutex lock; /* of all below */
	pthread_cond_t wake, ended;
	struct push_waiter *waiters;
	struct tfs_op *op;     /* the push under way; NULL: none */
	bool stop, late, over; /* the thread is to end; at once; has ended */
	size_t ahead;          /* commits the remote lacks; those made during the count may count twice */
	uint64_t due_ms, began_ms;
	unsigned failures; /* in a row */
	unsigned long tries, pushes, failed;
	time_t failing_since;
	struct pushed pushed;
	struct tfs_error error; /* of the last push */
};

static void set_due(struct pusher *pusher) TFS_HOLDS(pusher->lock)
{
	uint64_t now = tfs_clock_ms();

	pusher->due_ms = now + GATHER_MS;
	if (pusher->began_ms != 0 && pusher->began_ms + APART_MS > pusher->due_ms)
		pusher->due_ms = pusher->began_ms + APART_MS;
}

void history_pusher_wake(struct pusher *pusher, size_t commits)
{
	tfs_mutex_lock(&pusher->lock);
	if (pusher->ahead == 0 && pusher->failures == 0)
		set_due(pusher);
	pusher->ahead += commits;
	pthread_cond_signal(&pusher->wake);
	tfs_mutex_unlock(&pusher->lock);
}

/* Milliseconds without work. */
static uint64_t pause_ms(const struct pusher *pusher) TFS_HOLDS(pusher->lock)
{
	uint64_t now = tfs_clock_ms();

	if (pusher->stop || pusher->waiters)
		return 0;
	/* A push on request may have failed without anything to push. */
	if (pusher->ahead == 0 && pusher->failures == 0)
		return RESTED_MS;
	return pusher->due_ms > now ? pusher->due_ms - now : 0;
}

/* False when the thread is to end. */
static bool wait_for_work(struct pusher *pusher)
{
	uint64_t ms;
	bool stop;

	tfs_mutex_lock(&pusher->lock);
	while ((ms = pause_ms(pusher)) > 0) {
		struct timespec until = tfs_clock_in(ms);

		tfs_cond_wait_until(&pusher->wake, &pusher->lock, &until);
	}
	stop = pusher->stop;
	tfs_mutex_unlock(&pusher->lock);
	return !stop;
}

/* Makes the operation of a push, which `stop` finds under the lock. NULL when out of memory or too late. */
static struct tfs_op *begin(struct pusher *pusher, uint64_t timeout_ms, size_t *ret_ahead)
{
	struct tfs_op *op = tfs_op_new(timeout_ms);

	tfs_mutex_lock(&pusher->lock);
	pusher->tries++;
	pusher->began_ms = tfs_clock_ms();
	pusher->op = op;
	*ret_ahead = pusher->ahead;
	if (op && pusher->late)
		tfs_op_cancel(op);
	tfs_mutex_unlock(&pusher->lock);
	return op;
}

/* Answers the callers that came before this push began. */
static void answer_waiters(struct pusher *pusher, unsigned long try, int result, const struct tfs_error *error)
	TFS_HOLDS(pusher->lock)
{
	struct push_waiter **at = &pusher->waiters;

	while (*at) {
		struct push_waiter *waiter = *at;

		if (waiter->try > try) {
			at = &waiter->next;
			continue;
		}
		*at = waiter->next;
		waiter->result = result;
		if (result < 0)
			*tfs_op_error(waiter->op) = *error;
		tfs_op_signal(waiter->op, &waiter->done);
	}
}

/*
 * Logs the first failure and the first success after it: not every attempt while a remote is down for a day.
 */
static void tell(const struct pusher *pusher, int before, int result, const struct tfs_error *error)
{
	if (result < 0)
		tfs_log(before != result ? TFS_LOG_WARNING : TFS_LOG_DEBUG, 0, "history: not pushed to %s: %s",
			pusher->config->history_remote, error->message);
	else if (before != 0)
		tfs_log(TFS_LOG_INFO, 0, "history: pushed to %s again", pusher->config->history_remote);
}

static void note_failure(struct pusher *pusher, int result) TFS_HOLDS(pusher->lock)
{
	unsigned char chance = 0;

	tfs_random(&chance, sizeof(chance));
	if (pusher->failures++ == 0)
		pusher->failing_since = tfs_clock_wall().tv_sec;
	pusher->failed++;
	/* A diverged branch needs a person: no need to try often. */
	pusher->due_ms = tfs_clock_ms() +
			 (result == -EEXIST ? PUSH_LONGEST_PAUSE_MS : history_push_pause_ms(pusher->failures, chance));
}

static void end(struct pusher *pusher, int result, const struct tfs_error *error, const struct pushed *pushed,
		size_t sent)
{
	int before;

	tfs_mutex_lock(&pusher->lock);
	before = pusher->error.code;
	pusher->op = NULL;
	pusher->error = *error;
	if (result < 0) {
		note_failure(pusher, result);
	} else {
		pusher->failures = 0;
		pusher->pushes++;
		pusher->pushed = *pushed;
		pusher->ahead -= sent;
		if (pusher->ahead > 0)
			set_due(pusher);
	}
	answer_waiters(pusher, pusher->tries, result, error);
	tfs_mutex_unlock(&pusher->lock);
	/* Without the lock: logging may block, and commits need the lock. */
	tell(pusher, before, result, error);
}

/* `*ret` is what the remote has after success. */
static int push(struct pusher *pusher, struct tfs_op *op, uint64_t timeout_ms, struct pushed *ret)
{
	int r = history_push_head(pusher->repo, ret->commit, tfs_op_error(op));

	if (r == 0 && ret->commit[0] == '\0')
		return 0;
	if (r == 0)
		r = history_push_commit(op, pusher->config, pusher->repo, ret->commit, timeout_ms);
	if (r < 0)
		return r;
	ret->time = tfs_clock_wall().tv_sec;
	/* Without the mark the commits are counted, and pushed, again. */
	if (history_pushed_write(pusher->config, pusher->repo, ret, tfs_op_error(op)) < 0)
		tfs_log(TFS_LOG_WARNING, 0, "history: %s", tfs_op_error(op)->message);
	tfs_error_clear(tfs_op_error(op));
	return 0;
}

static void try_once(struct pusher *pusher, uint64_t timeout_ms)
{
	struct tfs_error error = { 0 };
	struct pushed pushed = { 0 };
	size_t sent;
	struct tfs_op *op = begin(pusher, timeout_ms, &sent);
	int r;

	if (!op) {
		r = tfs_error_set_memory(&error);
	} else {
		r = push(pusher, op, timeout_ms, &pushed);
		error = *tfs_op_error(op);
	}
	end(pusher, r, &error, &pushed, sent);
	tfs_op_free(op);
}

/* Counts commits left by an earlier mount, or made without a mount. */
static void count_ahead(struct pusher *pusher)
{
	struct tfs_error error = { 0 };
	struct pushed pushed;
	size_t count = 0;

	history_pushed_read(pusher->config, pusher->repo, &pushed);
	if (history_push_ahead(pusher->repo, &pushed, &count, &error) < 0)
		tfs_log(TFS_LOG_WARNING, 0, "history: %s", error.message);
	tfs_mutex_lock(&pusher->lock);
	pusher->pushed = pushed;
	pusher->ahead += count;
	if (count > 0)
		set_due(pusher);
	tfs_mutex_unlock(&pusher->lock);
}

/* True when a last push may succeed: not if one has just failed, nor if the branch has diverged. */
static bool may_try_last(struct pusher *pusher)
{
	bool may;

	tfs_mutex_lock(&pusher->lock);
	may = pusher->ahead > 0 && !pusher->late && pusher->error.code != -EEXIST &&
	      (pusher->error.code == 0 || tfs_clock_ms() - pusher->began_ms > LAST_MS);
	tfs_mutex_unlock(&pusher->lock);
	return may;
}

static void *work(void *context)
{
	struct pusher *pusher = context;

	/* Of this thread and the programs it runs. */
	setpriority(PRIO_PROCESS, 0, NICE);
	count_ahead(pusher);
	while (wait_for_work(pusher))
		try_once(pusher, pusher->config->push_timeout_ms);
	if (may_try_last(pusher))
		try_once(pusher, LAST_MS);
	tfs_crypto_thread_end();
	tfs_mutex_lock(&pusher->lock);
	pusher->over = true;
	pthread_cond_signal(&pusher->ended);
	tfs_mutex_unlock(&pusher->lock);
	return NULL;
}

int history_pusher_start(struct pusher *pusher, struct tfs_error *error)
{
	int r = tfs_thread_start(&pusher->thread, work, pusher);

	if (r < 0)
		return tfs_error_set(error, r, "history", "no thread: %s", strerror(-r));
	pusher->started = true;
	return 0;
}

int history_pusher_new(const struct tfs_config *config, const char *repo, struct pusher **ret, struct tfs_error *error)
{
	struct pusher *pusher = calloc(1, sizeof(*pusher));

	if (!pusher)
		return tfs_error_set_memory(error);
	pusher->config = config;
	tfs_cond_init(&pusher->wake);
	tfs_cond_init(&pusher->ended);
	tfs_mutex_init(&pusher->lock);
	pusher->repo = strdup(repo);
	if (!pusher->repo) {
		history_pusher_free(pusher);
		return tfs_error_set_memory(error);
	}
	*ret = pusher;
	return 0;
}

/* Waits for the last push, then cancels it. */
static void stop(struct pusher *pusher)
{
	struct timespec until = tfs_clock_in(LAST_MS);

	tfs_mutex_lock(&pusher->lock);
	pusher->stop = true;
	pthread_cond_signal(&pusher->wake);
	while (!pusher->over && tfs_cond_wait_until(&pusher->ended, &pusher->lock, &until) != -ETIMEDOUT)
		;
	pusher->late = true;
	if (pusher->op)
		tfs_op_cancel(pusher->op);
	tfs_mutex_unlock(&pusher->lock);
	pthread_join(pusher->thread, NULL);
	if (pusher->ahead > 0)
		tfs_log(TFS_LOG_WARNING, 0, "history: not pushed to %s, until the next mount: %zu %s%s%s",
			pusher->config->history_remote, pusher->ahead, pusher->ahead == 1 ? "commit" : "commits",
			pusher->error.code != 0 ? "; " : "", pusher->error.message);
}

void history_pusher_free(struct pusher *pusher)
{
	if (!pusher)
		return;
	if (pusher->started)
		stop(pusher);
	pthread_cond_destroy(&pusher->wake);
	pthread_cond_destroy(&pusher->ended);
	tfs_mutex_destroy(&pusher->lock);
	free(pusher->repo);
	free(pusher);
}

int history_pusher_push(struct pusher *pusher, struct tfs_op *op)
{
	struct push_waiter waiter = { .op = op }, **at;
	int r;

	tfs_mutex_lock(&pusher->lock);
	waiter.try = pusher->tries + 1;
	waiter.next = pusher->waiters;
	pusher->waiters = &waiter;
	pthread_cond_signal(&pusher->wake);
	tfs_mutex_unlock(&pusher->lock);
	r = tfs_op_wait(op, &waiter.done);
	tfs_mutex_lock(&pusher->lock);
	for (at = &pusher->waiters; *at && *at != &waiter; at = &(*at)->next)
		;
	if (*at)
		*at = waiter.next;
	tfs_mutex_unlock(&pusher->lock);
	return r < 0 ? r : waiter.result;
}

static const char *state_of(const struct pusher *pusher) TFS_HOLDS(pusher->lock)
{
	if (pusher->op)
		return "pushing";
	if (pusher->error.code == -EEXIST)
		return "diverged";
	if (pusher->error.code != 0)
		return "failing";
	return pusher->ahead > 0 ? "waiting" : "pushed";
}

json_t *history_pusher_status(struct pusher *pusher)
{
	uint64_t now = tfs_clock_ms();
	json_t *status;

	tfs_mutex_lock(&pusher->lock);
	status = json_pack(
		"{s:s, s:s, s:s, s:I, s:I, s:I, s:s*, s:I, s:s?}", "remote", pusher->config->history_remote, "branch",
		pusher->config->history_branch, "state", state_of(pusher), "ahead", (json_int_t)pusher->ahead, "pushes",
		(json_int_t)pusher->pushes, "failures", (json_int_t)pusher->failed, "pushed",
		pusher->pushed.commit[0] != '\0' ? pusher->pushed.commit : NULL, "pushed_at",
		(json_int_t)pusher->pushed.time, "error", pusher->error.code != 0 ? pusher->error.message : NULL);
	if (status && pusher->failures > 0) {
		uint64_t left = pusher->due_ms > now ? pusher->due_ms - now : 0;

		json_object_set_new(status, "failing_since", json_integer((json_int_t)pusher->failing_since));
		json_object_set_new(status, "next_s", json_integer((json_int_t)((left + 999) / 1000)));
	}
	tfs_mutex_unlock(&pusher->lock);
	return status;
}
