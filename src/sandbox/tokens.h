/* What the handlers of hardware tokens and of their assignments share. */
#ifndef SANDBOX_TOKENS_H
#define SANDBOX_TOKENS_H

#include "call.h"

#define TOKEN_KIND "hardware-token"
#define TOKEN_USER_KIND "user-token"

/* The token of that serial number in the call's community; -ENOENT. `*ret` is yours. */
int tokens_get(const struct call *call, const char *serial, json_t **ret);
/* A page of `list` as {"page", "data"}, by pSize and pIndex of the body. */
int tokens_answer_page(struct call *call, const json_t *list);
/*
 * The rows of the body's `csv_text`, which must have those columns. A refusal of 400 for what is no such
 * table. `*ret` is yours.
 */
int tokens_read_table(struct call *call, const char *const *columns, json_t **ret);
/* Why a row was not taken: {"row", "serialNumber", "username", "message"}, of what `row` has. 0 or -ENOMEM.
 */
int tokens_add_error(json_t *errors, const json_t *row, const char *message);
/* {"created", "errors"}; takes `errors` over. No event is told when nothing was made. */
int tokens_answer_made(struct call *call, long long made, json_t *errors);
/* The key of an assignment in the store; the caller frees. NULL: out of memory. */
char *tokens_assignment_key(const char *serial, const char *user);
/* Removes all assignments of the token. */
int tokens_unassign(const struct call *call, const char *serial);

#endif
