/* A login in progress, shared by its factors and the push. */
#ifndef API_LOGIN_H
#define API_LOGIN_H

#include "client.h"

enum { FACTOR_MAX = 40 };

struct tfs_login {
	struct tfs_api *api;
	char *community, *username;
	struct tfs_secret *step_token; /* of the previous step; NULL at the first */
	char wanted[FACTOR_MAX];       /* the second factor the user asked for; "": none */
	char next[FACTOR_MAX];         /* the requested factor; "": none yet, or done */
};

/* The members of every login body. Caller owns; NULL with the op's error. */
json_t *api_login_body(struct tfs_login *login, struct tfs_op *op);
/* The answer of a step: stores the final token, or sets `next` and the token of the next step. */
int api_login_take_step(struct tfs_login *login, struct tfs_op *op, const json_t *answer);

#endif
