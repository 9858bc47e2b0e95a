/* A refusal: status, message and member, in the shape of the endpoint's group. */
#ifndef SANDBOX_REFUSAL_H
#define SANDBOX_REFUSAL_H

#include "tenantfs/catalogue.h"
#include "tenantfs/json.h"

enum { REFUSAL_PARAM = 256, REFUSAL_MESSAGE = 512 };

struct refusal {
	int status; /* HTTP status; 0: not refused */
	char param[REFUSAL_PARAM];
	char message[REFUSAL_MESSAGE];
};

/* The shapes of error bodies; each group of the API has one. */
enum refusal_shape {
	REFUSAL_STATUS_CODE, /* {"statusCode", "error", "message"} */
	REFUSAL_CODE,        /* {"code", "message"} */
	REFUSAL_ERROR_CODE,  /* {"error_code", "message", "status": false} */
	REFUSAL_LIST,        /* {"errors": [{"message", "param"}]} */
	REFUSAL_SHAPES,
};

/* `param` may be NULL. Always returns -EINVAL, for `return refuse(…)`. */
int sandbox_refuse(struct refusal *refusal, int status, const char *param, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The shape of an endpoint's errors; the same in every run. */
enum refusal_shape sandbox_refusal_shape(const struct tfs_endpoint *endpoint);
/* NULL when out of memory. */
json_t *sandbox_refusal_message(const struct refusal *refusal);
json_t *sandbox_refusal_json(const struct refusal *refusal, enum refusal_shape shape);

#endif
