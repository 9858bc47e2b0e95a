/* Error answers in the shapes of the API. */
#include "refusal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

int sandbox_refuse(struct refusal *refusal, int status, const char *param, const char *format, ...)
{
	va_list args;

	refusal->status = status;
	snprintf(refusal->param, sizeof(refusal->param), "%s", param ? param : "");
	va_start(args, format);
	vsnprintf(refusal->message, sizeof(refusal->message), format, args);
	va_end(args);
	return -EINVAL;
}

enum refusal_shape sandbox_refusal_shape(const struct tfs_endpoint *endpoint)
{
	uint32_t hash = 2166136261u;

	if (!endpoint)
		return REFUSAL_STATUS_CODE;
	for (const char *p = endpoint->group_slug; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	return (enum refusal_shape)((hash >> 8) % REFUSAL_SHAPES);
}

static const char *reason(int status)
{
	switch (status) {
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 409:
		return "Conflict";
	case 413:
		return "Payload Too Large";
	case 429:
		return "Too Many Requests";
	case 500:
		return "Internal Server Error";
	case 503:
		return "Service Unavailable";
	default:
		return "Error";
	}
}

/* A message may quote the request, cut in the middle of a character: the answer must still be valid UTF-8. */
static json_t *text_json(const char *text)
{
	json_t *value = json_string(text);

	if (value)
		return value;
	char clean[REFUSAL_MESSAGE];
	size_t i = 0;
	for (; text[i] && i + 1 < sizeof(clean); i++)
		clean[i] = (signed char)text[i] < 0 ? '?' : text[i];
	clean[i] = '\0';
	return json_string(clean);
}

json_t *sandbox_refusal_message(const struct refusal *refusal)
{
	return text_json(refusal->message);
}

json_t *sandbox_refusal_json(const struct refusal *refusal, enum refusal_shape shape)
{
	json_t *message = sandbox_refusal_message(refusal);

	if (!message)
		return NULL;
	switch (shape) {
	case REFUSAL_CODE:
		return json_pack("{s:i, s:o}", "code", refusal->status, "message", message);
	case REFUSAL_ERROR_CODE:
		return json_pack("{s:i, s:o, s:b}", "error_code", refusal->status, "message", message, "status", 0);
	case REFUSAL_LIST:
		if (refusal->param[0])
			return json_pack("{s:[{s:o, s:o}]}", "errors", "message", message, "param",
					 text_json(refusal->param));
		return json_pack("{s:[{s:o}]}", "errors", "message", message);
	default:
		return json_pack("{s:i, s:s, s:o}", "statusCode", refusal->status, "error", reason(refusal->status),
				 "message", message);
	}
}
