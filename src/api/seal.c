/* The seal link: seals the body once and makes the headers of each attempt. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client.h"

enum {
	HEADERS_MAX = 256 * 1024,
	BODY_MAX = 64 * 1024 * 1024,
	REQUEST_ID_MAX = 1024,
};

static int fail_error(struct tfs_op *op, const struct tfs_error *error)
{
	*tfs_op_error(op) = *error;
	return error->code;
}

static int fail_body(struct tfs_op *op, int code)
{
	return code == -EFBIG ? tfs_fail(op, -EFBIG, "api", "the body is larger than %d bytes", BODY_MAX)
			      : tfs_fail(op, code, "api", "the body cannot be written: %s", strerrordesc_np(-code));
}

/* {"data": sealed, "publicKey": ours}. Both are base64, so nothing needs escaping. */
static int wrap_sealed(struct tfs_op *op, struct tfs_exchange *exchange, const struct tfs_buf *plain)
{
	struct tfs_error error = { 0 };
	int r = tfs_buf_puts(&exchange->body, "{\"data\":\"");

	if (r == 0) {
		r = tfs_seal(exchange->pin->peer, plain->data, plain->len, &exchange->body, &error);
		if (r < 0 && r != -EFBIG)
			return fail_error(op, &error);
	}
	if (r == 0)
		r = tfs_buf_printf(&exchange->body, "\",\"publicKey\":\"%s\"}", tfs_key_public(exchange->api->key));
	return r < 0 ? fail_body(op, r) : 0;
}

static int make_body(struct tfs_op *op, struct tfs_exchange *exchange)
{
	struct tfs_buf plain cleanup_buf = TFS_BUF_INIT_SECRET(BODY_MAX);
	int r;

	exchange->body.max = (size_t)BODY_MAX * 2;
	if (exchange->endpoint->upload) {
		exchange->body.secret = true;
		r = tfs_buf_add(&exchange->body, exchange->call->upload.bytes, exchange->call->upload.len);
		return r < 0 ? fail_body(op, r) : 0;
	}
	if (exchange->endpoint->request_seal != TFS_SEAL_ALWAYS) {
		exchange->body.secret = true;
		r = tfs_json_print(exchange->call->body, &exchange->body);
		return r < 0 ? fail_body(op, r) : 0;
	}
	r = tfs_json_print(exchange->call->body, &plain);
	return r < 0 ? fail_body(op, r) : wrap_sealed(op, exchange, &plain);
}

static int end_header(struct tfs_exchange *exchange)
{
	return tfs_buf_putc(&exchange->headers, '\0');
}

static int add_header(struct tfs_exchange *exchange, const char *name, const char *value)
{
	int r = tfs_buf_printf(&exchange->headers, "%s: %s", name, value);

	return r < 0 ? r : end_header(exchange);
}

/* `start` is the line up to the sealed text. */
static int add_sealed(struct tfs_op *op, struct tfs_exchange *exchange, const char *start, const char *text, size_t len)
{
	struct tfs_error error = { 0 };
	int r = tfs_buf_puts(&exchange->headers, start);

	if (r < 0)
		return r;
	r = tfs_seal(exchange->pin->peer, text, len, &exchange->headers, &error);
	return r < 0 ? fail_error(op, &error) : end_header(exchange);
}

/* Each attempt has its own UUID and time: the service refuses repeated ones. */
static int add_request_id(struct tfs_op *op, struct tfs_exchange *exchange)
{
	struct tfs_buf plain cleanup_buf = TFS_BUF_INIT(REQUEST_ID_MAX);
	json_t *id cleanup_json = NULL;
	int r = tfs_uuid(exchange->uuid);

	if (r < 0)
		return tfs_fail(op, r, "api", "the system gives no random bytes");
	id = json_pack("{s:s, s:s, s:I}", "appid", exchange->api->config->app_id, "uuid", exchange->uuid, "ts",
		       (json_int_t)time(NULL));
	if (!id || tfs_json_print(id, &plain) < 0)
		return tfs_fail(op, -EINVAL, "api", "app-id must be UTF-8");
	return add_sealed(op, exchange, "requestid: ", plain.data, plain.len);
}

/* Goes with every sealed call where one is configured: services ask for it also where the document does not. */
static int add_license(struct tfs_op *op, struct tfs_exchange *exchange)
{
	const struct tfs_config *config = exchange->api->config;
	const char *license;
	int r;

	if (exchange->endpoint->license != TFS_NEED_REQUIRED && !config->license_file && !config->license_command)
		return 0;
	r = api_license_get(exchange->api->license, op, &license);
	return r < 0 ? r : add_sealed(op, exchange, "licensekey: ", license, strlen(license));
}

static int add_token(struct tfs_op *op, struct tfs_exchange *exchange)
{
	static const char start[] = "authorization: Bearer ";
	const struct tfs_buf *token = &exchange->token;
	int r;

	if (exchange->token_use.form != TFS_TOKEN_CLEAR)
		return add_sealed(op, exchange, start, token->data, token->len);
	r = tfs_buf_printf(&exchange->headers, "%s%s", start, token->data);
	return r < 0 ? r : end_header(exchange);
}

/* Only if `send-key-secret` is set: the private key leaves this machine. */
static int add_key_secret(struct tfs_exchange *exchange)
{
	struct tfs_secret *secret = tfs_key_private(exchange->api->key);
	int r;

	if (!secret)
		return -ENOMEM;
	r = add_header(exchange, "keyId", tfs_key_public(exchange->api->key));
	if (r == 0)
		r = add_header(exchange, "keySecret", tfs_secret_text(secret));
	tfs_secret_free(secret);
	return r;
}

static int add_plain_headers(struct tfs_exchange *exchange)
{
	const struct tfs_endpoint *endpoint = exchange->endpoint;
	int r = 0;

	if (exchange->body.len > 0 && !endpoint->upload)
		r = add_header(exchange, "content-type", "application/json");
	if (r == 0 && endpoint->public_key != TFS_NEED_NONE)
		r = add_header(exchange, "publickey", tfs_key_public(exchange->api->key));
	if (r == 0 && exchange->api->config->send_key_secret && endpoint->public_key != TFS_NEED_NONE)
		r = add_key_secret(exchange);
	return r;
}

/* A text as it is, an object as sealed JSON. */
static int add_param(struct tfs_op *op, struct tfs_exchange *exchange, const struct tfs_field *field,
		     const json_t *value)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT_SECRET(HEADERS_MAX);
	char start[80];

	if (json_is_string(value))
		return add_header(exchange, field->name, json_string_value(value));
	if (!exchange->pin || tfs_json_print(value, &text) < 0)
		return tfs_fail(op, -EINVAL, "api", "the header %s cannot be sealed", field->name);
	snprintf(start, sizeof(start), "%s: ", field->name);
	return add_sealed(op, exchange, start, text.data, text.len);
}

static int add_params(struct tfs_op *op, struct tfs_exchange *exchange)
{
	const struct tfs_endpoint *endpoint = exchange->endpoint;
	int r = 0;

	for (size_t i = 0; i < endpoint->n_header_params && r == 0; i++) {
		const struct tfs_field *field = &endpoint->header_params[i];
		const json_t *value = json_object_get(exchange->call->headers, field->name);

		if (value && !json_is_null(value))
			r = add_param(op, exchange, field, value);
	}
	return r;
}

static int make_headers(struct tfs_op *op, struct tfs_exchange *exchange)
{
	int r;

	tfs_buf_wipe(&exchange->headers);
	exchange->headers = TFS_BUF_INIT_SECRET(HEADERS_MAX);
	r = add_plain_headers(exchange);
	if (r < 0)
		return tfs_fail(op, r, "api", "the headers cannot be written: %s", strerrordesc_np(-r));
	if (exchange->endpoint->request_id != TFS_NEED_NONE)
		r = add_request_id(op, exchange);
	if (r == 0 && exchange->token.len > 0)
		r = add_token(op, exchange);
	if (r == 0 && exchange->pin)
		r = add_license(op, exchange);
	if (r == 0)
		r = add_params(op, exchange);
	if (r < 0 && tfs_op_error(op)->code != r)
		tfs_fail(op, r, "api", "the headers cannot be written: %s", strerrordesc_np(-r));
	return r;
}

int api_seal_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange)
{
	int r = 0;

	if ((exchange->call->body || exchange->endpoint->upload) && exchange->body.len == 0)
		r = make_body(op, exchange);
	if (r == 0)
		r = make_headers(op, exchange);
	return r < 0 ? r : run_next(link, op, exchange);
}
