/* One request on its way through the sandbox. */
#ifndef SANDBOX_CALL_H
#define SANDBOX_CALL_H

#include "box.h"
#include "refusal.h"
#include "tenantfs/buf.h"

enum { CALL_ANSWER_MAX = 64 << 20 };

struct call;
struct collection;
struct route {
	const char *method, *path; /* as the catalogue has them */
	int (*handle)(struct call *call);
	const char *event; /* recorded when it succeeds; NULL: it changes nothing */
	const char *kind;  /* of the document, for the handlers of state-documents.c */
};

bool route_serves(const struct route *route, const struct tfs_endpoint *endpoint);

/* What came in: raw text, borrowed from the connection. NULL: the header is not there. */
struct call_input {
	const char *method, *uri; /* uri with base and query, as sent */
	const char *request_id, *public_key, *authorization, *license;
	const char *content_type;
	const char *body;
	size_t body_len;
};

struct call {
	const struct box *box;
	const struct call_input *in;
	char *path; /* below the base, still percent-coded; "" when the uri is outside of it */
	const struct tfs_endpoint *endpoint; /* NULL: unknown */
	const struct route *route;           /* NULL: the documented answer */
	const struct collection *collection; /* whose row has the route; NULL: none */
	json_t *params, *query;              /* names and decoded texts; objects, once routed */
	json_t *body;                        /* opened; NULL: none came */
	json_t *request_id;                  /* opened; NULL */
	json_t *claims;                      /* of the token; NULL */
	const struct community *community;
	const char *event;  /* what is recorded instead of the route's event; NULL */
	json_t *event_user; /* name of whose doing it is, where there is no token yet; NULL */
	json_t *event_about; /* {"id", "name"} of what it is about where the call does not say it; NULL */
	bool wrote;         /* what was written is kept, though no event tells of it */
	bool quiet;         /* nothing came of it: no event */

	/* The answer: status and one of answer and text, or a refusal. */
	int status;          /* 0: 200 */
	json_t *answer;      /* NULL with an empty text: no body */
	struct tfs_buf text; /* JSON text made without a tree, or other text if `type` is set */
	const char *type;    /* content type; NULL: JSON */
	bool clear;          /* never sealed, whatever the catalogue says */
	struct refusal refusal;
};

void call_init(struct call *call, const struct box *box, const struct call_input *in);
void call_finish(struct call *call);

/* `return call_refuse(call, 404, "moduleId", "…")` */
#define call_refuse(call, status, ...) refuse(&(call)->refusal, (status), __VA_ARGS__)

/* Member of the opened body, borrowed; NULL. */
json_t *call_member(const struct call *call, const char *name);
const char *call_text(const struct call *call, const char *name);
/* Value of a path parameter, borrowed; never NULL for one the path has. */
const char *call_param(const struct call *call, const char *name);
/* The token of the authorization header, behind "Bearer "; NULL. Borrowed. */
const char *call_bearer(const struct call *call);
/* Who calls: the token's user name, else "client". Borrowed. */
const char *call_actor(const struct call *call);
/* Takes the answer over. 0, or -ENOMEM when it is NULL. */
int call_answer(struct call *call, json_t *answer);
/* 204. */
int call_done(struct call *call);

#endif
