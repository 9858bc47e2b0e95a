/* The session's token: where it comes from, when it is read again. */
#ifndef API_SESSION_H
#define API_SESSION_H

#include "tenantfs/buf.h"
#include "tenantfs/config.h"
#include "tenantfs/op.h"

struct session;

/* Borrows `config`. */
int session_new(const struct tfs_config *config, struct session **ret);
void session_free(struct session *session);

/*
 * Appends the token to `out` and tells its version. Looked for in the stored
 * login, then the token file, then what the token command says; one that is
 * over is passed over where there is another. -ENOENT when there is none (the
 * op's error is not set), else -EACCES and others with the op's error.
 */
int session_token(struct session *session, struct tfs_op *op, struct tfs_buf *out, unsigned *ret_version);
/* The server refused that version with 401: true when another token is at hand. */
bool session_refused(struct session *session, struct tfs_op *op, unsigned version);
/* The verdict of the server on the session. */
void session_judge(struct session *session, bool over);

/* Keeps a token in the state folder, mode 0600. */
int session_store(struct session *session, const char *token, struct tfs_error *error);
/* Removes the stored token; -ENOENT when there is none. */
int session_forget(struct session *session, struct tfs_error *error);

/* Reads the token if that has not been done, without a command; epoch seconds, 0 unknown. */
long long session_ends(struct session *session);
bool session_is_over(struct session *session);

/* The `exp` of a JWT, unverified; 0 when there is none to be found. */
long long jwt_expiry(const char *token);
/* Its `username`, else `sub`, unverified; NULL when there is none. Caller frees. */
char *jwt_user(const char *token);

#endif
