/*
 * The budget link: each process has a share of the calls. A process that reads everything, an indexer or a
 * search, waits once its share is used up while others call too. So the save of an editor goes ahead.
 */
#include <errno.h>

#include "client.h"
#include "tenantfs/caller.h"
#include "tenantfs/clock.h"
#include "tenantfs/lock.h"

enum {
	BURST_S = 10,     /* a burst of calls may use the shares of so many seconds */
	WAIT_LEAST = 10,  /* milliseconds */
	OTHERS_MS = 1000, /* a process is active so long after its last call */
};

/* The process's share. A new one replaces that of the process without calls for the longest time. */
static struct share *find_share(struct tfs_api *api, pid_t pid, uint64_t now, double burst) TFS_HOLDS(api->rate_lock)
{
	struct share *oldest = &api->shares[0];

	for (size_t i = 0; i < SHARES; i++) {
		if (api->shares[i].pid == pid)
			return &api->shares[i];
		if (api->shares[i].at_ms < oldest->at_ms)
			oldest = &api->shares[i];
	}
	*oldest = (struct share){ .pid = pid, .at_ms = now, .calls_left = burst };
	return oldest;
}

/* True when another process is active; otherwise nobody needs to wait. */
static bool others_call(const struct tfs_api *api, const struct share *share, uint64_t now) TFS_HOLDS(api->rate_lock)
{
	for (size_t i = 0; i < SHARES; i++)
		if (&api->shares[i] != share && api->shares[i].pid != 0 && now - api->shares[i].at_ms < OTHERS_MS)
			return true;
	return false;
}

/* Takes one call out of the share: 0, or the milliseconds until one is available. */
static uint64_t take(struct tfs_api *api, pid_t pid)
{
	double rate = (double)api->config->call_budget, burst = rate * BURST_S;
	uint64_t now = tfs_clock_ms(), pause = 0;
	struct share *share;

	tfs_mutex_lock(&api->rate_lock);
	share = find_share(api, pid, now, burst);
	share->calls_left += (double)(now - share->at_ms) * rate / 1000;
	if (share->calls_left > burst)
		share->calls_left = burst;
	share->at_ms = now;
	if (share->calls_left >= 1)
		share->calls_left -= 1;
	else if (others_call(api, share, now))
		pause = (uint64_t)((1 - share->calls_left) * 1000 / rate) + 1;
	if (pause > 0)
		share->waits++;
	else
		share->calls++;
	tfs_mutex_unlock(&api->rate_lock);
	return pause > 0 && pause < WAIT_LEAST ? WAIT_LEAST : pause;
}

static int fail_budget(struct tfs_op *op, const struct tfs_api *api)
{
	return tfs_fail(op, -EAGAIN, "api",
			"this process has used its %lu calls a second (call-budget), and has no time to wait",
			(unsigned long)api->config->call_budget);
}

int api_budget_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange)
{
	struct tfs_api *api = exchange->api;
	pid_t pid;
	uint64_t pause;

	if (api->config->call_budget == 0 || tfs_op_pid(op) == 0)
		return run_next(link, op, exchange);
	/* FUSE gives the id of a thread; shares belong to its process. */
	pid = tfs_caller_process(tfs_op_pid(op));
	while ((pause = take(api, pid)) > 0) {
		int r;

		atomic_fetch_add(&api->budget_waits, 1);
		if (pause >= api_exchange_left_ms(exchange, op))
			return fail_budget(op, api);
		r = tfs_op_sleep(op, pause);
		if (r == -EINTR)
			return tfs_fail(op, -EINTR, "api", "interrupted");
		if (r < 0)
			return fail_budget(op, api);
		atomic_fetch_add(&api->budget_waited_ms, pause);
	}
	return run_next(link, op, exchange);
}

json_t *tfs_api_budget(struct tfs_api *api)
{
	json_t *list = json_array();

	tfs_mutex_lock(&api->rate_lock);
	for (size_t i = 0; list && i < SHARES; i++) {
		const struct share *share = &api->shares[i];

		if (share->waits > 0)
			json_array_append_new(list,
					      json_pack("{s:i, s:I, s:I}", "pid", (int)share->pid, "calls",
							(json_int_t)share->calls, "waits", (json_int_t)share->waits));
	}
	tfs_mutex_unlock(&api->rate_lock);
	return list;
}
