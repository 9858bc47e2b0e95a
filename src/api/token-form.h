/* The form of the token, sealed or clear: found out with the first call that needs it, and remembered. */
#ifndef API_TOKEN_FORM_H
#define API_TOKEN_FORM_H

#include "tenantfs/config.h"
#include "tenantfs/op.h"

enum { SERVICE_FINGERPRINT = 17 }; /* bytes of a fingerprint of the service's key, as text */

struct token_form;

/* Borrows `config`. 0 or -ENOMEM. */
int api_token_form_new(const struct tfs_config *config, struct token_form **ret);
void api_token_form_free(struct token_form *form);

/* The form in which one call sends its token. */
struct token_use {
	enum tfs_token_form form;      /* never TFS_TOKEN_AUTO, once chosen */
	char key[SERVICE_FINGERPRINT]; /* of the service that the token is for */
	bool known;                    /* configured, or accepted before */
	bool proves;                   /* in: the service refuses this call without a valid token */
	bool turned;                   /* the call has tried the other form */
	bool probing;                  /* other calls wait for its outcome */
};

/*
 * Sets `form`; `key` and `proves` are given. As long as the form is unknown, one call at a time goes ahead, for
 * at most some seconds. `version` is of the session's token, 0 for another one. 0, or -EINTR or -ETIMEDOUT with
 * the op's error.
 */
int api_token_form_choose(struct token_form *form, struct tfs_op *op, unsigned version, struct token_use *use);
/* To be called after a 401 that may be about the form. True with the other form set, to be tried once. */
bool api_token_form_turn(struct token_form *form, unsigned version, struct token_use *use);
/* To be called once after each choice, with the status of the last answer; 0: there was none. */
void api_token_form_settle(struct token_form *form, unsigned version, const struct token_use *use, int status);

#endif
