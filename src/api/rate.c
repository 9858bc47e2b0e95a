/* The rate link: after a 429 all threads of the tenant pause, not only the one that got it. */
#include <assert.h>
#include <errno.h>

#include "retry-policy.h"
#include "client.h"
#include "tenantfs/clock.h"
#include "tenantfs/lock.h"

enum {
	SLOWNESS_MAX = 6, /* 16 seconds */
	SPREAD_MAX_MS = 250,
	PAUSE_MAX_MS = 60000, /* upper bound of the server's Retry-After: then one call tries again */
};

static uint64_t by_chance(uint64_t most)
{
	unsigned chance = 0;

	tfs_random(&chance, sizeof(chance));
	return most > 0 ? chance % (most + 1) : 0;
}

/* Milliseconds until the tenant may call again. */
static uint64_t time_to_turn(struct tfs_api *api)
{
	uint64_t now = tfs_clock_ms(), left;

	tfs_mutex_lock(&api->rate_lock);
	left = api->not_before_ms > now ? api->not_before_ms - now : 0;
	tfs_mutex_unlock(&api->rate_lock);
	return left;
}

static int fail_turn(struct tfs_op *op, uint64_t pause)
{
	return tfs_fail(op, -EAGAIN, "api", "the server accepts no more calls: next one in %llu seconds",
			(unsigned long long)(pause + 999) / 1000);
}

static int wait_for_turn(struct tfs_op *op, struct tfs_exchange *exchange)
{
	uint64_t pause, spread, left;
	int r;

	while ((pause = time_to_turn(exchange->api)) > 0) {
		left = api_exchange_left_ms(exchange, op);
		if (pause >= left)
			return fail_turn(op, pause);
		spread = by_chance(pause / 4 < SPREAD_MAX_MS ? pause / 4 : SPREAD_MAX_MS);
		r = tfs_op_sleep(op, spread < left - pause ? pause + spread : pause);
		if (r == -EINTR)
			return tfs_fail(op, -EINTR, "api", "interrupted");
		if (r < 0)
			return fail_turn(op, pause);
	}
	return 0;
}

/* Calls that were sent before the pause began do not lengthen it. */
static void slow_down(struct tfs_api *api, uint32_t retry_after_s)
{
	uint64_t now = tfs_clock_ms(), pause;

	tfs_mutex_lock(&api->rate_lock);
	if (retry_after_s > 0) {
		pause = retry_after_s * 1000ULL;
		if (pause > PAUSE_MAX_MS)
			pause = PAUSE_MAX_MS;
	} else {
		if (api->slowness == 0 || (now >= api->not_before_ms && api->slowness < SLOWNESS_MAX))
			api->slowness++;
		assert(api->slowness > 0 && api->slowness <= SLOWNESS_MAX);
		pause = (uint64_t)api_retry_policies[FAILED_BUSY].pause_ms << (api->slowness - 1);
		pause = pause / 2 + by_chance(pause / 2);
	}
	if (now + pause > api->not_before_ms)
		api->not_before_ms = now + pause;
	tfs_mutex_unlock(&api->rate_lock);
}

static void speed_up(struct tfs_api *api)
{
	tfs_mutex_lock(&api->rate_lock);
	if (api->slowness > 0)
		api->slowness--;
	tfs_mutex_unlock(&api->rate_lock);
}

int api_rate_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange)
{
	struct tfs_api *api = exchange->api;
	int r;

	for (;;) {
		r = wait_for_turn(op, exchange);
		if (r == 0)
			r = run_next(link, op, exchange);
		if (r < 0)
			return r;
		if (exchange->http.status != 429) {
			speed_up(api);
			return 0;
		}
		atomic_fetch_add(&api->rate_limited, 1);
		slow_down(api, exchange->http.retry_after_s);
		/* No time left to wait: report the server's own message. */
		if (time_to_turn(api) >= api_exchange_left_ms(exchange, op))
			return 0;
		api_exchange_discard_answer(exchange);
	}
}
