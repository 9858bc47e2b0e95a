/*
 * The open link: opens sealed answers, also where the API document shows a clear one, and refuses unsealed
 * answers where it shows a sealed one.
 */
#include <errno.h>
#include <string.h>

#include "client.h"
#include "envelope.h"

/* One odd record must not hide the others. */
static bool repair(struct tfs_exchange *exchange, const struct tfs_buf *text)
{
	cleanup_json json_t *repairs = NULL;

	if (tfs_json_repair(text->data, text->len, &exchange->answer, &repairs) < 0)
		return false;
	api_odd_records_note(&exchange->api->odd_records, exchange->endpoint, exchange->answer, repairs);
	return true;
}

/* Parses the bytes as JSON. Otherwise keeps them as they are, with the reason in `error`. */
static void take_text(struct tfs_exchange *exchange, struct tfs_buf *text, struct tfs_error *error)
{
	if (text->len == 0)
		return;
	if (tfs_json_parse(text->data, text->len, &exchange->answer, error) == 0 || repair(exchange, text))
		return;
	exchange->plain = *text;
	*text = TFS_BUF_INIT(text->max);
}

/* True for text meant as JSON, as opposed to CSV, scripts and XML. */
static bool poses_as_json(const struct tfs_exchange *exchange, bool sealed)
{
	size_t start = exchange->plain.len > 0 ? strspn(exchange->plain.data, " \t\r\n") : 0;
	char first = exchange->plain.len > start ? exchange->plain.data[start] : '\0';

	if (!strcasestr(exchange->http.content_type, "json") && !sealed)
		return false;
	return first == '{' || first == '[';
}

/* Whether a text that is the only member of an answer, `data`, is sealed. */
static bool lone_text_is_sealed(const struct tfs_exchange *exchange, const char *text, size_t len)
{
	const struct tfs_endpoint *endpoint = exchange->endpoint;

	if (endpoint->answer_seal == TFS_SEAL_ALWAYS)
		return true;
	return endpoint->answer_data != TFS_DATA_TEXT && tfs_may_be_sealed(text, len);
}

/* The sealed text of {"data", "publicKey", …}, or of "data" alone; else NULL. */
static const json_t *sealed_data(const struct tfs_exchange *exchange)
{
	const json_t *data = json_object_get(exchange->answer, "data");
	bool keyed = json_is_string(json_object_get(exchange->answer, "publicKey"));

	if (!json_is_string(data) || !exchange->pin)
		return NULL;
	if (!keyed && (json_object_size(exchange->answer) > 1 ||
		       !lone_text_is_sealed(exchange, json_string_value(data), json_string_length(data))))
		return NULL;
	return data;
}

/* The same for bytes that api_envelope_scan understands. */
static bool scan_sealed(const struct tfs_exchange *exchange, struct envelope *ret)
{
	const struct tfs_buf *body = &exchange->http.body;

	if (!exchange->pin || !api_envelope_scan(body->data, body->len, ret))
		return false;
	return ret->key[0] != '\0' || lone_text_is_sealed(exchange, ret->data, ret->len);
}

static int fail_answer(struct tfs_op *op, const struct tfs_exchange *exchange, const char *fault, const char *reason)
{
	tfs_fail(op, -EBADMSG, "api", "the answer of %s %s %s%s%s", exchange->endpoint->method,
		 exchange->endpoint->path, fault, reason[0] != '\0' ? ": " : "", reason);
	tfs_op_error(op)->status = exchange->http.status;
	memcpy(tfs_op_error(op)->request_id, exchange->uuid, TFS_UUID_TEXT);
	return -EBADMSG;
}

/* Fails for malformed JSON: it must not become a document. */
static int check_json(struct tfs_op *op, const struct tfs_exchange *exchange, bool sealed,
		      const struct tfs_error *error)
{
	if (exchange->raw || exchange->http.status / 100 != 2 || !poses_as_json(exchange, sealed))
		return 0;
	return fail_answer(op, exchange, "is not JSON", error->message);
}

/* `key` is the one in the answer, or "". */
static int open_sealed(struct tfs_op *op, struct tfs_exchange *exchange, const char *data, size_t len, const char *key)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT_SECRET(exchange->api->config->max_answer);
	struct tfs_error error = { 0 };
	int r = key[0] != '\0' ? api_pin_compare(exchange->api, op, exchange->pin, key) : 0;

	if (r < 0)
		return r;
	r = tfs_open(exchange->pin->peer, data, len, &text, &error);
	if (r == -ENOMEM)
		return tfs_fail_memory(op);
	if (r < 0)
		return fail_answer(op, exchange, "cannot be opened", error.message);
	atomic_store(&exchange->pin->proven, true);
	atomic_store(&exchange->pin->silent, 0);
	take_text(exchange, &text, &error);
	return check_json(op, exchange, true, &error);
}

static int open_parsed(struct tfs_op *op, struct tfs_exchange *exchange, const json_t *data)
{
	json_t *outer cleanup_json = steal_pointer(&exchange->answer);
	const char *key = tfs_json_text(outer, "publicKey");

	return open_sealed(op, exchange, json_string_value(data), json_string_length(data), key ? key : "");
}

/* Replaces {"data": ANSWER}, with or without "publicKey", by ANSWER where it is an object or an array. */
static void unwrap_clear(struct tfs_exchange *exchange)
{
	json_t *data = json_object_get(exchange->answer, "data"), *inner;
	size_t others = json_object_get(exchange->answer, "publicKey") ? 1 : 0;

	if ((!json_is_object(data) && !json_is_array(data)) || json_object_size(exchange->answer) != 1 + others)
		return;
	inner = json_incref(data);
	json_decref(exchange->answer);
	exchange->answer = inner;
}

/* A clear answer of 2xx. It is refused where the document seals the answer, unless the configuration allows it. */
static int take_clear(struct tfs_op *op, struct tfs_exchange *exchange)
{
	const struct tfs_endpoint *endpoint = exchange->endpoint;
	bool sealed = endpoint->answer_seal == TFS_SEAL_ALWAYS && (exchange->answer || exchange->plain.len > 0);

	if (sealed && !exchange->api->config->accept_clear_answers)
		return fail_answer(op, exchange, "is not sealed",
				   exchange->answer
					   ? "the API document seals it; the setting accept-clear-answers accepts it"
					   : "");
	if (sealed || endpoint->answer_data == TFS_DATA_CLEAR)
		unwrap_clear(exchange);
	return 0;
}

/* The token's form is a guess, and the likelier reason for the refusal. The other form is tried next. */
static bool guesses_form(const struct tfs_exchange *exchange)
{
	return exchange->token.len > 0 && !exchange->token_use.known && !exchange->token_use.turned &&
	       api_refusal_may_be_form(exchange);
}

/* An unsealed refusal may mean that the service could not open the request: its key may have changed. */
static int doubt_key(struct tfs_op *op, struct tfs_exchange *exchange)
{
	int status = exchange->http.status;

	if (!exchange->pin || (status != 400 && status != 401) || guesses_form(exchange))
		return 0;
	return api_pin_suspect(exchange->api, op, exchange->pin);
}

int api_open_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange)
{
	struct tfs_error error = { 0 };
	struct envelope envelope;
	const json_t *data;
	int r = run_next(link, op, exchange);

	if (r < 0)
		return r;
	if (scan_sealed(exchange, &envelope))
		return open_sealed(op, exchange, envelope.data, envelope.len, envelope.key);
	take_text(exchange, &exchange->http.body, &error);
	data = sealed_data(exchange);
	if (data)
		return open_parsed(op, exchange, data);
	if (exchange->http.status >= 400)
		return doubt_key(op, exchange);
	if (exchange->http.status / 100 == 2)
		r = take_clear(op, exchange);
	return r < 0 ? r : check_json(op, exchange, false, &error);
}
