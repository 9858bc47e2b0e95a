/* The retry policy: after which failure a call is repeated, how often, within which time. */
#ifndef API_RETRY_POLICY_H
#define API_RETRY_POLICY_H

#include <stdbool.h>
#include <stdint.h>

enum failure {
	FAILED_UNSENT,  /* no connection: nothing was sent */
	FAILED_LOST,    /* sent, but no complete answer */
	FAILED_PASSING, /* 500, 502, 503, 504 */
	FAILED_BUSY,    /* 429 */
	FAILED_SESSION, /* 401, and there is a newer token, or its other form */
	FAILED_FOR_GOOD,
	FAILURES,
};

struct retry_policy {
	const char *what;     /* description */
	bool any;             /* also calls that are not repeatable: they were not carried out */
	unsigned tries;       /* attempts in all; 0: until the time is up */
	uint32_t pause_ms;    /* before the second attempt, then doubled; half of it random; at least Retry-After */
	uint32_t patience_ms; /* an attempt that took longer is the last */
	uint32_t total_ms;    /* from the first attempt, pauses included; 0: until the operation's deadline */
};

extern const struct retry_policy api_retry_policies[FAILURES];

#endif
