/* The chain a call runs through: what an exchange carries, and the links in their order. */
#ifndef API_LINK_H
#define API_LINK_H

#include "tenantfs/api.h"
#include "tenantfs/digest.h"

struct pin;

/* A call on its way down the chain and back. */
struct tfs_exchange {
	struct tfs_api *api;
	const struct tfs_api_call *call;
	const struct tfs_endpoint *endpoint;
	const char *bearer; /* token in the place of the session's; "" none at all; NULL: the session's */
	bool raw;           /* any status is an answer */
	uint64_t started_ms;
	bool doubtful;      /* by retry: an earlier try may have been carried out, whatever this one is answered */

	/* Set once, on the way down. */
	struct tfs_buf url;           /* by url */
	struct pin *pin;              /* by connect; NULL: nothing is sealed */
	struct tfs_buf authorization; /* by session: the whole header; empty: none */
	struct tfs_buf body;          /* by seal */

	/* Made anew for each attempt. */
	unsigned attempt;
	struct tfs_buf headers; /* by seal: each with its NUL */
	char uuid[TFS_UUID_TEXT];
	bool sent;                   /* may have reached the server */
	struct tfs_http_answer http; /* by send; status 0: none came */
	json_t *answer;              /* by open: what the body says, or NULL */
	struct tfs_buf plain;        /* by open: the bytes where it says no JSON */
};

/* Forgets the last attempt's answer. */
void exchange_discard_answer(struct tfs_exchange *exchange);
/* Milliseconds left to the operation; one without a deadline gets the configured time. */
uint64_t exchange_left_ms(const struct tfs_exchange *exchange, const struct tfs_op *op);

/*
 * 0: an answer of whatever status came (exchange->http.status); else a negative
 * errno with the op's error filled.
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

/* In the order a call meets them. */
int errors_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange);
int url_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange);
int connect_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange);
int session_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange);
int budget_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange);
int rate_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange);
int retry_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange);
int seal_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange);
int open_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange);
int trace_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange);
int send_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange);

/* What a refusal of 400 or 401 is about; each has its remedy. */
enum refusal { REFUSED_OTHERWISE, REFUSED_SESSION, REFUSED_TIME, REFUSED_KEY, REFUSED_LICENSE };
enum refusal refusal_of(const struct tfs_exchange *exchange);

#endif
