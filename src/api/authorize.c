/* The session link: adds the token, and after a 401 tries the token's other form, or a newer token. */
#include <errno.h>
#include <string.h>
#include <stdio.h>
#include <stdlib.h>

#include "client.h"

/* What the attempts of one call share. */
struct attempts {
	unsigned version; /* of the session's token; 0: it is not the session's */
	bool renewed;     /* a newer token was tried */
};

static int set_token(struct tfs_op *op, struct tfs_exchange *exchange, const char *token)
{
	exchange->token.secret = true;
	exchange->token.max = CREDENTIAL_MAX;
	tfs_buf_reset(&exchange->token);
	return tfs_buf_puts(&exchange->token, token) < 0 ? tfs_fail_memory(op) : 0;
}

static int fail_no_session(struct tfs_op *op, const struct tfs_api *api)
{
	cleanup_free char *line = tfs_config_command_line(api->config, "login");

	return line ? tfs_fail(op, -EACCES, "api", "log in: %s", line) : tfs_fail_memory(op);
}

/* 0 with the token set, or without it where it is optional and there is none. */
static int authorize(struct tfs_op *op, struct tfs_exchange *exchange, struct attempts *at)
{
	struct tfs_buf token cleanup_buf = TFS_BUF_INIT_SECRET(CREDENTIAL_MAX);
	int r = api_session_token(exchange->api->session, op, &token, &at->version);

	if (r == 0)
		return set_token(op, exchange, token.data);
	if (r == -EINTR || r == -ETIMEDOUT)
		return r;
	if (exchange->endpoint->token == TFS_NEED_OPTIONAL) {
		tfs_error_clear(tfs_op_error(op));
		return 0;
	}
	return r == -ENOENT ? fail_no_session(op, exchange->api) : r;
}

/* 1 with a newer token of the session set, 0 when there is none. */
static int renew(struct tfs_op *op, struct tfs_exchange *exchange, struct attempts *at)
{
	int r;

	if (at->renewed || at->version == 0 || !api_session_refused(exchange->api->session, op, at->version))
		return 0;
	at->renewed = true;
	exchange->token_use.turned = false;
	r = authorize(op, exchange, at);
	return r < 0 ? r : 1;
}

static bool turn(const struct attempts *at, struct tfs_exchange *exchange)
{
	return api_refusal_may_be_form(exchange) &&
	       api_token_form_turn(exchange->api->token_form, at->version, &exchange->token_use);
}

/*
 * After a 401: 1 when there is another attempt to make. A form that was accepted before is doubted only after the
 * token; so a token that has ended costs no call in the wrong form.
 */
static int choose_next(struct tfs_op *op, struct tfs_exchange *exchange, struct attempts *at)
{
	int r;

	if (!exchange->token_use.known && turn(at, exchange))
		return 1;
	r = renew(op, exchange, at);
	return r == 0 && turn(at, exchange) ? 1 : r;
}

/* Whether an answer that is not a 401 shows that the token was read. */
static bool proves_form(const struct tfs_exchange *exchange)
{
	return exchange->endpoint->token == TFS_NEED_REQUIRED ||
	       (exchange->bearer && exchange->endpoint->token == TFS_NEED_OPTIONAL);
}

static int run_with_token(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange, struct attempts *at)
{
	struct token_form *form = exchange->api->token_form;
	struct token_use *use = &exchange->token_use;
	int r, more = 0;

	snprintf(use->key, sizeof(use->key), "%s", tfs_peer_fingerprint(exchange->pin->peer));
	use->proves = proves_form(exchange);
	r = api_token_form_choose(form, op, at->version, use);
	if (r < 0)
		return r;
	do {
		if (more)
			api_exchange_discard_answer(exchange);
		r = run_next(link, op, exchange);
		more = r == 0 && exchange->http.status == 401 ? choose_next(op, exchange, at) : 0;
	} while (more > 0);
	api_token_form_settle(form, at->version, use, r == 0 ? exchange->http.status : 0);
	return more < 0 ? more : r;
}

static int run_authorized(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange)
{
	struct attempts at = { 0 };
	int r = authorize(op, exchange, &at);

	if (r < 0)
		return r;
	if (exchange->token.len == 0)
		return run_next(link, op, exchange);
	r = run_with_token(link, op, exchange, &at);
	/* A 401 because of the clock or the license says nothing about the session. */
	if (r == 0 && (exchange->http.status / 100 == 2 ||
		       (exchange->http.status == 401 && api_refusal_of(exchange) == REFUSED_SESSION)))
		api_session_judge(exchange->api->session, exchange->http.status == 401);
	return r;
}

int api_session_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange)
{
	const struct tfs_endpoint *endpoint = exchange->endpoint;
	struct attempts at = { 0 };
	int r;

	/* The caller gives the header. */
	if (tfs_field_find(endpoint->header_params, endpoint->n_header_params, "authorization"))
		return run_next(link, op, exchange);
	if (!exchange->bearer && endpoint->token != TFS_NEED_NONE)
		return run_authorized(link, op, exchange);
	if (!exchange->bearer || exchange->bearer[0] == '\0')
		return run_next(link, op, exchange);
	r = set_token(op, exchange, exchange->bearer);
	return r < 0 ? r : run_with_token(link, op, exchange, &at);
}

int tfs_api_user(struct tfs_api *api, struct tfs_op *op, char **ret)
{
	struct tfs_buf token cleanup_buf = TFS_BUF_INIT_SECRET(CREDENTIAL_MAX);
	unsigned version;
	int r = api_session_token(api->session, op, &token, &version);

	if (r == -ENOENT)
		return fail_no_session(op, api);
	if (r < 0)
		return r;
	*ret = api_jwt_user(token.data);
	/* The token of some services is no JWT, or does not name its user. */
	if (!*ret && api->config->user) {
		*ret = strdup(api->config->user);
		return *ret ? 0 : tfs_fail_memory(op);
	}
	return 0;
}
