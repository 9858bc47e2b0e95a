/* Members that no answer shows. */
#include "unread.h"

#include <errno.h>

bool document_is_unread(const struct tfs_field *field)
{
	return field->write_only && !field->secret && !field->fixed;
}

static int each_write_only(struct table table, const struct json_path *up, tfs_document_member each, void *context)
{
	char pointer[TFS_ERROR_MEMBER];
	int r = 0;

	for (size_t i = 0; i < table.count && r == 0; i++) {
		const struct tfs_field *field = &table.fields[i];
		struct json_path here = { up, field->name, 0 };

		document_json_path_text(&here, pointer, sizeof(pointer));
		if (field->write_only)
			r = each(context, field, pointer);
		else if (field->type == TFS_TYPE_OBJECT)
			r = each_write_only(member_table(field), &here, each, context);
	}
	return r;
}

int tfs_document_write_only(const struct tfs_kind *kind, tfs_document_member each, void *context)
{
	return each_write_only(top_table(kind), NULL, each, context);
}

/* Called for each of these members, with its JSON pointer and the object it belongs to. */
typedef int (*unread_visit)(void *context, const struct tfs_field *field, const char *pointer, json_t *object);

/* Visits the members of an object and of the objects in it that are there. A result other than 0 ends the visits. */
static int visit(struct table table, const struct json_path *up, json_t *object, unread_visit each, void *context)
{
	char pointer[TFS_ERROR_MEMBER];
	int r = 0;

	for (size_t i = 0; i < table.count && r == 0; i++) {
		const struct tfs_field *field = &table.fields[i];
		struct json_path here = { up, field->name, 0 };
		json_t *inner = json_object_get(object, record_name(field));

		document_json_path_text(&here, pointer, sizeof(pointer));
		if (document_is_unread(field))
			r = each(context, field, pointer, object);
		else if (field->members && json_is_object(inner))
			r = visit(member_table(field), &here, inner, each, context);
	}
	return r;
}

static int visit_all(const struct tfs_kind *kind, const json_t *object, unread_visit each, void *context)
{
	return visit(top_table(kind), NULL, (json_t *)(uintptr_t)object, each, context);
}

static int take_value(void *values, const struct tfs_field *field, const char *pointer, json_t *object)
{
	const json_t *value = json_object_get(object, field->name);

	return json_object_set_new(values, pointer, value ? json_deep_copy(value) : json_null()) < 0 ? -ENOMEM : 0;
}

json_t *document_unread_values(const struct tfs_kind *kind, const json_t *document)
{
	cleanup_json json_t *values = json_object();

	if (!values || visit_all(kind, document, take_value, values) < 0)
		return NULL;
	return steal_pointer(&values);
}

static bool lacks(const json_t *object, const struct tfs_field *field)
{
	const json_t *value = json_object_get(object, field->name);

	return !value || json_is_null(value);
}

static bool is_remembered(const json_t *values, const char *pointer)
{
	const json_t *value = json_object_get(values, pointer);

	return value && !json_is_null(value);
}

static int fill_value(void *values, const struct tfs_field *field, const char *pointer, json_t *object)
{
	if (!lacks(object, field) || !is_remembered(values, pointer))
		return 0;
	return json_object_set_new(object, field->name, json_deep_copy(json_object_get(values, pointer))) < 0 ? -ENOMEM
													      : 0;
}

int document_unread_fill(const struct tfs_kind *kind, json_t *record, const json_t *values)
{
	return visit_all(kind, record, fill_value, (void *)(uintptr_t)values);
}

static int find_shown(void *values, const struct tfs_field *field, const char *pointer, json_t *object)
{
	return !lacks(object, field) && !is_remembered(values, pointer);
}

bool document_unread_shown(const struct tfs_kind *kind, const json_t *record, const json_t *values)
{
	return visit_all(kind, record, find_shown, (void *)(uintptr_t)values) != 0;
}

struct unknown {
	const json_t *document, *values;
	struct tfs_buf *out;
};

/* A member with conditions is demanded where they hold. `rules_when` says which objects can have it. */
static int add_unknown(void *context, const struct tfs_field *field, const char *pointer, json_t *object)
{
	const struct unknown *unknown = context;

	if (json_object_get(object, field->name) || json_object_get(unknown->values, pointer) || field->required ||
	    field->n_required_when > 0 ||
	    !tfs_conditions_hold(field->rules_when, field->n_rules_when, object, unknown->document))
		return 0;
	return tfs_buf_printf(unknown->out, "%s%s", unknown->out->len > 0 ? ", " : "", pointer + 1);
}

int document_unread_unknown(const struct tfs_kind *kind, const json_t *document, const json_t *values,
			    struct tfs_buf *out)
{
	return visit_all(kind, document, add_unknown, &(struct unknown){ document, values, out });
}
