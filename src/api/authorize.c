/* The session link: adds the token, and after a 401 retries once with a newer one. */
#include <errno.h>

#include "client.h"

static int set_header(struct tfs_op *op, struct tfs_exchange *exchange, const char *token)
{
	int r;

	exchange->authorization.secret = true;
	exchange->authorization.max = CREDENTIAL_MAX + 64;
	tfs_buf_reset(&exchange->authorization);
	r = tfs_buf_printf(&exchange->authorization, "authorization: Bearer %s", token);
	return r < 0 ? tfs_fail_memory(op) : 0;
}

/* 0 with the header set, or without it where the token is optional and there is none. */
static int authorize(struct tfs_op *op, struct tfs_exchange *exchange, unsigned *ret_version)
{
	struct tfs_buf token cleanup_buf = TFS_BUF_INIT_SECRET(CREDENTIAL_MAX);
	int r = api_session_token(exchange->api->session, op, &token, ret_version);

	if (r == 0)
		return set_header(op, exchange, token.data);
	if (r == -EINTR || r == -ETIMEDOUT)
		return r;
	if (exchange->endpoint->token == TFS_NEED_OPTIONAL) {
		tfs_error_clear(tfs_op_error(op));
		return 0;
	}
	if (r == -ENOENT)
		return tfs_fail(op, -EACCES, "api", "log in: tenantfs login");
	return r;
}

static int run_authorized(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange)
{
	struct session *session = exchange->api->session;
	unsigned version = 0;
	int r = authorize(op, exchange, &version);

	if (r == 0)
		r = run_next(link, op, exchange);
	if (r == 0 && exchange->http.status == 401 && version != 0 && api_session_refused(session, op, version)) {
		r = authorize(op, exchange, &version);
		if (r < 0)
			return r;
		api_exchange_discard_answer(exchange);
		r = run_next(link, op, exchange);
	}
	/* A 401 because of the clock or the license says nothing about the session. */
	if (r == 0 && version != 0 &&
	    (exchange->http.status / 100 == 2 ||
	     (exchange->http.status == 401 && api_refusal_of(exchange) == REFUSED_SESSION)))
		api_session_judge(session, exchange->http.status == 401);
	return r;
}

int api_session_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange)
{
	int r = 0;

	if (!exchange->bearer && exchange->endpoint->token != TFS_NEED_NONE)
		return run_authorized(link, op, exchange);
	if (exchange->bearer && exchange->bearer[0] != '\0')
		r = set_header(op, exchange, exchange->bearer);
	return r < 0 ? r : run_next(link, op, exchange);
}

int tfs_api_user(struct tfs_api *api, struct tfs_op *op, char **ret)
{
	struct tfs_buf token cleanup_buf = TFS_BUF_INIT_SECRET(CREDENTIAL_MAX);
	unsigned version;
	int r = api_session_token(api->session, op, &token, &version);

	if (r == -ENOENT)
		return tfs_fail(op, -EACCES, "api", "log in: tenantfs login");
	if (r < 0)
		return r;
	*ret = api_jwt_user(token.data);
	return 0;
}
