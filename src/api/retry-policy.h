/* What is tried again: after which failure, how often, within which time. The one place that says so. */
#ifndef API_RETRY_POLICY_H
#define API_RETRY_POLICY_H

#include <stdbool.h>
#include <stdint.h>

enum failure {
	FAILED_UNSENT,  /* no connection: the request never left */
	FAILED_LOST,    /* it left, and no whole answer came */
	FAILED_PASSING, /* 500, 502, 503, 504 */
	FAILED_BUSY,    /* 429 */
	FAILED_SESSION, /* 401, while a newer token is there */
	FAILED_FOR_GOOD,
	FAILURES,
};

struct retry_policy {
	const char *what;     /* for people */
	bool any;             /* also what must not be done twice: it was not done */
	unsigned tries;       /* the first one among them; 0: as long as there is time */
	uint32_t pause_ms;    /* before the second, doubling, half of it by chance; Retry-After counts more */
	uint32_t patience_ms; /* a try that took longer is the last */
	uint32_t total_ms;    /* from the first on, all pauses included; 0: the operation's deadline alone */
};

extern const struct retry_policy retry_policies[FAILURES];

#endif
