/* The url link: fills in the path's parameters and the query, percent-encoded. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "client.h"

enum { URL_MAX = 64 * 1024 };

static int add_encoded(struct tfs_buf *url, const char *text, size_t len)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	int r = 0;

	for (size_t i = 0; i < len && r == 0; i++) {
		if (text[i] != '\0' && strchr(plain, text[i]))
			r = tfs_buf_putc(url, text[i]);
		else
			r = tfs_buf_printf(url, "%%%02X", (unsigned char)text[i]);
	}
	return r;
}

/* Appends the text of a scalar to `out`. -EINVAL: an object, an array or null. */
static int text_of(const json_t *value, struct tfs_buf *out)
{
	if (json_is_string(value))
		return tfs_buf_add(out, json_string_value(value), json_string_length(value));
	if (json_is_boolean(value))
		return tfs_buf_puts(out, json_is_true(value) ? "true" : "false");
	if (json_is_number(value))
		return tfs_json_print(value, out);
	return -EINVAL;
}

static int fail_value(struct tfs_op *op, const char *where, const char *name, const char *fault)
{
	char pointer[TFS_ERROR_MEMBER];

	tfs_fail(op, -EINVAL, "api", "the %s parameter %s %s", where, name, fault);
	snprintf(pointer, sizeof(pointer), "/%s/%s", where, name);
	tfs_error_set_member(tfs_op_error(op), pointer);
	return -EINVAL;
}

static int fail_long(struct tfs_op *op, int code)
{
	return code == -ENOMEM ? tfs_fail_memory(op)
			       : tfs_fail(op, -EINVAL, "api", "the URL is longer than %d bytes", URL_MAX);
}

static int add_path_value(struct tfs_op *op, struct tfs_exchange *exchange, const char *name)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(URL_MAX);
	const json_t *value = json_object_get(exchange->call->path, name);
	int r;

	if (!value || json_is_null(value))
		return fail_value(op, "path", name, "is missing");
	r = text_of(value, &text);
	if (r == -EINVAL)
		return fail_value(op, "path", name, "must be a text or a number");
	if (r < 0)
		return fail_long(op, r);
	/* Empty, "." and ".." would name another path. */
	if (text.len == 0 || strcmp(text.data, ".") == 0 || strcmp(text.data, "..") == 0)
		return fail_value(op, "path", name, text.len == 0 ? "is empty" : "cannot be . or ..");
	r = add_encoded(&exchange->url, text.data, text.len);
	return r < 0 ? fail_long(op, r) : 0;
}

/* Appends the value of a name in braces. */
static int add_parameter(struct tfs_op *op, struct tfs_exchange *exchange, const char *start, size_t len)
{
	char name[80];

	if (len >= sizeof(name))
		return tfs_fail(op, -EINVAL, "api", "a parameter of %s is too long", exchange->endpoint->path);
	memcpy(name, start, len);
	name[len] = '\0';
	return add_path_value(op, exchange, name);
}

static int add_path(struct tfs_op *op, struct tfs_exchange *exchange)
{
	const char *at = exchange->endpoint->path;
	int r;

	for (;;) {
		size_t literal = strcspn(at, "{");
		size_t name;

		r = tfs_buf_add(&exchange->url, at, literal);
		if (r < 0)
			return fail_long(op, r);
		if (at[literal] == '\0')
			return 0;
		name = strcspn(at + literal + 1, "}");
		r = add_parameter(op, exchange, at + literal + 1, name);
		if (r < 0)
			return r;
		at += literal + 1 + name + (at[literal + 1 + name] == '}');
	}
}

static int add_pair(struct tfs_op *op, struct tfs_exchange *exchange, const char *name, const json_t *value,
		    bool *first)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(URL_MAX);
	int r = text_of(value, &text);

	if (r == -EINVAL)
		return fail_value(op, "query", name, "must be a text, a number or a boolean");
	if (r == 0)
		r = tfs_buf_putc(&exchange->url, *first ? '?' : '&');
	if (r == 0)
		r = add_encoded(&exchange->url, name, strlen(name));
	if (r == 0)
		r = tfs_buf_putc(&exchange->url, '=');
	if (r == 0)
		r = add_encoded(&exchange->url, text.data, text.len);
	*first = false;
	return r < 0 ? fail_long(op, r) : 0;
}

/* An array repeats the parameter for each element; null leaves it out. */
static int add_query(struct tfs_op *op, struct tfs_exchange *exchange)
{
	const char *name;
	json_t *value, *element;
	bool first = true;
	size_t i;
	int r;

	json_object_foreach (exchange->call->query, name, value) {
		if (json_is_null(value))
			continue;
		if (!json_is_array(value)) {
			r = add_pair(op, exchange, name, value, &first);
			if (r < 0)
				return r;
			continue;
		}
		json_array_foreach (value, i, element) {
			r = add_pair(op, exchange, name, element, &first);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

int api_url_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange)
{
	int r;

	exchange->url = TFS_BUF_INIT(URL_MAX);
	r = tfs_buf_puts(&exchange->url, exchange->api->config->url);
	if (r < 0)
		return fail_long(op, r);
	r = add_path(op, exchange);
	if (r == 0 && exchange->call->query)
		r = add_query(op, exchange);
	return r < 0 ? r : run_next(link, op, exchange);
}
