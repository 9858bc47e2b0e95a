/* One request on its way through the sandbox. */
#ifndef SANDBOX_CALL_H
#define SANDBOX_CALL_H

#include "box.h"
#include "refusal.h"
#include "tenantfs/buf.h"

enum { CALL_ANSWER_MAX = 64 << 20, CALL_TOKEN_MAX = 64 << 10 };

struct call;
struct collection;
struct route {
	const char *method, *path; /* as in the catalogue */
	int (*handle)(struct call *call);
	const char *event; /* recorded on success; NULL: the route changes nothing */
	const char *kind;  /* of the document, for the handlers of state-documents.c */
};

bool sandbox_route_serves(const struct route *route, const struct tfs_endpoint *endpoint);

/* The request as received: raw text, borrowed from the connection. NULL: the header is missing. */
struct call_input {
	const char *method, *uri; /* URI with base and query, as sent */
	const char *request_id, *public_key, *authorization, *license;
	const char *content_type;
	/* A further header by name; NULL: it is missing. */
	const char *(*header)(void *connection, const char *name);
	void *connection;
	const char *body;
	size_t body_len;
};

struct call {
	const struct box *box;
	const struct call_input *in;
	char *path; /* below the base, still percent-coded; "" when the URI is outside the base */
	const struct tfs_endpoint *endpoint; /* NULL: unknown */
	const struct route *route;           /* NULL: the documented answer */
	const struct collection *collection; /* the row that has the route; NULL: none */
	json_t *params, *query;              /* objects of decoded strings, once routed */
	json_t *body;                        /* opened; NULL: there is none */
	json_t *sent;                        /* as it came, where `body` is what is made of it; NULL: the same */
	json_t *headers;                     /* the endpoint's further ones, opened; NULL: there is none */
	json_t *upload;                      /* {"field", "name", "base64"} of a file; NULL: there is none */
	json_t *request_id;                  /* opened; NULL: there is none */
	struct tfs_buf token;                /* of the header, opened; empty: there is none */
	bool token_sealed;                   /* it came sealed */
	json_t *claims;                      /* of the token; NULL: there is none */
	const struct community *community;
	const char *event;  /* recorded instead of the route's event; NULL: the route's */
	json_t *event_user; /* name of the acting user, where there is no token yet; NULL */
	/* {"id", "name"} of the changed object, where the request does not name it; NULL */
	json_t *event_about;
	bool wrote; /* commit the store although no event is recorded */
	int shift;  /* a later page begins so many records later, and the total is smaller by as many */
	bool quiet; /* nothing changed: record no event */

	/* The answer: a status with `answer` or `text`, or a refusal. */
	int status;          /* 0: 200 */
	json_t *answer;      /* NULL with an empty text: no body */
	struct tfs_buf text; /* JSON text made without a tree, or other text if `type` is set */
	const char *type;    /* content type; NULL: JSON */
	bool clear;          /* never sealed, whatever the catalogue says */
	bool signs_on;       /* an answer to a login */
	struct refusal refusal;
};

void sandbox_call_init(struct call *call, const struct box *box, const struct call_input *in);
void sandbox_call_finish(struct call *call);

/* Whether the sandbox does what the API document only allows a server to do. */
static inline bool sandbox_call_is_strict(const struct call *call)
{
	return call->box->mode == BOX_STRICT;
}

/* `return call_refuse(call, 404, "moduleId", "…")` */
#define call_refuse(call, status, ...) sandbox_refuse(&(call)->refusal, (status), __VA_ARGS__)

/* A member of the opened body, borrowed; NULL. */
json_t *sandbox_call_member(const struct call *call, const char *name);
const char *sandbox_call_text(const struct call *call, const char *name);
/* The value of a path parameter, borrowed; "" when the path has no such parameter. */
const char *sandbox_call_param(const struct call *call, const char *name);
/* The token after "Bearer " in the authorization header, opened if it is sealed; NULL. Borrowed. */
const char *sandbox_call_bearer(const struct call *call);
/* The caller: the token's user name, or "client". Borrowed. */
const char *sandbox_call_actor(const struct call *call);
/* Takes over `answer`. -ENOMEM when it is NULL. */
int sandbox_call_answer(struct call *call, json_t *answer);
/* Answers 204 without a body. */
int sandbox_call_done(struct call *call);

#endif
