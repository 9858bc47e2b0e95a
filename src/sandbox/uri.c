/* Splits and decodes request addresses. */
#include "uri.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

char *sandbox_uri_path(const char *uri, const char *base)
{
	size_t base_len = strlen(base);

	if (strncmp(uri, base, base_len) || uri[base_len] != '/')
		return strdup("");
	return strndup(uri + base_len, strcspn(uri + base_len, "?#"));
}

static int hex_value(char c)
{
	if (!isxdigit((unsigned char)c))
		return -1;
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* NULL: bad coding, invalid UTF-8, a NUL, or out of memory. */
static json_t *decode(const char *text, size_t len, bool plus_is_blank)
{
	char *plain = malloc(len + 1);
	size_t n = 0;
	bool ok = plain;

	for (size_t i = 0; ok && i < len; i++) {
		if (text[i] == '%') {
			int high = i + 2 < len ? hex_value(text[i + 1]) : -1;
			int low = high >= 0 ? hex_value(text[i + 2]) : -1;
			ok = low >= 0 && (high || low);
			plain[n++] = (char)(high * 16 + low);
			i += 2;
		} else {
			plain[n++] = plus_is_blank && text[i] == '+' ? ' ' : text[i];
		}
	}
	json_t *value = ok ? json_stringn(plain, n) : NULL;
	free(plain);
	return value;
}

static int add_pair(json_t *object, const char *text, size_t len)
{
	const char *equals = memchr(text, '=', len);
	size_t name_len = equals ? (size_t)(equals - text) : len;
	cleanup_json json_t *name = decode(text, name_len, true);
	json_t *value = equals ? decode(equals + 1, len - name_len - 1, true) : json_string("");

	if (!name || !value || json_object_get(object, json_string_value(name))) {
		json_decref(value);
		return -EINVAL;
	}
	return json_object_set_new(object, json_string_value(name), value) < 0 ? -ENOMEM : 0;
}

int sandbox_uri_query(const char *uri, json_t **ret)
{
	cleanup_json json_t *object = json_object();
	const char *at = strchr(uri, '?');

	if (!object)
		return -ENOMEM;
	for (at = at ? at + 1 : ""; *at && *at != '#';) {
		size_t len = strcspn(at, "&#");
		int r = len ? add_pair(object, at, len) : 0;
		if (r < 0)
			return r;
		at += len + (at[len] == '&');
	}
	*ret = steal_pointer(&object);
	return 0;
}

static int add_param(json_t *object, const char *pattern, size_t pattern_len, const char *text, size_t len)
{
	char name[64];

	if (pattern_len < 3 || pattern_len - 2 >= sizeof(name))
		return -EINVAL;
	memcpy(name, pattern + 1, pattern_len - 2);
	name[pattern_len - 2] = '\0';
	json_t *value = decode(text, len, false);
	if (!value)
		return -EINVAL;
	return json_object_set_new(object, name, value) < 0 ? -ENOMEM : 0;
}

int sandbox_uri_params(const char *pattern, const char *path, json_t **ret)
{
	cleanup_json json_t *object = json_object();

	if (!object)
		return -ENOMEM;
	while (*pattern && *path) {
		size_t pattern_len = strcspn(++pattern, "/");
		size_t len = strcspn(++path, "/");
		if (*pattern == '{') {
			int r = add_param(object, pattern, pattern_len, path, len);
			if (r < 0)
				return r;
		}
		pattern += pattern_len;
		path += len;
	}
	if (*pattern || *path)
		return -EINVAL;
	*ret = steal_pointer(&object);
	return 0;
}
