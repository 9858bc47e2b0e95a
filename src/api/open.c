/* The open link: opens sealed answers, and refuses unsealed ones where a sealed one is required. */
#include <errno.h>
#include <string.h>

#include "client.h"
#include "envelope.h"

/* Parses the bytes as JSON. Otherwise keeps them as they are, with the reason in `error`. */
static void take_text(struct tfs_exchange *exchange, struct tfs_buf *text, struct tfs_error *error)
{
	if (text->len == 0)
		return;
	if (tfs_json_parse(text->data, text->len, &exchange->answer, error) == 0)
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

/*
 * The sealed text of {"data", "publicKey", …}, or of "data" alone where a sealed answer is expected; else
 * NULL.
 */
static const json_t *sealed_data(const struct tfs_exchange *exchange)
{
	const json_t *data = json_object_get(exchange->answer, "data");
	bool keyed = json_is_string(json_object_get(exchange->answer, "publicKey"));
	bool expected = exchange->endpoint->answer_seal == TFS_SEAL_ALWAYS;

	if (!json_is_string(data) || !exchange->pin)
		return NULL;
	return keyed || (expected && json_object_size(exchange->answer) == 1) ? data : NULL;
}

/* The same for bytes that api_envelope_scan understands. */
static bool scan_sealed(const struct tfs_exchange *exchange, struct envelope *ret)
{
	const struct tfs_buf *body = &exchange->http.body;

	if (!exchange->pin || !api_envelope_scan(body->data, body->len, ret))
		return false;
	return ret->key[0] != '\0' || exchange->endpoint->answer_seal == TFS_SEAL_ALWAYS;
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

/* An unsealed refusal may mean that the service could not open the request: its key may have changed. */
static int doubt_key(struct tfs_op *op, struct tfs_exchange *exchange)
{
	int status = exchange->http.status;

	if (!exchange->pin || (status != 400 && status != 401))
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
	if (exchange->endpoint->answer_seal == TFS_SEAL_ALWAYS && (exchange->answer || exchange->plain.len > 0) &&
	    exchange->http.status / 100 == 2)
		return fail_answer(op, exchange, "is not sealed", "");
	return check_json(op, exchange, false, &error);
}
