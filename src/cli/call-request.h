/* The arguments of `tenantfs call` as a request, typed by the endpoint's table. */
#ifndef TENANTFS_CLI_CALL_REQUEST_H
#define TENANTFS_CLI_CALL_REQUEST_H

#include <stdio.h>

#include "tenantfs/catalogue.h"
#include "tenantfs/json.h"

/* Only one argument can read standard input. */
struct cli_input {
	FILE *in;
	bool taken;
};

/* Reads a file, or standard input for "-". The caller wipes `out`. */
int cli_input_read(struct cli_input *input, const char *name, struct tfs_buf *out, struct tfs_error *error);

/* One argument: NAME=VALUE, NAME=@FILE or NAME:=JSON. */
struct cli_call_arg {
	const char *name; /* name_len bytes */
	size_t name_len;
	const char *value;
	bool raw; /* := was used */
};
int cli_call_arg_split(const char *text, struct cli_call_arg *ret, struct tfs_error *error);
/*
 * The argument's value in the type of `field` (NULL: a string), yours. A secret is accepted from files only.
 */
int cli_call_arg_value(const struct cli_call_arg *arg, const struct tfs_field *field, struct cli_input *input,
		       json_t **ret, struct tfs_error *error);

/* Decodes %XX; '+' is not a space. NULL: not UTF-8, or out of memory. Yours. */
json_t *cli_decode(const char *text, size_t len);

/*
 * Builds a request. `path` is the template or has its values filled in, and may have a query. An argument's
 * name may be a.b for a member of an object. The arguments are merged into `body` (NULL: none; borrowed).
 * `*ret` is a request as of tfs_store_call, yours. -EINVAL: an argument does not fit, the message
 * lists those that do.
 */
int cli_request_build(const struct tfs_endpoint *endpoint, const char *path, char *const *args, int n_args,
		      const json_t *body, struct cli_input *input, json_t **ret, struct tfs_error *error);

#endif
