/* Parsing JSON: jansson with a depth limit, and messages that a user can act on. */
#include "tenantfs/json.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "text-pos.h"

/* Offset of the closing quote of the string that starts at `start`; `len`: none. */
static size_t end_of_string(const char *text, size_t len, size_t start)
{
	for (size_t from = start + 1; from < len;) {
		const char *quote = memchr(text + from, '"', len - from);
		size_t end, slashes = 0;

		if (!quote)
			return len;
		end = (size_t)(quote - text);
		while (text[end - 1 - slashes] == '\\')
			slashes++;
		if (slashes % 2 == 0)
			return end;
		from = end + 1;
	}
	return len;
}

/*
 * Offset of the bracket that nests too deeply; `len`: none. Other syntax errors are left to the parser. Every
 * answer passes through here and consists mostly of strings, which memchr skips fast.
 */
static size_t find_too_deep(const char *text, size_t len)
{
	size_t depth = 0;

	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		if (c == '"')
			i = end_of_string(text, len, i);
		else if ((c == '[' || c == '{') && ++depth > TFS_JSON_DEPTH)
			return i;
		else if ((c == ']' || c == '}') && depth > 0)
			depth--;
	}
	return len;
}

static int fail_at(struct tfs_error *error, struct text_pos pos, const char *message)
{
	tfs_error_set(error, -EINVAL, "document", "line %d, column %d: %s", pos.line, pos.column, message);
	if (error) {
		error->line = pos.line;
		error->column = pos.column;
	}
	return -EINVAL;
}

/* Replaces jansson's texts that do not help a user; NULL: keep jansson's. */
static const char *reword(const json_error_t *problem)
{
	switch (json_error_code(problem)) {
	case json_error_numeric_overflow:
		return "the number is too large";
	case json_error_null_byte_in_key:
	case json_error_null_character:
		return "a member name may not contain \\u0000";
	case json_error_invalid_utf8:
		return "the text is not UTF-8";
	case json_error_premature_end_of_input:
		return "the text ends too early";
	case json_error_end_of_input_expected:
		return "there is text after the end of the value";
	default:
		return NULL;
	}
}

/*
 * Copies jansson's message without its "near 'x'": the quoted text may be part of a secret. Only for a
 * duplicate member is it a name, which is kept.
 */
static void copy_message(const json_error_t *problem, char *out, size_t room)
{
	const char *near = strstr(problem->text, " near ");
	size_t len = near ? (size_t)(near - problem->text) : strlen(problem->text);
	size_t quoted = near ? strlen(near) : 0;

	/* near '"NAME"' */
	if (json_error_code(problem) == json_error_duplicate_key && quoted > 9)
		snprintf(out, room, "the member %.*s occurs twice", (int)quoted - 8, near + 7);
	else
		snprintf(out, room, "%.*s", (int)len, problem->text);
}

static int fail_parse(struct tfs_error *error, const char *text, size_t len, const json_error_t *problem)
{
	char copy[sizeof(problem->text)];
	const char *message = reword(problem);
	size_t offset = problem->position > 0 ? (size_t)problem->position : 0;

	if (json_error_code(problem) == json_error_out_of_memory)
		return tfs_error_set_memory(error);
	/* jansson reports the offset after the last byte it has read. */
	if (json_error_code(problem) == json_error_premature_end_of_input || offset > len)
		offset = len;
	else if (offset > 0)
		offset--;
	if (!message) {
		copy_message(problem, copy, sizeof(copy));
		message = copy;
	}
	return fail_at(error, text_pos_at(text, offset), message);
}

int tfs_json_parse(const char *text, size_t len, json_t **ret, struct tfs_error *error)
{
	json_error_t problem;
	json_t *value;
	size_t deep;

	/* jansson counts positions as int. */
	if (len > INT_MAX)
		return tfs_error_set(error, -EFBIG, "document", "the text is too large");
	deep = find_too_deep(text, len);
	if (deep < len)
		return fail_at(error, text_pos_at(text, deep), "nested too deeply");
	value = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, &problem);
	if (!value)
		return fail_parse(error, text, len, &problem);
	*ret = value;
	return 0;
}
