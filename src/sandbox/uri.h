/* Splits a request's address: path, parameters, query. */
#ifndef SANDBOX_URI_H
#define SANDBOX_URI_H

#include "tenantfs/json.h"

/*
 * The path after `base` and before '?', still percent-coded; "" when the URI does not start with the base.
 * Caller frees.
 */
char *sandbox_uri_path(const char *uri, const char *base);
/* An object of the query's decoded names and values. -EINVAL: bad coding, or a repeated name. */
int sandbox_uri_query(const char *uri, json_t **ret);
/*
 * An object of the decoded parameters of `pattern` ("/a/{id}") in `path`. -EINVAL: bad coding, or no match.
 */
int sandbox_uri_params(const char *pattern, const char *path, json_t **ret);

#endif
