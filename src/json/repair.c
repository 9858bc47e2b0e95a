/*
 * Repairs texts that a server takes for JSON and the parser refuses: bytes that are no UTF-8, halves of a surrogate
 * pair, numbers out of range, doubled members. Anything else is left to the parser's message.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/json.h"

enum { REPAIRS_MAX = 64, POINTER_BYTES = 1024, NUMBER_BYTES = 4096 };

static const char replacement[] = "\xef\xbf\xbd";

struct repairer {
	const char *at, *end;
	struct tfs_buf *out;
	struct tfs_buf pointer; /* of the value being read */
	json_t *repairs;
	int depth;
};

static void skip_space(struct repairer *it)
{
	while (it->at < it->end && strchr(" \t\r\n", *it->at) && *it->at != '\0')
		it->at++;
}

static int note(struct repairer *it, const char *what)
{
	json_t *repair;

	if (json_array_size(it->repairs) >= REPAIRS_MAX)
		return 0;
	repair = json_pack("{s:s, s:s}", "at", it->pointer.len > 0 ? it->pointer.data : "", "what", what);
	return json_array_append_new(it->repairs, repair) < 0 ? -ENOMEM : 0;
}

/* The length of the UTF-8 character at the cursor; 0: it is none. */
static size_t utf8_len(const struct repairer *it)
{
	for (size_t len = 1; len <= 4 && len <= (size_t)(it->end - it->at); len++) {
		json_t *text = json_stringn(it->at, len);

		json_decref(text);
		if (text)
			return len;
	}
	return 0;
}

static bool read_unit(const struct repairer *it, const char *at, unsigned *ret)
{
	char digits[5] = "", *end;

	if (it->end - at < 6 || at[0] != '\\' || at[1] != 'u')
		return false;
	memcpy(digits, at + 2, 4);
	*ret = (unsigned)strtoul(digits, &end, 16);
	return *end == '\0' && strspn(digits, "0123456789abcdefABCDEF") == 4;
}

/* The escape at the cursor. */
static int copy_escape(struct repairer *it, bool is_name)
{
	unsigned unit, low;
	size_t len = 2;

	if (it->end - it->at < 2)
		return -EINVAL;
	if (it->at[1] == 'u') {
		if (!read_unit(it, it->at, &unit))
			return -EINVAL;
		len = 6;
		if (unit >= 0xd800 && unit < 0xdc00 && read_unit(it, it->at + 6, &low) && low >= 0xdc00 && low < 0xe000)
			len = 12;
		else if ((unit >= 0xd800 && unit < 0xe000) || (unit == 0 && is_name)) {
			it->at += len;
			return note(it, "a character that is none") < 0 ? -ENOMEM : tfs_buf_puts(it->out, replacement);
		}
	}
	it->at += len;
	return tfs_buf_add(it->out, it->at - len, len);
}

static int copy_character(struct repairer *it)
{
	size_t len = utf8_len(it);

	if ((unsigned char)*it->at < ' ') {
		if (note(it, "a control character in a text") < 0)
			return -ENOMEM;
		return tfs_buf_printf(it->out, "\\u%04x", (unsigned)(unsigned char)*it->at++);
	}
	if (len == 0) {
		it->at++;
		return note(it, "a text that is not UTF-8") < 0 ? -ENOMEM : tfs_buf_puts(it->out, replacement);
	}
	it->at += len;
	return tfs_buf_add(it->out, it->at - len, len);
}

static int copy_string(struct repairer *it, bool is_name)
{
	int r = tfs_buf_putc(it->out, '"');

	it->at++;
	while (r == 0 && it->at < it->end && *it->at != '"')
		r = *it->at == '\\' ? copy_escape(it, is_name) : copy_character(it);
	if (r == 0 && it->at == it->end)
		return -EINVAL;
	it->at++;
	return r == 0 ? tfs_buf_putc(it->out, '"') : r;
}

/* A number out of range becomes a text, as it is spelled. */
static int copy_number(struct repairer *it)
{
	char text[NUMBER_BYTES];
	size_t len = 0;
	bool fits;

	while (it->at + len < it->end && strchr("+-.0123456789eE", it->at[len]) && it->at[len] != '\0')
		len++;
	if (len == 0 || len >= sizeof(text))
		return -EINVAL;
	memcpy(text, it->at, len);
	text[len] = '\0';
	errno = 0;
	if (strpbrk(text, ".eE")) {
		fits = isfinite(strtod(text, NULL));
	} else {
		strtoll(text, NULL, 10);
		fits = errno != ERANGE;
	}
	it->at += len;
	if (fits)
		return tfs_buf_puts(it->out, text);
	return note(it, "a number out of range") < 0 ? -ENOMEM : tfs_buf_printf(it->out, "\"%s\"", text);
}

static int copy_value(struct repairer *it);

/* One member. `names` has those before it. */
static int copy_member(struct repairer *it, json_t *names)
{
	size_t from = it->out->len, pointer = it->pointer.len;
	cleanup_free char *name = NULL;
	int r;

	skip_space(it);
	if (it->at == it->end || *it->at != '"')
		return -EINVAL;
	r = copy_string(it, true);
	if (r < 0)
		return r;
	name = strndup(it->out->data + from + 1, it->out->len - from - 2);
	r = name ? tfs_buf_printf(&it->pointer, "/%s", name) : -ENOMEM;
	if (r == 0 && json_object_get(names, name))
		r = note(it, "a member that occurs twice");
	if (r == 0 && json_object_set_new(names, name, json_true()) < 0)
		r = -ENOMEM;
	skip_space(it);
	if (r == 0 && (it->at == it->end || *it->at++ != ':'))
		r = -EINVAL;
	if (r == 0)
		r = tfs_buf_putc(it->out, ':');
	if (r == 0)
		r = copy_value(it);
	tfs_buf_resize(&it->pointer, pointer);
	return r;
}

static int copy_element(struct repairer *it, size_t index)
{
	size_t pointer = it->pointer.len;
	int r = tfs_buf_printf(&it->pointer, "/%zu", index);

	if (r == 0)
		r = copy_value(it);
	tfs_buf_resize(&it->pointer, pointer);
	return r;
}

/* The members of an object or the elements of an array. */
static int copy_parts(struct repairer *it, char close)
{
	cleanup_json json_t *names = json_object();
	int r = names ? tfs_buf_putc(it->out, *it->at++) : -ENOMEM;

	skip_space(it);
	for (size_t i = 0; r == 0 && it->at < it->end && *it->at != close; i++) {
		r = close == '}' ? copy_member(it, names) : copy_element(it, i);
		skip_space(it);
		if (r < 0 || it->at == it->end || *it->at != ',')
			break;
		it->at++;
		r = tfs_buf_putc(it->out, ',');
	}
	if (r == 0 && (it->at == it->end || *it->at++ != close))
		r = -EINVAL;
	return r == 0 ? tfs_buf_putc(it->out, close) : r;
}

static int copy_value(struct repairer *it)
{
	size_t len = 0;
	int r;

	skip_space(it);
	if (it->at == it->end)
		return -EINVAL;
	if (*it->at == '{' || *it->at == '[') {
		if (++it->depth > TFS_JSON_DEPTH)
			return -EINVAL;
		r = copy_parts(it, *it->at == '{' ? '}' : ']');
		it->depth--;
		return r;
	}
	if (*it->at == '"')
		return copy_string(it, false);
	if (*it->at == '-' || (*it->at >= '0' && *it->at <= '9'))
		return copy_number(it);
	while (it->at + len < it->end && it->at[len] >= 'a' && it->at[len] <= 'z')
		len++;
	it->at += len;
	return len == 0 ? -EINVAL : tfs_buf_add(it->out, it->at - len, len);
}

int tfs_json_repair(const char *text, size_t len, json_t **ret, json_t **ret_repairs)
{
	struct tfs_buf out TFS_CLEANUP(tfs_buf_wipe) = TFS_BUF_INIT_SECRET(len * 3 + 1);
	struct repairer it = { .at = text, .end = text + len, .out = &out, .pointer = TFS_BUF_INIT(POINTER_BYTES) };
	json_t *value = NULL;
	int r;

	it.repairs = json_array();
	r = it.repairs ? copy_value(&it) : -ENOMEM;
	tfs_buf_finish(&it.pointer);
	/* The last of doubled members counts. */
	if (r == 0)
		value = json_loadb(out.data, out.len, JSON_ALLOW_NUL, NULL);
	if (!value || json_array_size(it.repairs) == 0) {
		json_decref(value);
		json_decref(it.repairs);
		return r == -ENOMEM ? r : -EINVAL;
	}
	*ret = value;
	*ret_repairs = it.repairs;
	return 0;
}
