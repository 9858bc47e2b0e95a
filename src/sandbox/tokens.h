/* What the handlers of hardware tokens and of their assignments share. */
#ifndef SANDBOX_TOKENS_H
#define SANDBOX_TOKENS_H

#include "call.h"

#define TOKEN_KIND "hardware-token"
#define TOKEN_USER_KIND "user-token"

/* The token with that serial number in the call's community; -ENOENT. `*ret` is yours. */
int sandbox_tokens_get(const struct call *call, const char *serial, json_t **ret);
/* Answers a page of `list` as {"page", "data"}, by pSize and pIndex of the body. */
int sandbox_tokens_answer_page(struct call *call, const json_t *list);
/*
 * The rows of the table `csv_text` of the body, which must have those columns; refuses any other text with
 * 400. `*ret` is yours.
 */
int sandbox_tokens_read_table(struct call *call, const char *const *columns, json_t **ret);
/*
 * Adds why a row was refused: {"row", "serialNumber", "username", "message"}, as far as `row` has them. 0 or
 * -ENOMEM.
 */
int sandbox_tokens_add_error(json_t *errors, const json_t *row, const char *message);
/* Answers {"created", "errors"}; takes over `errors`. Records no event when nothing was created. */
int sandbox_tokens_answer_made(struct call *call, long long made, json_t *errors);
/* The key of an assignment in the store; the caller frees. NULL: out of memory. */
char *sandbox_tokens_assignment_key(const char *serial, const char *user);
/* Removes all assignments of the token. */
int sandbox_tokens_unassign(const struct call *call, const char *serial);

#endif
