/* Session tokens: JWT, HS256. */
#ifndef SANDBOX_TOKEN_H
#define SANDBOX_TOKEN_H

#include <time.h>

#include "tenantfs/json.h"

enum { TOKEN_SECRET = 32 };

/* header.claims.signature; caller frees, NULL when out of memory. */
char *sandbox_token_sign(const unsigned char secret[TOKEN_SECRET], const json_t *claims);
/*
 * The claims of a valid token that has not expired at `now`; `*ret` is yours. -EINVAL: not a JWT, or another
 * algorithm; -EBADMSG: wrong signature; -ETIMEDOUT: expired.
 */
int sandbox_token_check(const unsigned char secret[TOKEN_SECRET], const char *token, time_t now, json_t **ret);

#endif
