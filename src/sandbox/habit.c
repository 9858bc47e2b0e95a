/* Habits of a server that a fault rule demands. */
#include "habit.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

static bool ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), tail = strlen(end);

	return len >= tail && !strcasecmp(name + len - tail, end);
}

/* Texts that people write, and no program reads: no ids, keys, scripts or values of a list. */
static bool is_prose(const struct tfs_field *field)
{
	static const char *const ends[] = { "id", "key", "js", "certificate", "password", "username", "uid", "value" };

	if (field->type != TFS_TYPE_STRING || field->values || field->secret || field->reference ||
	    field->rules.format != TFS_FORMAT_ANY || field->rules.pattern || field->read_as)
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++)
		if (ends_with(field->name, ends[i]))
			return false;
	return true;
}

static json_t *folded(const char *text)
{
	size_t len;

	text += strspn(text, " \t\r\n");
	len = strlen(text);
	while (len && strchr(" \t\r\n", text[len - 1]))
		len--;
	cleanup_free char *copy = strndup(text, len);
	for (char *c = copy; c && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return copy ? json_string(copy) : NULL;
}

static void fold(const struct tfs_field *fields, size_t count, json_t *object)
{
	for (size_t i = 0; i < count; i++) {
		const struct tfs_field *field = &fields[i];
		json_t *value = json_object_get(object, field->name);
		if (json_is_string(value) && is_prose(field))
			json_object_set_new(object, field->name, folded(json_string_value(value)));
		else if (json_is_object(value))
			fold(field->members, field->n_members, value);
		for (size_t j = 0; j < json_array_size(value); j++)
			if (json_is_object(json_array_get(value, j)))
				fold(field->members, field->n_members, json_array_get(value, j));
	}
}

bool sandbox_habit_reads(const struct call *call)
{
	return call->endpoint && call->route && !call->route->event && !call->signs_on &&
	       (call->endpoint->reads || !strncmp(call->endpoint->path, "/reports/", 9));
}

void sandbox_habit_fold(struct call *call, const struct fault *fault)
{
	if (fault->fold && call->route && call->route->event && json_is_object(call->body))
		fold(call->endpoint->body, call->endpoint->n_body, call->body);
}

int sandbox_habit_answer(struct call *call, const struct fault *fault)
{
	if (!fault->recordless || call->refusal.status || !call->route || !call->route->event || call->signs_on ||
	    !call->answer)
		return 0;
	json_decref(call->answer);
	call->answer = json_object();
	return call->answer ? 0 : -ENOMEM;
}
