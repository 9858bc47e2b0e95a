/* What a server may make of a value it was sent: another case, no blanks at the ends, another type, nothing for "". */
#include "own-form.h"

#include <stdio.h>

static bool is_nothing(const json_t *value)
{
	const char *name;
	json_t *member;

	if (!value || json_is_null(value))
		return true;
	if (json_is_string(value))
		return json_string_value(value)[strspn(json_string_value(value), " \t\r\n")] == '\0';
	if (json_is_array(value))
		return json_array_size(value) == 0;
	if (!json_is_object(value))
		return false;
	json_object_foreach ((json_t *)(uintptr_t)value, name, member) {
		if (!is_nothing(member))
			return false;
	}
	return true;
}

static size_t trimmed(const char **text)
{
	size_t len;

	*text += strspn(*text, " \t\r\n");
	len = strlen(*text);
	while (len > 0 && strchr(" \t\r\n", (*text)[len - 1]))
		len--;
	return len;
}

static bool same_letters(const char *a, const char *b)
{
	size_t left = trimmed(&a), right = trimmed(&b);

	return left == right && strncasecmp(a, b, left) == 0;
}

/* A text, number or boolean as text, in `room` where it must be made; NULL for anything else. */
static const char *plain_text(const json_t *value, char room[32])
{
	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_boolean(value))
		return json_is_true(value) ? "true" : "false";
	if (!json_is_number(value))
		return NULL;
	snprintf(room, 32, "%.17g", json_number_value(value));
	return room;
}

static bool objects_fit(const json_t *written, const json_t *read)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)written, name, value) {
		if (!document_is_own_form(value, json_object_get(read, name)))
			return false;
	}
	json_object_foreach ((json_t *)(uintptr_t)read, name, value) {
		if (!json_object_get(written, name) && !is_nothing(value))
			return false;
	}
	return true;
}

static bool arrays_fit(const json_t *written, const json_t *read)
{
	size_t count = json_array_size(written);

	if (count != json_array_size(read))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!document_is_own_form(json_array_get(written, i), json_array_get(read, i)))
			return false;
	return true;
}

bool document_is_own_form(const json_t *written, const json_t *read)
{
	char left_room[32], right_room[32];
	const char *left, *right;

	if (document_same_value(written, read) || (is_nothing(written) && is_nothing(read)))
		return true;
	if (json_is_object(written) && json_is_object(read))
		return objects_fit(written, read);
	if (json_is_array(written) && json_is_array(read))
		return arrays_fit(written, read);
	left = plain_text(written, left_room);
	right = plain_text(read, right_room);
	return left && right && same_letters(left, right);
}
