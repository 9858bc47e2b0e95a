/* Printing JSON: a one-line form and an indented form, each deterministic. */
#include "tenantfs/json.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Deeper than the parser's limit, because documents are wrapped into records and messages. */
enum { PRINT_DEPTH = 2 * TFS_JSON_DEPTH };

struct printer {
	struct tfs_buf *out;
	bool indented;
};

static int print_value(struct printer *printer, const json_t *value, int depth);

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c != '"' && c != '\\';
}

static int add_escape(struct tfs_buf *out, unsigned char c)
{
	static const char letters[] = {
		['"'] = '"', ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n', ['\r'] = 'r', ['\t'] = 't'
	};

	if (c < sizeof(letters) && letters[c] != '\0')
		return tfs_buf_add(out, (char[]){ '\\', letters[c] }, 2);
	return tfs_buf_printf(out, "\\u%04x", c);
}

static int add_string(struct tfs_buf *out, const char *text, size_t len)
{
	int r = tfs_buf_putc(out, '"');

	for (size_t i = 0; i < len && r == 0;) {
		size_t start = i;

		while (i < len && is_plain((unsigned char)text[i]))
			i++;
		r = tfs_buf_add(out, text + start, i - start);
		if (r == 0 && i < len)
			r = add_escape(out, (unsigned char)text[i++]);
	}
	return r < 0 ? r : tfs_buf_putc(out, '"');
}

static int add_integer(struct tfs_buf *out, json_int_t number)
{
	char digits[24];
	size_t at = sizeof(digits);
	unsigned long long rest = number < 0 ? 0ull - (unsigned long long)number : (unsigned long long)number;

	do {
		digits[--at] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (number < 0)
		digits[--at] = '-';
	return tfs_buf_add(out, digits + at, sizeof(digits) - at);
}

/* The shortest text that parses back to the same number. ".0" keeps it a real. */
static int add_real(struct tfs_buf *out, double number)
{
	char text[40], *comma;
	int r;

	if (!isfinite(number))
		return -EINVAL;
	for (int precision = 15; precision <= 17; precision++) {
		snprintf(text, sizeof(text), "%.*g", precision, number);
		if (strtod(text, NULL) == number)
			break;
	}
	/* snprintf uses the decimal point of the locale. */
	comma = strchr(text, ',');
	if (comma)
		*comma = '.';
	r = tfs_buf_puts(out, text);
	if (r == 0 && !strpbrk(text, ".e"))
		r = tfs_buf_puts(out, ".0");
	return r;
}

/* A newline and two spaces per level; nothing in the one-line form. */
static int add_break(struct printer *printer, int depth)
{
	struct tfs_buf *out = printer->out;
	size_t width = 1 + (size_t)depth * 2;
	int r;

	if (!printer->indented)
		return 0;
	r = tfs_buf_reserve(out, width);
	if (r < 0)
		return r;
	out->data[out->len] = '\n';
	memset(out->data + out->len + 1, ' ', width - 1);
	tfs_buf_grow(out, width);
	return 0;
}

static int print_member(struct printer *printer, void *iter, int depth)
{
	int r = add_break(printer, depth);

	if (r == 0)
		r = add_string(printer->out, json_object_iter_key(iter), json_object_iter_key_len(iter));
	if (r == 0)
		r = tfs_buf_add(printer->out, ": ", printer->indented ? 2 : 1);
	if (r == 0)
		r = print_value(printer, json_object_iter_value(iter), depth);
	return r;
}

static int print_object(struct printer *printer, const json_t *object, int depth)
{
	/* The iterator takes a non-const object but does not change it. */
	json_t *members = (json_t *)(uintptr_t)object;
	void *iter = json_object_iter(members);
	int r;

	if (!iter)
		return tfs_buf_add(printer->out, "{}", 2);
	r = tfs_buf_putc(printer->out, '{');
	while (iter && r == 0) {
		r = print_member(printer, iter, depth + 1);
		iter = json_object_iter_next(members, iter);
		if (r == 0 && iter)
			r = tfs_buf_putc(printer->out, ',');
	}
	if (r == 0)
		r = add_break(printer, depth);
	return r < 0 ? r : tfs_buf_putc(printer->out, '}');
}

static int print_array(struct printer *printer, const json_t *array, int depth)
{
	size_t count = json_array_size(array);
	int r;

	if (count == 0)
		return tfs_buf_add(printer->out, "[]", 2);
	r = tfs_buf_putc(printer->out, '[');
	for (size_t i = 0; i < count && r == 0; i++) {
		r = add_break(printer, depth + 1);
		if (r == 0)
			r = print_value(printer, json_array_get(array, i), depth + 1);
		if (r == 0 && i + 1 < count)
			r = tfs_buf_putc(printer->out, ',');
	}
	if (r == 0)
		r = add_break(printer, depth);
	return r < 0 ? r : tfs_buf_putc(printer->out, ']');
}

static int print_value(struct printer *printer, const json_t *value, int depth)
{
	if (!value || depth > PRINT_DEPTH)
		return -EINVAL;
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return print_object(printer, value, depth);
	case JSON_ARRAY:
		return print_array(printer, value, depth);
	case JSON_STRING:
		return add_string(printer->out, json_string_value(value), json_string_length(value));
	case JSON_INTEGER:
		return add_integer(printer->out, json_integer_value(value));
	case JSON_REAL:
		return add_real(printer->out, json_real_value(value));
	case JSON_TRUE:
		return tfs_buf_puts(printer->out, "true");
	case JSON_FALSE:
		return tfs_buf_puts(printer->out, "false");
	case JSON_NULL:
		return tfs_buf_puts(printer->out, "null");
	}
	return -EINVAL;
}

static int print_whole(struct printer *printer, const json_t *value)
{
	size_t before = printer->out->len;
	int r = print_value(printer, value, 0);

	if (r == 0 && printer->indented)
		r = tfs_buf_putc(printer->out, '\n');
	if (r < 0)
		tfs_buf_resize(printer->out, before);
	return r;
}

int tfs_json_print(const json_t *value, struct tfs_buf *out)
{
	return print_whole(&(struct printer){ .out = out }, value);
}

int tfs_json_print_document(const json_t *value, struct tfs_buf *out)
{
	return print_whole(&(struct printer){ .out = out, .indented = true }, value);
}
