/* The session's token: its sources, and when it is loaded again. */
#ifndef API_SESSION_H
#define API_SESSION_H

#include "tenantfs/buf.h"
#include "tenantfs/config.h"
#include "tenantfs/op.h"

struct session;

/* Borrows `config`. */
int api_session_new(const struct tfs_config *config, struct session **ret);
void api_session_free(struct session *session);

/*
 * Appends the token to `out`, and sets its version. Sources are the stored login, then the token file, then
 * the token command; an expired token is skipped if there is another. -ENOENT when there is none (the op's
 * error is not set); -EACCES and others with the op's error.
 */
int api_session_token(struct session *session, struct tfs_op *op, struct tfs_buf *out, unsigned *ret_version);
/* To be called when the server refused that version with 401. True when there is another token. */
bool api_session_refused(struct session *session, struct tfs_op *op, unsigned version);
/* Notes whether the server accepts the session. */
void api_session_judge(struct session *session, bool over);

/* Stores a token in the state folder, mode 0600. */
int api_session_store(struct session *session, const char *token, struct tfs_error *error);
/* Removes the stored token; -ENOENT when there is none. */
int api_session_forget(struct session *session, struct tfs_error *error);

/* When the token ends, in epoch seconds; 0: unknown. Loads the token if necessary, but runs no command. */
long long api_session_ends(struct session *session);
bool api_session_is_over(struct session *session);

/* The `exp` of a JWT, unverified; 0 without one. */
long long api_jwt_expiry(const char *token);
/* The `username` of a JWT, else its `sub`, unverified; NULL without either. Caller frees. */
char *api_jwt_user(const char *token);

#endif
