/* Calling an endpoint: URL, session, sealing, retry, rate, budget and errors, as links in a chain. */
#ifndef TENANTFS_API_H
#define TENANTFS_API_H

#include <stdbool.h>
#include <stddef.h>

#include "tenantfs/catalogue.h"
#include "tenantfs/config.h"
#include "tenantfs/http.h"
#include "tenantfs/json.h"
#include "tenantfs/op.h"

/* A tenant's client. Thread-safe. */
struct tfs_api;

/* Reads key, license and token settings; no call yet. `config` and `http` are borrowed and must outlive it. */
int tfs_api_new(const struct tfs_config *config, struct tfs_http *http, struct tfs_api **ret,
		struct tfs_error *error);
void tfs_api_free(struct tfs_api *api);

struct tfs_api_call {
	const struct tfs_endpoint *endpoint;
	json_t *path, *query, *body; /* objects (body: any value) or NULL; borrowed */
};

struct tfs_api_answer {
	int status;      /* 2xx */
	json_t *body;    /* opened; NULL where there was none or it is no JSON */
	struct tfs_buf raw; /* the bytes of a body that is no JSON (XML, CSV, artifacts) */
	char request_id[TFS_ERROR_REQUEST];
};
void tfs_api_answer_finish(struct tfs_api_answer *answer);

/* The errno of an HTTP status, by the table in docs/errors.md: 0 for 2xx, -EIO for what is no refusal (3xx, 5xx). */
int tfs_status_errno(int status);

/*
 * Makes the call: seals, sends, retries what may be repeated, opens the answer.
 * 0 on 2xx; else the op's error is filled with origin, status, message, member
 * and request id, and the errno is of the table in docs/errors.md:
 * 400 and others 4xx EINVAL, 401 EACCES, 403 EPERM, 404 ENOENT, 409 EEXIST, 429 past the deadline EAGAIN,
 * unreachable and 5xx EIO, ETIMEDOUT, EINTR, answer does not open EBADMSG.
 */
int tfs_api_call(struct tfs_api *api, struct tfs_op *op, const struct tfs_api_call *call,
		 struct tfs_api_answer *ret);

/* As tfs_api_call, but any answer of the server is a success with its status: for call files and `tenantfs call`. */
int tfs_api_call_raw(struct tfs_api *api, struct tfs_op *op, const struct tfs_api_call *call,
		     struct tfs_api_answer *ret);

/* The service's public key: pinned, or learnt from GET /publickeys and pinned in the state folder. */
int tfs_api_connect(struct tfs_api *api, struct tfs_op *op);

/* Ids behind the configuration's names, asked once (POST /community_auth_info/fetch). Borrowed texts. */
struct tfs_community {
	const char *name, *id, *tenant_id, *tenant_name;
	const char *public_key; /* of the community; "" where the service gives none */
};
int tfs_api_community(struct tfs_api *api, struct tfs_op *op, const char *name, const struct tfs_community **ret);

/* `tenantfs login`: returns the next factor asked for, or "" when the token is stored. `factor` "password", "otp" … */
struct tfs_login;
int tfs_login_new(struct tfs_api *api, const char *community, const char *username, struct tfs_login **ret,
		  struct tfs_error *error);
int tfs_login_answer(struct tfs_login *login, struct tfs_op *op, const char *factor, const char *value,
		     const char **ret_next);
void tfs_login_free(struct tfs_login *login);
/* Whom the session is for, as its token says: yours, NULL when that is not known. */
int tfs_api_user(struct tfs_api *api, struct tfs_op *op, char **ret);
/* The license key, for a body that takes it: yours, to be wiped. -EACCES: there is none, or it cannot be had. */
int tfs_api_license(struct tfs_api *api, struct tfs_op *op, char **ret);
/* GET /logout, then forgets the stored token. */
int tfs_api_logout(struct tfs_api *api, struct tfs_op *op);

/* What `status` shows; numbers since start. */
struct tfs_api_stats {
	unsigned long calls, retries, failures, rate_limited;
	unsigned long budget_waits, budget_waited_ms; /* calls held back, by process; see tfs_api_budget */
	long long token_ends; /* epoch seconds; 0 unknown or no token */
	bool reachable;       /* the last exchange got an answer */
	bool session_over;    /* the last authorised call was refused with 401 */
	char service_fingerprint[17];
};
void tfs_api_get_stats(struct tfs_api *api, struct tfs_api_stats *ret);
/* Processes that had to wait: [{"pid", "calls", "waits"}…]; yours. */
json_t *tfs_api_budget(struct tfs_api *api);

#endif
