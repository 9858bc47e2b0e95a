/* Tokens of signed-on users. */
#ifndef SANDBOX_SESSION_H
#define SANDBOX_SESSION_H

#include "call.h"

/* The one user with a password, which is in DIR/credentials. */
#define SESSION_LOGIN "admin"

struct session_user {
	const char *uid, *name, *role, *community;
};
/* A token valid for `seconds` from now; caller frees. NULL: out of memory or random bytes. */
char *sandbox_session_token(const struct box *box, const struct session_user *user, long long seconds);

/* Answers PUT /session/new of a user who has given the password: a push to be polled. */
int sandbox_push_start(struct call *call, const json_t *name);
/* A poll of the push `uwlSessionId`. 0 with `*ret_approved`, or with the answer "not yet"; or a refusal. */
int sandbox_push_poll(struct call *call, const json_t *name, bool *ret_approved);

#endif
