/* How the server says no: status, message, the member concerned, in the shape of the group. */
#ifndef SANDBOX_REFUSAL_H
#define SANDBOX_REFUSAL_H

#include "tenantfs/catalogue.h"
#include "tenantfs/json.h"

enum { REFUSAL_PARAM = 256, REFUSAL_MESSAGE = 512 };

struct refusal {
	int status; /* HTTP; 0: nothing is refused */
	char param[REFUSAL_PARAM];
	char message[REFUSAL_MESSAGE];
};

/* The shapes errors come in; each group of the API has one of them. */
enum refusal_shape {
	REFUSAL_STATUS_CODE, /* {"statusCode", "error", "message"} */
	REFUSAL_CODE,        /* {"code", "message"} */
	REFUSAL_ERROR_CODE,  /* {"error_code", "message", "status": false} */
	REFUSAL_LIST,        /* {"errors": [{"message", "param"}]} */
	REFUSAL_SHAPES,
};

/* `param` may be NULL. Always returns -EINVAL, so that callers can say `return refuse(…)`. */
int refuse(struct refusal *refusal, int status, const char *param, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The same for the same endpoint in every run. */
enum refusal_shape refusal_shape(const struct tfs_endpoint *endpoint);
/* NULL when out of memory. */
json_t *refusal_json(const struct refusal *refusal, enum refusal_shape shape);

#endif
