/* Taking a request's address apart. */
#ifndef SANDBOX_URI_H
#define SANDBOX_URI_H

#include "tenantfs/json.h"

/* The path behind `base` and before '?', still percent-coded; "" when it does not start with the base. Caller
 * frees. */
char *uri_path(const char *uri, const char *base);
/* Object of the query's names and values, decoded. -EINVAL: bad coding, or a name that comes twice. */
int uri_query(const char *uri, json_t **ret);
/* Object of the parameters that `pattern` ("/a/{id}") names in `path`, decoded. -EINVAL: bad coding, no
 * match. */
int uri_params(const char *pattern, const char *path, json_t **ret);

#endif
