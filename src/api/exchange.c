/* One call: its exchange is made, sent down the chain of links, and its answer handed to the caller. */
#include <string.h>

#include "client.h"
#include "tenantfs/clock.h"

void api_exchange_discard_answer(struct tfs_exchange *exchange)
{
	tfs_http_answer_finish(&exchange->http);
	exchange->http = (struct tfs_http_answer){ 0 };
	json_decref(exchange->answer);
	exchange->answer = NULL;
	tfs_buf_wipe(&exchange->plain);
	exchange->plain = TFS_BUF_INIT(0);
}

uint64_t api_exchange_left_ms(const struct tfs_exchange *exchange, const struct tfs_op *op)
{
	uint64_t left = tfs_op_left_ms(op), spent;

	if (left != UINT64_MAX)
		return left;
	spent = tfs_clock_ms() - exchange->started_ms;
	return spent < exchange->api->config->timeout_ms ? exchange->api->config->timeout_ms - spent : 0;
}

static void exchange_finish(struct tfs_exchange *exchange)
{
	api_exchange_discard_answer(exchange);
	tfs_buf_finish(&exchange->url);
	tfs_buf_wipe(&exchange->body);
	tfs_buf_wipe(&exchange->token);
	tfs_buf_wipe(&exchange->headers);
	api_pin_unref(exchange->pin);
}

static json_t *text_or_null(const char *text)
{
	return text && text[0] != '\0' ? json_string(text) : NULL;
}

/* NULL without one, or out of memory: the answer is complete without them. */
static json_t *answer_headers(const struct tfs_http_answer *http)
{
	json_t *headers = json_pack("{s:o*, s:o*, s:o*, s:o*}", "location", text_or_null(http->location), "requestid",
				    text_or_null(http->request_id), "retry-after",
				    http->retry_after_s > 0 ? json_integer(http->retry_after_s) : NULL,
				    "content-disposition", text_or_null(http->content_disposition));

	if (json_object_size(headers) > 0)
		return headers;
	json_decref(headers);
	return NULL;
}

static void hand_over(struct tfs_exchange *exchange, struct tfs_api_answer *ret)
{
	*ret = (struct tfs_api_answer){
		.status = exchange->http.status,
		.body = exchange->answer,
		.raw = exchange->plain,
		.headers = exchange->raw ? answer_headers(&exchange->http) : NULL,
	};
	memcpy(ret->request_id, exchange->uuid, TFS_UUID_TEXT);
	exchange->answer = NULL;
	exchange->plain = TFS_BUF_INIT(0);
}

int api_run_call(struct tfs_api *api, struct tfs_op *op, const struct tfs_api_call *call, const char *bearer, bool raw,
		 struct tfs_api_answer *ret)
{
	struct tfs_exchange exchange = {
		.api = api,
		.call = call,
		.endpoint = call->endpoint,
		.bearer = bearer,
		.raw = raw,
		.started_ms = tfs_clock_ms(),
	};
	int r = api->chain[0].run(&api->chain[0], op, &exchange);

	if (r == 0)
		hand_over(&exchange, ret);
	exchange_finish(&exchange);
	return r;
}

void tfs_api_answer_finish(struct tfs_api_answer *answer)
{
	if (!answer)
		return;
	json_decref(answer->body);
	json_decref(answer->headers);
	answer->body = answer->headers = NULL;
	tfs_buf_wipe(&answer->raw);
}
