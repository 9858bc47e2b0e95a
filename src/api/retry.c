/* Trying again: what may be repeated, or never reached the server. A create is never sent twice. */
#include <errno.h>
#include <string.h>

#include "client.h"
#include "tenantfs/clock.h"

enum {
	TRIES = 3,
	PAUSE_MS = 100, /* doubling */
	PATIENCE_MS =
		3000, /* what took longer to fail is not tried again: somebody waits for a prompt error */
};

static bool is_passing(int status)
{
	return status == 500 || status == 502 || status == 503 || status == 504;
}

static bool may_repeat(const struct tfs_exchange *exchange, int r, uint64_t took_ms)
{
	if (took_ms > PATIENCE_MS)
		return false;
	if (r == -EIO)
		return exchange->endpoint->repeatable || !exchange->sent;
	return r == 0 && is_passing(exchange->http.status) && exchange->endpoint->repeatable;
}

/* Half of it certain, half by chance, so that those who failed together do not return together. */
static uint64_t pause_before(unsigned attempt, const struct tfs_http_answer *answer)
{
	uint64_t pause = (uint64_t)PAUSE_MS << (attempt - 1);
	unsigned char chance = 0;

	tfs_random(&chance, sizeof(chance));
	pause = pause / 2 + pause * chance / 510;
	if (answer->status != 0 && answer->retry_after_s * 1000ULL > pause)
		pause = answer->retry_after_s * 1000ULL;
	return pause;
}

/* A removal whose answer was lost was done when the next one finds nothing. */
static bool was_removed(const struct tfs_exchange *exchange)
{
	return strcmp(exchange->endpoint->method, "DELETE") == 0 && exchange->http.status == 404;
}

int retry_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange)
{
	bool lost = false;

	for (unsigned attempt = 1;; attempt++) {
		uint64_t start = tfs_clock_ms(), pause;
		int r, slept;

		exchange->attempt = attempt;
		r = run_next(link, op, exchange);
		if (r == 0 && lost && was_removed(exchange))
			exchange->http.status = 204;
		lost = lost || (r == -EIO && exchange->sent);
		if (attempt == TRIES || !may_repeat(exchange, r, tfs_clock_ms() - start))
			return r;
		pause = pause_before(attempt, &exchange->http);
		/* Where there is no time for another try, what came of this one is the outcome. */
		if (pause >= exchange_left_ms(exchange, op))
			return r;
		slept = tfs_op_sleep(op, pause);
		if (slept == -EINTR)
			return tfs_fail(op, -EINTR, "api", "interrupted");
		if (slept < 0 && r == 0)
			tfs_error_clear(tfs_op_error(op));
		if (slept < 0)
			return r;
		atomic_fetch_add(&exchange->api->retries, 1);
		exchange_discard_answer(exchange);
		tfs_error_clear(tfs_op_error(op));
	}
}
