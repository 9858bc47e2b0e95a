/* The errors link: turns the forms of a refusal into one error. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tenantfs/utf8.h"

#include "client.h"

enum {
	SKEW_S = 30,      /* difference of clocks that is reported */
	SKEW_NOTED_S = 2, /* the same when the refusal is about time */
	PLAIN_MAX = 200,  /* bytes of an answer that is not JSON */
};

int tfs_status_errno(int status)
{
	if (status / 100 == 2)
		return 0;
	switch (status) {
	case 401:
		return -EACCES;
	case 403:
		return -EPERM;
	case 404:
		return -ENOENT;
	case 409:
		return -EEXIST;
	case 429:
		return -EAGAIN;
	default:
		return status >= 400 && status < 500 ? -EINVAL : -EIO;
	}
}

/* Adds as much as the buffer takes. */
static void add_beginning(struct tfs_buf *out, const char *text, size_t len)
{
	size_t room = out->max - out->len;

	tfs_buf_add(out, text, tfs_utf8_cut(text, len < room ? len : room));
}

/* A text, the texts of an array, or the message of an object, joined by "; ". */
static void add_texts(struct tfs_buf *out, const json_t *value)
{
	const json_t *element;
	size_t i;

	if (json_is_string(value) && json_string_length(value) > 0) {
		if (out->len > 0)
			tfs_buf_puts(out, "; ");
		add_beginning(out, json_string_value(value), json_string_length(value));
	} else if (json_is_object(value)) {
		add_texts(out, json_object_get(value, "message"));
	} else if (json_is_array(value)) {
		json_array_foreach (value, i, element) {
			if (!json_is_array(element))
				add_texts(out, element);
		}
	}
}

void api_refusal_message(struct tfs_buf *out, const json_t *body)
{
	static const char *const members[] = { "message", "errors", "error", "error_description", "data" };

	if (json_is_string(body))
		add_texts(out, body);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]) && out->len == 0; i++)
		add_texts(out, json_object_get(body, members[i]));
}

/* A short line of plain text, as of a proxy or load balancer; no HTML page. */
static void add_plain(struct tfs_buf *out, const struct tfs_buf *plain)
{
	size_t len = plain->len > 0 ? strcspn(plain->data, "\r\n") : 0;

	if (len > 0 && len <= PLAIN_MAX && plain->data[0] != '<')
		tfs_buf_add(out, plain->data, len);
}

/* The invalid member: `param` of the body, or of its first error that has one. */
static const char *find_param(const json_t *body)
{
	const char *param = tfs_json_text(body, "param");
	const json_t *errors = json_object_get(body, "errors");

	for (size_t i = 0; !param && i < json_array_size(errors); i++)
		param = tfs_json_text(json_array_get(errors, i), "param");
	return param && param[0] != '\0' ? param : NULL;
}

/* Names the member "body.users[0].email" as "/users/0/email". */
static void set_member(struct tfs_error *error, const char *param)
{
	char out[TFS_ERROR_MEMBER];
	size_t len = 0;

	if (strncmp(param, "body.", 5) == 0)
		param += 5;
	if (param[0] != '/')
		out[len++] = '/';
	for (; *param != '\0' && len + 1 < sizeof(out); param++) {
		if (*param == '.' || *param == '[')
			out[len++] = '/';
		else if (*param != ']')
			out[len++] = *param;
	}
	out[len] = '\0';
	tfs_error_set_member(error, out);
}

static bool speaks_of_time(const char *message)
{
	return strcasestr(message, "time") || strcasestr(message, "clock") || strcasestr(message, "expired");
}

/* Seconds this clock is ahead of the server's; 0 when the answer has no time. */
static long long clock_ahead(const struct tfs_exchange *exchange)
{
	return exchange->http.server_time == 0 ? 0 : (long long)time(NULL) - exchange->http.server_time;
}

static bool is_about(const char *param, const char *message, const char *name, const char *word)
{
	return (param && strcasecmp(param, name) == 0) || strcasestr(message, word);
}

enum refusal api_refusal_of(const struct tfs_exchange *exchange)
{
	struct tfs_buf message cleanup_buf = TFS_BUF_INIT(4 * TFS_ERROR_MESSAGE);
	const char *param = find_param(exchange->answer), *text;

	api_refusal_message(&message, exchange->answer);
	text = message.data ? message.data : "";
	if (exchange->http.status != 400 && exchange->http.status != 401)
		return REFUSED_OTHERWISE;
	if (is_about(param, text, "licensekey", "licen"))
		return REFUSED_LICENSE;
	if (llabs(clock_ahead(exchange)) > SKEW_S && (!param || strcasecmp(param, "authorization") != 0))
		return REFUSED_TIME;
	/* The clock is right, so the request id was repeated or cannot be opened. A login does not help. */
	if (exchange->http.status == 400 || is_about(param, text, "requestid", "requestid"))
		return REFUSED_OTHERWISE;
	if (is_about(param, text, "publickey", "not registered"))
		return REFUSED_KEY;
	return REFUSED_SESSION;
}

/* The service has read the token, or the refusal is about what was typed. */
static bool blames_other(const char *message)
{
	static const char *const words[] = { "expire", "password", "passcode", "otp", "one-time", "hardware" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(message, words[i]))
			return true;
	return false;
}

/* Without a word about the token, a refusal may as well be about a code, which is used up or counted as wrong then. */
static bool names_token(const char *param, const char *message)
{
	static const char *const words[] = { "token", "jwt", "bearer", "authorization" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (is_about(param, message, words[i], words[i]))
			return true;
	return false;
}

bool api_refusal_may_be_form(const struct tfs_exchange *exchange)
{
	struct tfs_buf message cleanup_buf = TFS_BUF_INIT(4 * TFS_ERROR_MESSAGE);
	const char *param = find_param(exchange->answer);
	long long ends = exchange->token.len > 0 ? api_jwt_expiry(exchange->token.data) : 0;

	if (exchange->http.status != 401 || api_refusal_of(exchange) != REFUSED_SESSION)
		return false;
	if ((param && strcasecmp(param, "authorization") != 0) || (ends != 0 && ends <= (long long)time(NULL)))
		return false;
	api_refusal_message(&message, exchange->answer);
	if (exchange->call->once && !names_token(param, message.data ? message.data : ""))
		return false;
	return !message.data || !blames_other(message.data);
}

/* With a wrong clock every call fails, often with a message about something else. */
static void add_clock(struct tfs_buf *out, const struct tfs_exchange *exchange, const char *remedy)
{
	long long ahead = clock_ahead(exchange);
	long long worth = speaks_of_time(out->data ? out->data : "") ? SKEW_NOTED_S : SKEW_S + 1;

	if (exchange->http.server_time == 0 || llabs(ahead) < worth)
		return;
	tfs_buf_printf(out, " (this clock is %lld s %s the server's%s)", llabs(ahead),
		       ahead > 0 ? "ahead of" : "behind", remedy);
}

static void add_session(struct tfs_buf *out, const struct tfs_exchange *exchange)
{
	long long ends = api_session_ends(exchange->api->session), now = (long long)time(NULL);
	cleanup_free char *line = NULL;

	if (exchange->token.len == 0 || exchange->bearer)
		return;
	line = tfs_config_command_line(exchange->api->config, "login");
	tfs_buf_puts(out, " (");
	if (ends > 0 && ends <= now)
		tfs_buf_printf(out, "the session ended %lld minutes ago; ", (now - ends) / 60);
	tfs_buf_printf(out, "log in: %s)", line ? line : "tenantfs login");
}

/* The other form was not tried with a code that must not be sent twice. */
static void add_form(struct tfs_buf *out, const struct tfs_exchange *exchange)
{
	const struct token_use *use = &exchange->token_use;

	if (exchange->call->once && exchange->token.len > 0 && !use->known && !use->turned)
		tfs_buf_printf(
			out,
			" (if the code was right, the service wants the token in the other form: set token-form = %s)",
			use->form == TFS_TOKEN_SEALED ? "clear" : "sealed");
}

/* Adds what the user can do. A login helps against one cause only. */
static void add_remedy(struct tfs_buf *out, const struct tfs_exchange *exchange)
{
	const struct tfs_config *config = exchange->api->config;

	switch (api_refusal_of(exchange)) {
	case REFUSED_LICENSE:
		tfs_buf_printf(out, " (the license key was refused: look at %s)",
			       config->license_file ? config->license_file : "license-command");
		break;
	case REFUSED_KEY:
		tfs_buf_printf(out, " (the service does not take the public key of %s: have it registered)",
			       config->key_file);
		break;
	case REFUSED_TIME:
		add_clock(out, exchange, ": set it right");
		break;
	case REFUSED_SESSION:
		add_session(out, exchange);
		add_form(out, exchange);
		add_clock(out, exchange, "");
		break;
	case REFUSED_OTHERWISE:
		if (exchange->http.status == 400)
			add_clock(out, exchange, "");
		break;
	}
}

static void write_message(struct tfs_buf *out, const struct tfs_exchange *exchange, const char *param)
{
	api_refusal_message(out, exchange->answer);
	if (out->len == 0)
		add_plain(out, &exchange->plain);
	if (out->len == 0)
		tfs_buf_printf(out, "the server answered %d", exchange->http.status);
	if (param && !strstr(out->data, param))
		tfs_buf_printf(out, " (%s)", param);
	add_remedy(out, exchange);
}

/* Sets the op's error from a refusal: message, member, status. Returns the errno of the status. */
static int fail_status(struct tfs_op *op, const struct tfs_exchange *exchange)
{
	/* Longer than the message of an error; what does not fit is left out. */
	struct tfs_buf message cleanup_buf = TFS_BUF_INIT(4 * TFS_ERROR_MESSAGE);
	const char *param = find_param(exchange->answer);
	struct tfs_error *error = tfs_op_error(op);
	int r = tfs_status_errno(exchange->http.status);

	write_message(&message, exchange, param);
	tfs_fail(op, r, "api", "%s", message.data ? message.data : "the server refused");
	error->status = exchange->http.status;
	error->doubtful = exchange->doubtful;
	memcpy(error->request_id, exchange->uuid, TFS_UUID_TEXT);
	if (param)
		set_member(error, param);
	return r;
}

int api_errors_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange)
{
	int r;

	/* Before anything is sent; does not count as a failure. */
	if (tfs_op_cancelled(op))
		return tfs_fail(op, -EINTR, "api", "interrupted");
	r = run_next(link, op, exchange);
	if (r == 0 && exchange->http.status == 401 && api_refusal_of(exchange) == REFUSED_LICENSE)
		api_license_forget(exchange->api->license);
	if (r == 0 && !exchange->raw && exchange->http.status / 100 != 2)
		r = fail_status(op, exchange);
	if (r < 0)
		atomic_fetch_add(&exchange->api->failures, 1);
	return r;
}
