/*
 * The words of `tenantfs call` as a request: each value at the place and of
 * the type the endpoint's table says.
 */
#ifndef TENANTFS_CLI_ARGUMENTS_H
#define TENANTFS_CLI_ARGUMENTS_H

#include <stdio.h>

#include "tenantfs/catalogue.h"
#include "tenantfs/json.h"

/* Standard input can be read by one word only. */
struct cli_input {
	FILE *in;
	bool taken;
};

/* A file's text, or standard input's for "-". `out` is to be wiped. */
int cli_input_read(struct cli_input *input, const char *name, struct tfs_buf *out, struct tfs_error *error);

/* One word, taken apart: NAME=VALUE, NAME=@FILE or NAME:=JSON. */
struct cli_word {
	const char *name; /* name_len bytes */
	size_t name_len;
	const char *value;
	bool raw; /* := */
};
int cli_word_split(const char *text, struct cli_word *ret, struct tfs_error *error);
/* The word's value in the type of `field` (NULL: a string), yours. A secret is taken from files only. */
int cli_word_value(const struct cli_word *word, const struct tfs_field *field, struct cli_input *input,
		   json_t **ret, struct tfs_error *error);

/* %XX read back, as in any address; '+' stays what it is. NULL: not UTF-8, or out of memory. Yours. */
json_t *cli_decode(const char *text, size_t len);

/*
 * `path` is the template or has its values filled in, a query behind '?' allowed. A word's NAME may be a.b
 * for a member of an object. `body` (NULL: none) is what the words are put over; borrowed. `*ret` is {"path":
 * {…}, "query": {…}, "body": …}, yours. -EINVAL: the words do not fit, the message says which ones would.
 */
int cli_request_build(const struct tfs_endpoint *endpoint, const char *path, char *const *words, int n_words,
		      const json_t *body, struct cli_input *input, json_t **ret, struct tfs_error *error);

#endif
