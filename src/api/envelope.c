/*
 * Reads {"data": "…", "publicKey": "…"} in place. Nearly every answer has this form; its text is long and
 * needs no parser. Any other form is left to the JSON parser.
 */
#include "envelope.h"

#include <string.h>

struct cursor {
	const char *at, *end;
};

static void skip_space(struct cursor *cursor)
{
	while (cursor->at < cursor->end && strchr(" \t\r\n", *cursor->at) && *cursor->at != '\0')
		cursor->at++;
}

static bool take_char(struct cursor *cursor, char wanted)
{
	skip_space(cursor);
	if (cursor->at == cursor->end || *cursor->at != wanted)
		return false;
	cursor->at++;
	return true;
}

/* A string without escapes. Its contents are not checked here: the base64 decoder rejects anything else. */
static bool take_string(struct cursor *cursor, const char **ret, size_t *ret_len)
{
	const char *close;

	if (!take_char(cursor, '"'))
		return false;
	close = memchr(cursor->at, '"', (size_t)(cursor->end - cursor->at));
	if (!close || memchr(cursor->at, '\\', (size_t)(close - cursor->at)))
		return false;
	*ret = cursor->at;
	*ret_len = (size_t)(close - cursor->at);
	cursor->at = close + 1;
	return true;
}

static bool is_named(const char *name, size_t len, const char *wanted)
{
	return len == strlen(wanted) && memcmp(name, wanted, len) == 0;
}

static bool take_member(struct cursor *cursor, struct envelope *envelope)
{
	const char *name, *value;
	size_t name_len, len;

	if (!take_string(cursor, &name, &name_len) || !take_char(cursor, ':') || !take_string(cursor, &value, &len))
		return false;
	if (is_named(name, name_len, "data") && !envelope->data) {
		envelope->data = value;
		envelope->len = len;
		return true;
	}
	if (!is_named(name, name_len, "publicKey") || envelope->key[0] != '\0' || len == 0 ||
	    len >= sizeof(envelope->key))
		return false;
	memcpy(envelope->key, value, len);
	envelope->key[len] = '\0';
	return true;
}

bool api_envelope_scan(const char *text, size_t len, struct envelope *ret)
{
	struct cursor cursor;
	struct envelope envelope = { 0 };

	/* `text` may be NULL then. */
	if (len == 0)
		return false;
	cursor = (struct cursor){ .at = text, .end = text + len };
	if (!take_char(&cursor, '{'))
		return false;
	do {
		if (!take_member(&cursor, &envelope))
			return false;
	} while (take_char(&cursor, ','));
	if (!take_char(&cursor, '}'))
		return false;
	skip_space(&cursor);
	if (cursor.at != cursor.end || !envelope.data)
		return false;
	*ret = envelope;
	return true;
}
