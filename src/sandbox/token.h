/* Session tokens: JWT, HS256. */
#ifndef SANDBOX_TOKEN_H
#define SANDBOX_TOKEN_H

#include <time.h>

#include "tenantfs/json.h"

enum { TOKEN_SECRET = 32 };

/* header.claims.signature; caller frees, NULL when out of memory. */
char *token_sign(const unsigned char secret[TOKEN_SECRET], const json_t *claims);
/*
 * The claims of a token of ours that has not run out at `now`; `*ret` is
 * yours. -EINVAL: no JWT or another algorithm, -EBADMSG: the signature is not
 * ours, -ETIMEDOUT: run out.
 */
int token_check(const unsigned char secret[TOKEN_SECRET], const char *token, time_t now, json_t **ret);

#endif
