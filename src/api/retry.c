/*
 * The retry link: repeats failed calls by the policy. A call that is not repeatable is sent again only if
 * nothing was sent.
 */
#include <errno.h>
#include <string.h>

#include "retry-policy.h"
#include "client.h"
#include "tenantfs/clock.h"

static bool is_passing(int status)
{
	return status == 500 || status == 502 || status == 503 || status == 504;
}

/* The failure of an attempt. FAILED_BUSY and FAILED_SESSION are handled by the rate and the session link. */
static enum failure failure_of(const struct tfs_exchange *exchange, int r)
{
	if (r == -EIO)
		return exchange->sent ? FAILED_LOST : FAILED_UNSENT;
	return r == 0 && is_passing(exchange->http.status) ? FAILED_PASSING : FAILED_FOR_GOOD;
}

static bool may_repeat(const struct tfs_exchange *exchange, const struct retry_policy *policy, uint64_t started_ms,
		       uint64_t first_ms)
{
	uint64_t now = tfs_clock_ms();

	return exchange->attempt < policy->tries && (policy->any || exchange->endpoint->repeatable) &&
	       now - started_ms <= policy->patience_ms && now - first_ms <= policy->total_ms;
}

/* Half of the pause is random, so that clients that failed together do not retry together. */
static uint64_t pause_before(const struct retry_policy *policy, unsigned attempt, const struct tfs_http_answer *answer)
{
	uint64_t pause = (uint64_t)policy->pause_ms << (attempt - 1);
	unsigned char chance = 0;

	tfs_random(&chance, sizeof(chance));
	pause = pause / 2 + pause * chance / 510;
	if (answer->status != 0 && answer->retry_after_s * 1000ULL > pause)
		pause = answer->retry_after_s * 1000ULL;
	return pause;
}

/* A DELETE whose answer was lost has succeeded if the next attempt finds nothing. */
static bool was_removed(const struct tfs_exchange *exchange)
{
	return strcmp(exchange->endpoint->method, "DELETE") == 0 && exchange->http.status == 404;
}

int api_retry_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange)
{
	uint64_t first = tfs_clock_ms();
	bool lost = false;

	for (unsigned attempt = 1;; attempt++) {
		uint64_t start = tfs_clock_ms(), pause;
		const struct retry_policy *policy;
		int r, slept;

		exchange->attempt = attempt;
		r = run_next(link, op, exchange);
		if (r == 0 && lost && was_removed(exchange))
			exchange->http.status = 204;
		lost = lost || (r == -EIO && exchange->sent);
		policy = &api_retry_policies[failure_of(exchange, r)];
		if (!may_repeat(exchange, policy, start, first))
			return r;
		exchange->doubtful = exchange->doubtful || exchange->sent;
		pause = pause_before(policy, attempt, &exchange->http);
		/* No time for another attempt: this outcome counts. */
		if (pause >= api_exchange_left_ms(exchange, op))
			return r;
		slept = tfs_op_sleep(op, pause);
		if (slept == -EINTR)
			return tfs_fail(op, -EINTR, "api", "interrupted");
		if (slept < 0 && r == 0)
			tfs_error_clear(tfs_op_error(op));
		if (slept < 0)
			return r;
		atomic_fetch_add(&exchange->api->retries, 1);
		api_exchange_discard_answer(exchange);
		tfs_error_clear(tfs_op_error(op));
	}
}
