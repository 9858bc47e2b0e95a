/* Members and their tables: document and record names, paths, equality. */
#include "member.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/buf.h"
#include "tenantfs/utf8.h"

const char *const document_server_names[] = { "__v",      "_id", "created", "createdAt", "id",
					      "modified", "uid", "updated", "updatedAt", NULL };

const struct tfs_field *document_table_find(struct table table, const char *name)
{
	return tfs_field_find(table.fields, table.count, name);
}

const struct tfs_field *document_table_find_record(struct table table, const char *name)
{
	for (size_t i = 0; i < table.count; i++)
		if (strcmp(record_name(&table.fields[i]), name) == 0)
			return &table.fields[i];
	return NULL;
}

const struct tfs_field *document_kind_name_field(const struct tfs_kind *kind)
{
	return !kind->name_member ? NULL : document_table_find_record(top_table(kind), kind->name_member);
}

static bool is_id(const json_t *value)
{
	if (json_is_string(value))
		return *json_string_value(value) != '\0' &&
		       strlen(json_string_value(value)) == json_string_length(value);
	return json_is_integer(value);
}

const json_t *tfs_document_record_id(const struct tfs_kind *kind, const json_t *record)
{
	for (const char *const *member = kind->id_members; member && *member; member++) {
		const json_t *value = json_object_get(record, *member);

		/* A text with a NUL cannot be used in texts and paths. */
		if (is_id(value))
			return value;
	}
	return NULL;
}

const json_t *tfs_document_id(const struct tfs_kind *kind, const json_t *document)
{
	const json_t *server = json_object_get(document, SERVER_MEMBER);

	for (const char *const *member = kind->id_members; member && *member; member++) {
		const struct tfs_field *field = document_table_find_record(top_table(kind), *member);
		const json_t *value = json_object_get(server, *member);

		if (!value && field)
			value = json_object_get(document, field->name);
		if (is_id(value))
			return value;
	}
	return NULL;
}

const json_t *document_reference_id(const json_t *value)
{
	const json_t *id = json_is_object(value) ? json_object_get(value, "id") : NULL;

	return json_is_string(id) ? id : value;
}

static int add_token(struct tfs_buf *out, const char *name)
{
	int r = 0;

	for (; *name != '\0' && r == 0; name++) {
		if (*name == '~' || *name == '/')
			r = tfs_buf_puts(out, *name == '~' ? "~0" : "~1");
		else
			r = tfs_buf_putc(out, *name);
	}
	return r;
}

static int add_path(struct tfs_buf *out, const struct json_path *path, bool indices)
{
	int r;

	if (!path)
		return 0;
	r = add_path(out, path->up, indices);
	if (!path->member && !indices)
		return r;
	if (r == 0)
		r = tfs_buf_putc(out, '/');
	if (r == 0)
		r = path->member ? add_token(out, path->member) : tfs_buf_printf(out, "%zu", path->index);
	return r;
}

static void print_path(const struct json_path *path, bool indices, char *out, size_t room)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(4096);
	size_t len;

	/* A path that does not fit is cut. */
	add_path(&text, path, indices);
	len = tfs_utf8_cut(text.data, text.len < room ? text.len : room - 1);
	if (len > 0)
		memcpy(out, text.data, len);
	out[len] = '\0';
}

void document_json_path_text(const struct json_path *path, char *out, size_t room)
{
	print_path(path, true, out, room);
}

void document_json_path_pattern(const struct json_path *path, char *out, size_t room)
{
	print_path(path, false, out, room);
}

int document_fail_member(struct tfs_error *error, int code, const struct json_path *path, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tfs_error_setv(error, code, "document", format, args);
	va_end(args);
	if (error)
		document_json_path_text(path, error->member, sizeof(error->member));
	return code;
}

static bool same_objects(const json_t *a, const json_t *b)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)a, name, value) {
		if (!document_same_value(value, json_object_get(b, name)))
			return false;
	}
	json_object_foreach ((json_t *)(uintptr_t)b, name, value) {
		if (!json_is_null(value) && !json_object_get(a, name))
			return false;
	}
	return true;
}

static bool same_arrays(const json_t *a, const json_t *b)
{
	size_t count = json_array_size(a);

	if (count != json_array_size(b))
		return false;
	for (size_t i = 0; i < count; i++)
		if (!document_same_value(json_array_get(a, i), json_array_get(b, i)))
			return false;
	return true;
}

bool document_same_value(const json_t *a, const json_t *b)
{
	if (a == b)
		return true;
	if (!a || !b)
		return json_is_null(a) || json_is_null(b);
	if (json_is_object(a) && json_is_object(b))
		return same_objects(a, b);
	if (json_is_array(a) && json_is_array(b))
		return same_arrays(a, b);
	if (json_is_number(a) && json_is_number(b) && json_typeof(a) != json_typeof(b))
		return json_number_value(a) == json_number_value(b);
	return json_equal(a, b) == 1;
}

const json_t *document_find_key(const json_t *array, const char *key, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *element = json_array_get(array, i);

		if (document_same_value(json_object_get(element, key), value))
			return element;
	}
	return NULL;
}

const json_t *document_element_like(const struct tfs_field *field, const json_t *element, size_t index,
				    const json_t *array)
{
	const json_t *key = field->key ? json_object_get(element, field->key) : NULL;

	return key ? document_find_key(array, field->key, key) : json_array_get(array, index);
}
