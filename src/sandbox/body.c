/* Turns a body into what a server keeps of it: forms of reading, and defaults. */
#include "body.h"

#include <errno.h>
#include <string.h>

static int set_read_form(const struct tfs_field *field, json_t *value)
{
	const char *text = json_string_value(value);

	for (size_t i = 0; i < field->n_read_as; i++)
		if (!strcmp(field->read_as[i].written, text))
			return json_string_set(value, field->read_as[i].read[0]) < 0 ? -ENOMEM : 0;
	return 0;
}

static int set_default(const struct tfs_field *field, json_t *object)
{
	json_t *value = json_loads(field->fallback, JSON_DECODE_ANY, NULL);

	if (!value || json_object_set_new(object, field->name, value) < 0)
		return -ENOMEM;
	return set_read_form(field, value);
}

/* `object` is `top` or inside it. */
static int take_members(const struct tfs_field *fields, size_t n, json_t *object, const json_t *top, bool fill);

static int take_value(const struct tfs_field *field, json_t *value, const json_t *top, bool fill)
{
	size_t index;
	json_t *item;
	int r = 0;

	if (json_is_string(value))
		return set_read_form(field, value);
	if (json_is_object(value))
		return take_members(field->members, field->n_members, value, top, fill);
	json_array_foreach (value, index, item) {
		if (r == 0 && json_is_object(item))
			r = take_members(field->members, field->n_members, item, top, fill);
	}
	return r;
}

static int take_members(const struct tfs_field *fields, size_t n, json_t *object, const json_t *top, bool fill)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		const struct tfs_field here = tfs_field_within(&fields[i], object, top);
		json_t *value = json_object_get(object, here.name);

		if (value)
			r = take_value(&here, value, top, fill);
		else if (fill && here.fallback)
			r = set_default(&here, object);
	}
	return r;
}

int sandbox_body_take(struct call *call)
{
	if (!json_is_object(call->body))
		return 0;
	json_t *body = json_deep_copy(call->body);
	if (!body)
		return -ENOMEM;
	call->sent = call->body;
	call->body = body;
	return take_members(call->endpoint->body, call->endpoint->n_body, body, body, sandbox_call_is_strict(call));
}
