/* The chain of links that a call goes through, and the exchange they work on. */
#ifndef API_LINK_H
#define API_LINK_H

#include "tenantfs/api.h"
#include "tenantfs/digest.h"

#include "token-form.h"

struct pin;

/* A call on its way down the chain and back. */
struct tfs_exchange {
	struct tfs_api *api;
	const struct tfs_api_call *call;
	const struct tfs_endpoint *endpoint;
	const char *bearer; /* token to send; "": none; NULL: the session's */
	bool raw;           /* any status is an answer */
	uint64_t started_ms;
	bool doubtful; /* by retry: an earlier attempt may have been carried out */

	/* Set once, before the first attempt. */
	struct tfs_buf url;  /* by url */
	struct pin *pin;     /* by connect; NULL: nothing is sealed */
	struct tfs_buf body; /* by seal */

	/* Set by session, again for another token or form. */
	struct tfs_buf token; /* empty: none */
	struct token_use token_use;

	/* Set for each attempt. */
	unsigned attempt;
	struct tfs_buf headers; /* by seal: NUL-terminated lines */
	char uuid[TFS_UUID_TEXT];
	bool sent;                   /* may have reached the server */
	struct tfs_http_answer http; /* by send; status 0: none came */
	json_t *answer;              /* by open: the body, or NULL */
	struct tfs_buf plain;        /* by open: the bytes of a body that is not JSON */
};

/* Frees the answer of the last attempt. */
void api_exchange_discard_answer(struct tfs_exchange *exchange);
/* Milliseconds until the operation's deadline; without one, until the configured timeout. */
uint64_t api_exchange_left_ms(const struct tfs_exchange *exchange, const struct tfs_op *op);

/*
 * One link. 0: an answer with any status (exchange->http.status); else a negative errno and the op's error.
 */
struct tfs_link {
	int (*run)(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange);
	struct tfs_link *next;
	void *data; /* the link's own */
};

static inline int run_next(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange)
{
	return link->next->run(link->next, op, exchange);
}

/* In the order a call goes through them. */
int api_errors_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange);
int api_url_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange);
int api_connect_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange);
int api_session_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange);
int api_budget_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange);
int api_rate_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange);
int api_retry_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange);
int api_seal_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange);
int api_open_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange);
int api_trace_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange);
int api_send_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange);

/* The cause of a 400 or 401; each has its own remedy. */
enum refusal { REFUSED_OTHERWISE, REFUSED_SESSION, REFUSED_TIME, REFUSED_KEY, REFUSED_LICENSE };
enum refusal api_refusal_of(const struct tfs_exchange *exchange);
/* Appends the message in the body of a refusal; nothing when there is none. */
void api_refusal_message(struct tfs_buf *out, const json_t *body);
/* Whether a 401 may mean that the service expects the token in the other form. */
bool api_refusal_may_be_form(const struct tfs_exchange *exchange);

#endif
