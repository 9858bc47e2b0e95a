/* Expands templates: "$" and "$NAME" from a record, "@NAME" from the call. */
#include "collection-template.h"

#include <errno.h>
#include <string.h>

#include "record.h"

/* NULL: unknown word, or out of memory. */
static json_t *call_word(const struct call *call, const char *word)
{
	char id[RECORD_ID];

	if (!strcmp(word, "tenant"))
		return json_string(call->box->tenant_id);
	if (!strcmp(word, "community"))
		return json_string(call->community->id);
	if (!strcmp(word, "actor"))
		return json_string(sandbox_call_actor(call));
	if (!strcmp(word, "id"))
		return sandbox_record_id(id) < 0 ? NULL : json_string(id);
	return strcmp(word, "seconds") ? NULL : json_integer(sandbox_record_now_ms() / 1000);
}

static int fill(const struct collection_words *words, const json_t *template, json_t **ret);

static int fill_object(const struct collection_words *words, const json_t *template, json_t **ret)
{
	cleanup_json json_t *object = json_object();
	const char *name;
	json_t *value;
	int r = object ? 0 : -ENOMEM;

	json_object_foreach ((json_t *)template, name, value) {
		json_t *filled = NULL;
		if (r == 0)
			r = fill(words, value, &filled);
		if (r == 0 && filled && json_object_set_new(object, name, filled) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = steal_pointer(&object);
	return r;
}

static int fill_array(const struct collection_words *words, const json_t *template, json_t **ret)
{
	cleanup_json json_t *array = json_array();
	size_t index;
	json_t *value;
	int r = array ? 0 : -ENOMEM;

	json_array_foreach ((json_t *)template, index, value) {
		json_t *filled = NULL;
		if (r == 0)
			r = fill(words, value, &filled);
		if (r == 0 && filled && json_array_append_new(array, filled) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = steal_pointer(&array);
	return r;
}

/* `*ret` stays NULL for a member the record does not have. */
static int fill(const struct collection_words *words, const json_t *template, json_t **ret)
{
	const char *text = json_string_value(template);

	if (json_is_object(template))
		return fill_object(words, template, ret);
	if (json_is_array(template))
		return fill_array(words, template, ret);
	if (text && text[0] == '@') {
		*ret = call_word(words->call, text + 1);
		return *ret ? 0 : -ENOMEM;
	}
	if (text && text[0] == '$') {
		const json_t *found = text[1] ? json_object_get(words->record, text + 1) : words->shown;
		*ret = found ? json_deep_copy(found) : NULL;
		return found && !*ret ? -ENOMEM : 0;
	}
	*ret = json_deep_copy(template);
	return *ret ? 0 : -ENOMEM;
}

int sandbox_collection_expand(const struct collection_words *words, const char *template, json_t **ret)
{
	cleanup_json json_t *parsed = json_loads(template, JSON_DECODE_ANY, NULL);

	return parsed ? fill(words, parsed, ret) : -EIO;
}
