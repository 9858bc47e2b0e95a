/* Look-ups in the generated tables. */
#include "tenantfs/catalogue.h"

#include <stdlib.h>
#include <string.h>

#include "index.h"
#include "tenantfs/path.h"

struct call {
	const char *method;
	const char *path;
};

static int compare_call(const void *key, const void *position)
{
	const struct call *call = key;
	const struct tfs_endpoint *endpoint = &tfs_endpoints[*(const unsigned short *)position];
	int order = strcmp(call->path, endpoint->path);

	return order ? order : strcmp(call->method, endpoint->method);
}

const struct tfs_endpoint *tfs_endpoint_find(const char *method, const char *path)
{
	struct call call = { method, path };
	const unsigned short *position =
		bsearch(&call, tfs_endpoint_index, tfs_n_endpoints, sizeof(*tfs_endpoint_index), compare_call);

	return position ? &tfs_endpoints[*position] : NULL;
}

/*
 * One bit per segment, the first segment in the highest: 1 for a literal. Of two templates that match, the one with
 * the earlier literal has the greater value. Negative: the path does not match.
 */
static long match_template(const char *template, const char *path)
{
	size_t len = strlen(template);
	long fit = 0;

	if (!tfs_path_match(template, len, path, NULL))
		return -1;
	for (bool last = false; !last;) {
		struct tfs_path_segment segment = tfs_path_segment(template, len);

		fit = fit * 2 + (!segment.object);
		last = segment.last;
		template += segment.len + !last;
		len -= segment.len + !last;
	}
	return fit;
}

const struct tfs_endpoint *tfs_endpoint_match(const char *method, const char *path)
{
	const struct tfs_endpoint *best = NULL;
	long best_fit = -1;

	for (size_t i = 0; i < tfs_n_endpoints; i++) {
		long fit;

		if (strcmp(tfs_endpoints[i].method, method) != 0)
			continue;
		fit = match_template(tfs_endpoints[i].path, path);
		if (fit > best_fit) {
			best_fit = fit;
			best = &tfs_endpoints[i];
		}
	}
	return best;
}

bool tfs_type_fits(enum tfs_type type, const json_t *value)
{
	switch (type) {
	case TFS_TYPE_ANY:
		return true;
	case TFS_TYPE_STRING:
		return json_is_string(value);
	case TFS_TYPE_BOOLEAN:
		return json_is_boolean(value);
	case TFS_TYPE_NUMBER:
		return json_is_number(value);
	case TFS_TYPE_OBJECT:
		return json_is_object(value);
	case TFS_TYPE_ARRAY:
		return json_is_array(value);
	}
	return false;
}

const struct tfs_field *tfs_field_find(const struct tfs_field *fields, size_t n, const char *name)
{
	/* In document order, not sorted; a table has a few dozen rows at most. */
	for (size_t i = 0; i < n; i++) {
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	}
	return NULL;
}

/* The text among `texts` that the value is or contains; a boolean is "true" or "false". NULL: none. */
static const char *find_text(const json_t *value, const char *const *texts)
{
	const char *text = json_is_boolean(value) ? (json_is_true(value) ? "true" : "false") : json_string_value(value);
	const char *found = NULL;

	for (size_t i = 0; i < json_array_size(value) && !found; i++)
		found = find_text(json_array_get(value, i), texts);
	for (; text && *texts; texts++)
		if (strcmp(*texts, text) == 0)
			return *texts;
	return found;
}

const char *tfs_condition_met(const struct tfs_condition *condition, const json_t *object, const json_t *top)
{
	bool at_top = condition->member[0] == '/';

	return find_text(json_object_get(at_top ? top : object, condition->member + at_top), condition->values);
}

bool tfs_conditions_hold(const struct tfs_condition *conditions, size_t n, const json_t *object, const json_t *top)
{
	for (size_t i = 0; i < n; i++)
		if (!tfs_condition_met(&conditions[i], object, top))
			return false;
	return true;
}

const char *tfs_field_written(const struct tfs_field *field, const char *text)
{
	for (size_t i = 0; i < field->n_read_as; i++)
		for (const char *const *read = field->read_as[i].read; *read; read++)
			if (strcmp(*read, text) == 0)
				return field->read_as[i].written;
	return text;
}

bool tfs_field_wanted(const struct tfs_field *field, const json_t *object, const json_t *top)
{
	if (field->required || field->n_required_when == 0)
		return field->required;
	return tfs_conditions_hold(field->required_when, field->n_required_when, object, top);
}

struct tfs_field tfs_field_within(const struct tfs_field *field, const json_t *object, const json_t *top)
{
	struct tfs_field here = *field;

	here.required = tfs_field_wanted(field, object, top);
	if (!tfs_conditions_hold(field->rules_when, field->n_rules_when, object, top)) {
		here.rules = (struct tfs_rules){ 0 };
		here.fallback = NULL;
	}
	return here;
}

struct tfs_field tfs_field_item(const struct tfs_field *field)
{
	struct tfs_field item = *field;

	item.type = field->item;
	item.item = TFS_TYPE_ANY;
	item.key = NULL;
	item.unordered = false;
	item.rules.min_length = item.rules.max_length = 0;
	return item;
}
