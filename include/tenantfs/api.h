/* Calls an endpoint. A chain of links does URL, session, budget, rate, retry, sealing and errors. */
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

/* Reads the key; makes no call. `config` and `http` are borrowed and must outlive the client. */
int tfs_api_new(const struct tfs_config *config, struct tfs_http *http, struct tfs_api **ret, struct tfs_error *error);
void tfs_api_free(struct tfs_api *api);

enum { TFS_UPLOAD_MAX = 32 << 20 }; /* bytes of a file */

struct tfs_upload {
	const char *name; /* of the file */
	const char *bytes;
	size_t len;
};

struct tfs_api_call {
	const struct tfs_endpoint *endpoint;
	json_t *path, *query, *body; /* objects (body: any value) or NULL; borrowed */
	json_t *headers;             /* further ones: texts, and objects to seal; or NULL; borrowed */
	struct tfs_upload upload;    /* of an endpoint that takes one; borrowed */
	bool once;                   /* the body has a code that must not be sent twice */
};

struct tfs_api_answer {
	int status;         /* 2xx */
	json_t *body;       /* opened; NULL without one or when it is not JSON */
	struct tfs_buf raw; /* the bytes of a body that is not JSON (XML, CSV, artifacts) */
	json_t *headers;    /* of tfs_api_call_raw: those a caller may need, by lower-case name; NULL without one */
	char request_id[TFS_ERROR_REQUEST];
};
void tfs_api_answer_finish(struct tfs_api_answer *answer);

/* Sentences that name the records that had to be repaired: an array, yours. NULL: out of memory. */
json_t *tfs_api_odd_records(struct tfs_api *api);

/* The errno of an HTTP status, by the table in docs/errors.md: 0 for 2xx, -EIO for 3xx and 5xx. */
int tfs_status_errno(int status);

/*
 * Makes the call: seals, sends, retries what may be repeated, opens the answer. 0 for 2xx. Else the op's
 * error has origin, status, message, member and request id, and the errno is by the table in docs/errors.md:
 * 401 EACCES, 403 EPERM, 404 ENOENT, 409 EEXIST, 429 past the deadline EAGAIN, other 4xx EINVAL, unreachable
 * and 5xx EIO, ETIMEDOUT, EINTR, an answer that does not open EBADMSG.
 */
int tfs_api_call(struct tfs_api *api, struct tfs_op *op, const struct tfs_api_call *call, struct tfs_api_answer *ret);

/* As tfs_api_call, but an answer with any status is a success. For call files and `tenantfs call`. */
int tfs_api_call_raw(struct tfs_api *api, struct tfs_op *op, const struct tfs_api_call *call,
		     struct tfs_api_answer *ret);

/*
 * Makes sure that the service's public key is known: pinned, or learned from GET /publickeys and then pinned.
 */
int tfs_api_connect(struct tfs_api *api, struct tfs_op *op);

/* The ids of a community by name, fetched once (POST /community_auth_info/fetch). Borrowed. */
struct tfs_community {
	const char *name, *id, *tenant_id, *tenant_name;
	const char *public_key; /* of the community; "" without one */
};
int tfs_api_community(struct tfs_api *api, struct tfs_op *op, const char *name, const struct tfs_community **ret);

/*
 * `tenantfs login`. `factor` is "password", "otp" …; `*ret_next` is the next one requested, "" when the token
 * is stored. "push" is not typed: tfs_login_push waits for it.
 */
struct tfs_login;
int tfs_login_new(struct tfs_api *api, const char *community, const char *username, struct tfs_login **ret,
		  struct tfs_error *error);
int tfs_login_answer(struct tfs_login *login, struct tfs_op *op, const char *factor, const char *value,
		     const char **ret_next);
/* The second factor to ask for, whatever the service prefers. -EINVAL: not a factor. */
int tfs_login_want(struct tfs_login *login, const char *factor, struct tfs_error *error);
/*
 * Asks for the approval on the user's device and waits for it, until the op's deadline: -EACCES when it is refused or
 * not given. It follows a tfs_login_answer whose `*ret_next` is "push", and sets `*ret_next` in the same way.
 */
int tfs_login_push(struct tfs_login *login, struct tfs_op *op, const char **ret_next);
void tfs_login_free(struct tfs_login *login);
/* The user named in the session's token, else the configured one; NULL when unknown. Caller frees. */
int tfs_api_user(struct tfs_api *api, struct tfs_op *op, char **ret);
/*
 * The license key, for a body that contains it. Caller wipes and frees. -EACCES: none is configured, or it
 * cannot be read.
 */
int tfs_api_license(struct tfs_api *api, struct tfs_op *op, char **ret);
/* GET /logout, then removes the stored token. */
int tfs_api_logout(struct tfs_api *api, struct tfs_op *op);

/* Figures for `status`, since start. */
struct tfs_api_stats {
	unsigned long calls, retries, failures, rate_limited;
	unsigned long budget_waits, budget_waited_ms; /* calls that waited for their process's share */
	long long token_ends;                         /* epoch seconds; 0 unknown or no token */
	bool reachable;                               /* the last attempt got an answer */
	bool session_over;                            /* the last call with the session's token was refused with 401 */
	char service_fingerprint[17];
};
void tfs_api_get_stats(struct tfs_api *api, struct tfs_api_stats *ret);
/* The processes that had to wait: [{"pid", "calls", "waits"}…]. Caller owns; NULL when out of memory. */
json_t *tfs_api_budget(struct tfs_api *api);

#endif
