/* Tokens of people who are signed on. */
#ifndef SANDBOX_SESSION_H
#define SANDBOX_SESSION_H

#include "box.h"

/* The one user with a password; in DIR/credentials. */
#define SESSION_LOGIN "admin"

struct session_user {
	const char *uid, *name, *role, *community;
};
/* Good for `seconds` from now; caller frees. NULL: out of memory or of random bytes. */
char *session_token(const struct box *box, const struct session_user *user, long long seconds);

#endif
