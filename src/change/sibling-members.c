/*
 * What other objects of the kind have and the catalogue does not know. Undeclared members are added by the server: in a
 * copy of such an object they are accepted, and not sent. An object that is restored gets its own back. Values that the
 * server uses can be written.
 */
#include <stdlib.h>

#include "save.h"

/* Number of objects examined; bytes of a member's path. */
enum { SIBLINGS = 8, WAY = 512 };

/* Collects the paths of undeclared members as names in an object; NULL: removes the members instead. */
static void walk(struct table table, const struct json_path *up, json_t *object, json_t *ret_known);

static void walk_value(const struct tfs_field *field, const struct json_path *here, json_t *value, json_t *ret_known)
{
	if (!field->members)
		return;
	if (json_is_object(value))
		walk(member_table(field), here, value, ret_known);
	for (size_t i = 0; i < json_array_size(value); i++)
		if (json_is_object(json_array_get(value, i)))
			walk(member_table(field), here, json_array_get(value, i), ret_known);
}

static void walk(struct table table, const struct json_path *up, json_t *object, json_t *ret_known)
{
	char way[WAY];
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe (object, next, name, value) {
		const struct tfs_field *field = document_table_find(table, name);
		struct json_path here = { up, name, 0 };

		if (!field && table.kind && table.kind->open_document) {
			continue;
		} else if (field) {
			walk_value(field, &here, value, ret_known);
		} else if (!ret_known) {
			json_object_del(object, name);
		} else {
			document_json_path_pattern(&here, way, sizeof(way));
			/* Without memory for it the member is reported as unknown. */
			json_object_set_new(ret_known, way, json_true());
		}
	}
}

json_t *change_sibling_members(struct tfs_resource *resource)
{
	cleanup_json json_t *known = json_object();
	struct tfs_doc **docs;
	size_t count;

	if (!known || tfs_list_all(resource->list, &docs, &count) < 0)
		return NULL;
	for (size_t i = 0; i < count && i < SIBLINGS; i++) {
		cleanup_json json_t *document = NULL;

		if (tfs_json_parse(docs[i]->data, docs[i]->len, &document, NULL) == 0)
			walk(top_table(resource->kind), NULL, document, known);
	}
	tfs_docs_free(docs, count);
	return steal_pointer(&known);
}

json_t *change_undeclared_members(const struct tfs_kind *kind, const json_t *document)
{
	json_t *known = json_object();

	if (known)
		walk(top_table(kind), NULL, (json_t *)(uintptr_t)document, known);
	return known;
}

/* Whether the value at a path, of any element of the arrays in it, is the text. */
static bool has_text(const json_t *value, const char *way, const char *text)
{
	size_t len = strcspn(way + (*way == '/'), "/");
	const json_t *element;
	size_t i;

	json_array_foreach (value, i, element)
		if (has_text(element, way, text))
			return true;
	if (*way == '\0')
		return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
	return json_is_object(value) && has_text(json_object_getn(value, way + 1, len), way + 1 + len, text);
}

bool change_sibling_uses(void *data, const char *way, const char *value)
{
	struct tfs_resource *resource = data;
	struct tfs_doc **docs;
	bool found = false;
	size_t count;

	if (tfs_list_all(resource->list, &docs, &count) < 0)
		return false;
	for (size_t i = 0; i < count && !found; i++) {
		cleanup_json json_t *document = NULL;

		/* Few texts have an unusual value. */
		if (memmem(docs[i]->data, docs[i]->len, value, strlen(value)) &&
		    tfs_json_parse(docs[i]->data, docs[i]->len, &document, NULL) == 0)
			found = has_text(document, way, value);
	}
	tfs_docs_free(docs, count);
	return found;
}

void change_document_drop_undeclared(const struct tfs_kind *kind, json_t *document)
{
	walk(top_table(kind), NULL, document, NULL);
}
