/*
 * A body pruned to its endpoint. A nested object replaces the server's, so members that the catalogue does not know go
 * back with it; otherwise they would be erased. What only the server sets is left out, unless the endpoint names it,
 * and so is null where the endpoint has a type.
 */
#include <errno.h>

#include "prune-body.h"

/* Whether the kind names the member at `path` as the server's own. */
static bool is_server_path(const struct tfs_kind *kind, const struct json_path *path)
{
	char text[TFS_ERROR_MEMBER];

	document_json_path_pattern(path, text, sizeof(text));
	for (const char *const *name = kind->server_members; name && *name; name++)
		if (strcmp(*name, text + 1) == 0)
			return true;
	return false;
}

static bool stays_out(const struct tfs_kind *kind, struct table table, const struct json_path *path,
		      const json_t *value)
{
	const struct tfs_field *field = document_table_find(table, path->member);

	if (field)
		return json_is_null(value) && field->type != TFS_TYPE_ANY;
	return document_is_nested_server(path->member) || is_server_path(kind, path);
}

static int prune_value(const struct tfs_kind *kind, const struct tfs_field *field, const struct json_path *path,
		       const json_t *value, json_t **ret);

static int prune_object(const struct tfs_kind *kind, struct table table, const struct json_path *path,
			const json_t *object, json_t **ret)
{
	cleanup_json json_t *out = json_object();
	const char *name;
	json_t *value, *pruned;
	int r = !out ? -ENOMEM : 0;

	json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
		struct json_path here = { path, name, 0 };

		if (r < 0 || stays_out(kind, table, &here, value))
			continue;
		r = prune_value(kind, document_table_find(table, name), &here, value, &pruned);
		if (r == 0 && json_object_set_new_nocheck(out, name, pruned) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}

static int prune_array(const struct tfs_kind *kind, const struct tfs_field *field, const struct json_path *path,
		       const json_t *array, json_t **ret)
{
	cleanup_json json_t *out = json_array();
	int r = !out ? -ENOMEM : 0;

	for (size_t i = 0; i < json_array_size(array) && r == 0; i++) {
		const json_t *element = json_array_get(array, i);
		json_t *pruned;

		if (json_is_object(element))
			r = prune_object(kind, member_table(field), path, element, &pruned);
		else
			pruned = json_ref_const(element);
		if (r == 0 && json_array_append_new(out, pruned) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}

static int prune_value(const struct tfs_kind *kind, const struct tfs_field *field, const struct json_path *path,
		       const json_t *value, json_t **ret)
{
	if (field && field->members && json_is_object(value))
		return prune_object(kind, member_table(field), path, value, ret);
	if (field && field->members && json_is_array(value))
		return prune_array(kind, field, path, value, ret);
	*ret = json_ref_const(value);
	return 0;
}

int document_body_prune(const struct tfs_kind *kind, const struct tfs_endpoint *endpoint, json_t *body)
{
	for (size_t i = 0; i < endpoint->n_body; i++) {
		const struct tfs_field *field = &endpoint->body[i];
		const struct json_path path = { NULL, field->name, 0 };
		const json_t *value = json_object_get(body, field->name);
		json_t *pruned;
		int r;

		if (json_is_null(value) && field->type != TFS_TYPE_ANY) {
			json_object_del(body, field->name);
			continue;
		}
		if (!value || !field->members)
			continue;
		r = prune_value(kind, field, &path, value, &pruned);
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

	if (field && field->fallback)
		return json_loads(field->fallback, JSON_DECODE_ANY, NULL);
	if (!field || field->type == TFS_TYPE_ANY)
		return json_null();
	if (field->empty_removes)
		return json_string("");
	return field->type == TFS_TYPE_ARRAY ? json_array() : NULL;
}
