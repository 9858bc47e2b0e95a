/*
 * A body pruned to its endpoint: in objects whose members the endpoint names, other members are left out, since
 * the server would refuse a body with members it added itself. Members the user changed are sent all the same;
 * then the refusal is the answer.
 */
#include <errno.h>

#include "prune-body.h"

/* Whether `record`, or one of its elements, has the same member. */
static bool has_same(const json_t *record, const char *name, const json_t *value)
{
	if (json_is_object(record))
		return document_same_value(json_object_get(record, name), value);
	for (size_t i = 0; i < json_array_size(record); i++)
		if (document_same_value(json_object_get(json_array_get(record, i), name), value))
			return true;
	return false;
}

static bool stays_out(struct table table, const json_t *record, const char *name, const json_t *value)
{
	if (document_table_find(table, name) || document_table_find_record(table, name))
		return false;
	return document_is_nested_server(name) || has_same(record, name, value);
}

static int prune_value(const struct tfs_field *field, const json_t *value, const json_t *record, json_t **ret);

static int prune_object(struct table table, const json_t *object, const json_t *record, json_t **ret)
{
	cleanup_json json_t *out = json_object();
	const char *name;
	json_t *value, *pruned;
	int r = !out ? -ENOMEM : 0;

	json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
		const struct tfs_field *field = document_table_find(table, name);

		if (r < 0 || stays_out(table, record, name, value))
			continue;
		r = prune_value(field, value, json_object_get(record, name), &pruned);
		if (r == 0 && json_object_set_new_nocheck(out, name, pruned) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}

static int prune_array(const struct tfs_field *field, const json_t *array, const json_t *record, json_t **ret)
{
	cleanup_json json_t *out = json_array();
	int r = !out ? -ENOMEM : 0;

	for (size_t i = 0; i < json_array_size(array) && r == 0; i++) {
		const json_t *element = json_array_get(array, i);
		json_t *pruned;

		/* Elements may have moved, so a value is looked for in any element of the record. */
		if (json_is_object(element))
			r = prune_object(member_table(field), element, record, &pruned);
		else
			pruned = json_ref_const(element);
		if (r == 0 && json_array_append_new(out, pruned) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}

static int prune_value(const struct tfs_field *field, const json_t *value, const json_t *record, json_t **ret)
{
	if (field && field->members && json_is_object(value))
		return prune_object(member_table(field), value, record, ret);
	if (field && field->members && json_is_array(value))
		return prune_array(field, value, record, ret);
	*ret = json_ref_const(value);
	return 0;
}

int document_body_prune(const struct tfs_kind *kind, const struct tfs_endpoint *endpoint, const json_t *record,
			json_t *body)
{
	for (size_t i = 0; i < endpoint->n_body; i++) {
		const struct tfs_field *field = &endpoint->body[i];
		const struct tfs_field *own = document_table_find(top_table(kind), field->name);
		const json_t *value = json_object_get(body, field->name);
		json_t *pruned;
		int r;

		if (!value || !field->members)
			continue;
		r = prune_value(field, value, json_object_get(record, own ? record_name(own) : field->name), &pruned);
		if (r < 0)
			return r;
		if (json_object_set_new(body, field->name, pruned) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* In a body of changes an absent member is unchanged, and members with a type do not accept null. */
json_t *document_body_removal(const struct tfs_endpoint *endpoint, const char *name)
{
	const struct tfs_field *field = tfs_field_find(endpoint->body, endpoint->n_body, name);

	if (!field || field->type == TFS_TYPE_ANY)
		return json_null();
	if (field->empty_removes)
		return json_string("");
	return field->type == TFS_TYPE_ARRAY ? json_array() : NULL;
}
