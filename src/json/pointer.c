/* JSON pointers (RFC 6901): the value they name, and its position in the text. */
#include "tenantfs/json.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "text-pos.h"

/* Copies the token after the '/' at `*p` with ~1 and ~0 decoded. `out` has room for the whole pointer. */
static bool take_token(const char **p, char *out, size_t *ret_len)
{
	size_t len = 0;
	const char *at = *p;

	if (*at != '/')
		return false;
	for (at++; *at != '/' && *at != '\0'; at++) {
		char c = *at;

		if (c == '~') {
			at++;
			if (*at != '0' && *at != '1')
				return false;
			c = *at == '0' ? '~' : '/';
		}
		out[len++] = c;
	}
	out[len] = '\0';
	*p = at;
	*ret_len = len;
	return true;
}

/* An index is decimal without leading zeros; SIZE_MAX: no index. */
static size_t read_index(const char *token, size_t len)
{
	size_t index = 0;

	if (len == 0 || len > 9 || (len > 1 && token[0] == '0'))
		return SIZE_MAX;
	for (size_t i = 0; i < len; i++) {
		if (token[i] < '0' || token[i] > '9')
			return SIZE_MAX;
		index = index * 10 + (size_t)(token[i] - '0');
	}
	return index;
}

json_t *tfs_json_at(const json_t *value, const char *pointer)
{
	cleanup_free char *token = malloc(strlen(pointer) + 1);
	size_t len;

	if (!token)
		return NULL;
	while (value && *pointer != '\0') {
		if (!take_token(&pointer, token, &len))
			return NULL;
		if (json_is_object(value))
			value = json_object_getn(value, token, len);
		else if (json_is_array(value))
			value = json_array_get(value, read_index(token, len));
		else
			return NULL;
	}
	return (json_t *)(uintptr_t)value;
}

const char *tfs_json_text(const json_t *object, const char *member)
{
	return json_string_value(json_object_get(object, member));
}

/* A scanner for well-formed text. It stays within `len` even if the text is not. */
struct scan {
	const char *text;
	size_t len;
	size_t at;
};

static char peek(const struct scan *scan)
{
	return scan->at < scan->len ? scan->text[scan->at] : '\0';
}

static void skip_space(struct scan *scan)
{
	while (scan->at < scan->len && strchr(" \t\r\n", scan->text[scan->at]) && scan->text[scan->at] != '\0')
		scan->at++;
}

static void skip_string(struct scan *scan)
{
	for (scan->at++; scan->at < scan->len && scan->text[scan->at] != '"'; scan->at++)
		if (scan->text[scan->at] == '\\')
			scan->at++;
	scan->at++;
}

static void skip_value(struct scan *scan)
{
	size_t depth = 0;

	skip_space(scan);
	while (scan->at < scan->len) {
		char c = peek(scan);

		if (c == '"') {
			skip_string(scan);
		} else if (c == '{' || c == '[') {
			depth++;
			scan->at++;
		} else if ((c == '}' || c == ']' || c == ',') && depth == 0) {
			return;
		} else {
			depth -= c == '}' || c == ']';
			scan->at++;
		}
	}
}

/* Whether the quoted string from `start` to the current offset decodes to `token`. */
static bool same_key(const struct scan *scan, size_t start, const char *token, size_t len)
{
	size_t end = scan->at < scan->len ? scan->at : scan->len;
	cleanup_json json_t *key = NULL;

	if (!memchr(scan->text + start, '\\', end - start))
		return end - start == len + 2 && memcmp(scan->text + start + 1, token, len) == 0;
	key = json_loadb(scan->text + start, end - start, JSON_DECODE_ANY, NULL);
	return json_is_string(key) && json_string_length(key) == len && memcmp(json_string_value(key), token, len) == 0;
}

/* Moves from the '{' to the member's value; `*ret_key` is the offset of its name. */
static bool enter_member(struct scan *scan, const char *token, size_t len, size_t *ret_key)
{
	scan->at++;
	for (;;) {
		size_t key;

		skip_space(scan);
		key = scan->at;
		if (peek(scan) != '"')
			return false;
		skip_string(scan);
		if (same_key(scan, key, token, len)) {
			skip_space(scan);
			scan->at++;
			*ret_key = key;
			return true;
		}
		skip_value(scan);
		if (peek(scan) != ',')
			return false;
		scan->at++;
	}
}

/* Moves from the '[' to the element; `*ret_offset` is its offset. */
static bool enter_element(struct scan *scan, size_t index, size_t *ret_offset)
{
	scan->at++;
	for (size_t i = 0;; i++) {
		skip_space(scan);
		if (scan->at >= scan->len || peek(scan) == ']')
			return false;
		if (i == index) {
			*ret_offset = scan->at;
			return true;
		}
		skip_value(scan);
		if (peek(scan) != ',')
			return false;
		scan->at++;
	}
}

/* Offset of the member's name, of the element, or of the whole value that the pointer names. */
static bool find_offset(struct scan *scan, const char *pointer, char *token, size_t *ret_offset)
{
	size_t len, offset;

	skip_space(scan);
	offset = scan->at;
	while (*pointer != '\0') {
		if (!take_token(&pointer, token, &len))
			return false;
		skip_space(scan);
		if (peek(scan) == '{' && enter_member(scan, token, len, &offset))
			continue;
		if (peek(scan) == '[' && enter_element(scan, read_index(token, len), &offset))
			continue;
		return false;
	}
	*ret_offset = offset;
	return true;
}

void tfs_json_locate(const char *text, size_t len, const char *pointer, int *ret_line, int *ret_column)
{
	cleanup_free char *token = malloc(strlen(pointer) + 1);
	struct scan scan = { .text = text, .len = len };
	struct text_pos pos;
	size_t offset;

	*ret_line = *ret_column = 0;
	if (!token || !find_offset(&scan, pointer, token, &offset))
		return;
	pos = text_pos_at(text, offset);
	*ret_line = pos.line;
	*ret_column = pos.column;
}
