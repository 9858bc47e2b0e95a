/* Tokens of signed-on users. */
#ifndef SANDBOX_SESSION_H
#define SANDBOX_SESSION_H

#include "box.h"

/* The one user with a password, which is in DIR/credentials. */
#define SESSION_LOGIN "admin"

struct session_user {
	const char *uid, *name, *role, *community;
};
/* A token valid for `seconds` from now; caller frees. NULL: out of memory or random bytes. */
char *sandbox_session_token(const struct box *box, const struct session_user *user, long long seconds);

#endif
