/* The retry policy. docs/errors.md describes it for users. */
#include "retry-policy.h"

const struct retry_policy api_retry_policies[FAILURES] = {
	[FAILED_UNSENT] = { "no connection", true, 3, 100, 3000, 10000 },
	[FAILED_LOST] = { "no whole answer", false, 3, 100, 3000, 10000 },
	[FAILED_PASSING] = { "500, 502, 503, 504", false, 3, 100, 3000, 10000 },
	/* All threads of the tenant wait (rate.c). A call refused with 429 was not carried out. */
	[FAILED_BUSY] = { "429", true, 0, 250, 0, 0 },
	[FAILED_SESSION] = { "401, and there is another token or form of it", true, 4, 0, 0, 0 },
	[FAILED_FOR_GOOD] = { "any other answer", false, 1, 0, 0, 0 },
};
