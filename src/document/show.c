/* Record to document: declared members in order, secrets as digests, ids as names, the rest sorted. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "member.h"
#include "undeclared-members.h"

/* The input: a server's record, or a user's document (context NULL). */
struct viewer {
	const struct tfs_document_context *context;
};

static int show_object(const struct viewer *viewer, struct table table, const json_t *record, json_t **ret);

static int set_member(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new_nocheck(object, name, value) < 0 ? -ENOMEM : 0;
}

/* Whether the text is exactly a JSON number. */
static bool is_number_text(const char *text, bool *ret_real)
{
	*ret_real = false;
	text += *text == '-';
	if (*text == '0')
		text++;
	else if (strspn(text, "0123456789") > 0)
		text += strspn(text, "0123456789");
	else
		return false;
	if (*text == '.') {
		*ret_real = true;
		text++;
		if (strspn(text, "0123456789") == 0)
			return false;
		text += strspn(text, "0123456789");
	}
	if (*text == 'e' || *text == 'E') {
		*ret_real = true;
		text++;
		text += *text == '-' || *text == '+';
		if (strspn(text, "0123456789") == 0)
			return false;
		text += strspn(text, "0123456789");
	}
	return *text == '\0';
}

/* The number in a text; NULL: none, or out of memory. */
static json_t *read_number(const json_t *value)
{
	const char *text = json_string_value(value);
	bool real;
	double number;
	long long whole;

	if (strlen(text) != json_string_length(value) || !is_number_text(text, &real))
		return NULL;
	errno = 0;
	if (!real) {
		whole = strtoll(text, NULL, 10);
		return errno == 0 ? json_integer(whole) : NULL;
	}
	number = strtod(text, NULL);
	return isfinite(number) ? json_real(number) : NULL;
}

/* Converts "true" to true and "12" to 12 for fields of that type; NULL: unchanged. */
static json_t *read_leniently(const struct tfs_field *field, const json_t *value)
{
	if (!json_is_string(value))
		return NULL;
	if (field->type == TFS_TYPE_NUMBER)
		return read_number(value);
	if (field->type != TFS_TYPE_BOOLEAN)
		return NULL;
	if (strcmp(json_string_value(value), "true") == 0)
		return json_true();
	return strcmp(json_string_value(value), "false") == 0 ? json_false() : NULL;
}

/* The name of a referenced object; its id if there is none. */
static int show_reference(const struct viewer *viewer, const struct tfs_field *field, const json_t *value, json_t **ret)
{
	const struct tfs_document_context *context = viewer->context;
	cleanup_free char *name = NULL;
	int r = -ENOENT;

	value = document_reference_id(value);
	if (json_is_string(value) && context->name_of)
		r = context->name_of(context->data, field->reference, json_string_value(value), &name);
	if (r == -ENOENT) {
		*ret = json_ref_const(value);
		return 0;
	}
	if (r < 0)
		return r;
	*ret = json_string(name);
	return !*ret ? -ENOMEM : 0;
}

static int show_one(const struct viewer *viewer, const struct tfs_field *field, const json_t *value, json_t **ret);

static int show_array(const struct viewer *viewer, const struct tfs_field *field, const json_t *value, json_t **ret)
{
	struct tfs_field item = tfs_field_item(field);
	cleanup_json json_t *array = json_array();
	json_t *element;
	int r = !array ? -ENOMEM : 0;

	for (size_t i = 0; i < json_array_size(value) && r == 0; i++) {
		r = show_one(viewer, &item, json_array_get(value, i), &element);
		if (r == 0 && json_array_append_new(array, element) < 0)
			r = -ENOMEM;
	}
	if (r == 0 && field->unordered)
		r = document_sort_elements(array, field->key);
	if (r == 0)
		*ret = steal_pointer(&array);
	return r;
}

/* A value without declared members. */
static int show_open(const struct viewer *viewer, const json_t *object, const char *name, const json_t *value,
		     json_t **ret)
{
	return !viewer->context ? document_sort_members(value, ret)
				: document_show_undeclared(viewer->context, object, name, value, ret);
}

/* A text in its written form; NULL: it is unchanged, or out of memory. */
static json_t *read_written(const struct tfs_field *field, const json_t *value)
{
	const char *text = json_string_value(value), *written;

	if (field->n_read_as == 0 || !text)
		return NULL;
	written = tfs_field_written(field, text);
	return written == text ? NULL : json_string(written);
}

static int show_one(const struct viewer *viewer, const struct tfs_field *field, const json_t *value, json_t **ret)
{
	bool record = viewer->context;

	if (field->secret && record)
		return document_show_secret(viewer->context, value, ret);
	if (field->type == TFS_TYPE_ARRAY && json_is_array(value))
		return show_array(viewer, field, value, ret);
	if (field->reference && record)
		return show_reference(viewer, field, value, ret);
	if (field->members && json_is_object(value))
		return show_object(viewer, member_table(field), value, ret);
	if (json_is_object(value) || json_is_array(value))
		return show_open(viewer, NULL, field->name, value, ret);
	*ret = record ? read_leniently(field, value) : NULL;
	if (!*ret)
		*ret = read_written(field, value);
	if (!*ret)
		*ret = json_ref_const(value);
	return 0;
}

int document_show_value(const struct tfs_document_context *context, const struct tfs_field *field, const json_t *value,
			json_t **ret)
{
	return show_one(&(struct viewer){ .context = context }, field, value, ret);
}

bool document_is_nested_server(const char *name)
{
	return strcmp(name, "__v") == 0 || strcmp(name, "_id") == 0 || strcmp(name, "uuid") == 0;
}

/* Shows the declared members in the table's order, and counts them. */
static int show_declared(const struct viewer *viewer, struct table table, const json_t *record, json_t *out,
			 size_t *ret_count)
{
	*ret_count = 0;
	for (size_t i = 0; i < table.count; i++) {
		const struct tfs_field *field = &table.fields[i];
		const json_t *value;
		json_t *shown;
		int r;

		value = json_object_get(record, viewer->context ? record_name(field) : field->name);
		if (!value)
			continue;
		r = show_one(viewer, field, value, &shown);
		if (r == 0)
			r = set_member(out, field->name, shown);
		if (r < 0)
			return r;
		++*ret_count;
	}
	return 0;
}

/* Whether an undeclared member is shown: the server's own members of a record are not. */
static bool is_unknown(const struct viewer *viewer, struct table table, const char *name)
{
	if (!viewer->context)
		return !document_table_find(table, name) && (!table.kind || strcmp(name, SERVER_MEMBER) != 0);
	return !document_table_find_record(table, name) && !document_is_nested_server(name);
}

/* Appends the undeclared members to `out`, sorted by name. */
static int show_unknown(const struct viewer *viewer, struct table table, const json_t *record, json_t *out)
{
	cleanup_free const char **names = malloc((json_object_size(record) + 1) * sizeof(char *));
	size_t n = 0;
	const char *name;
	json_t *value;
	int r = 0;

	if (!names)
		return -ENOMEM;
	json_object_foreach ((json_t *)(uintptr_t)record, name, value)
		if (is_unknown(viewer, table, name))
			names[n++] = name;
	qsort(names, n, sizeof(char *), document_compare_names);
	for (size_t i = 0; i < n && r == 0; i++) {
		r = show_open(viewer, record, names[i], json_object_get(record, names[i]), &value);
		if (r == 0)
			r = set_member(out, names[i], value);
	}
	return r;
}

static int show_object(const struct viewer *viewer, struct table table, const json_t *record, json_t **ret)
{
	cleanup_json json_t *out = json_object();
	size_t known = 0;
	int r;

	if (!out)
		return -ENOMEM;
	r = show_declared(viewer, table, record, out, &known);
	if (r == 0 && known < json_object_size(record))
		r = show_unknown(viewer, table, record, out);
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}

int document_canonical_document(const struct tfs_kind *kind, const json_t *document, json_t **ret)
{
	struct viewer viewer = { 0 };

	return show_object(&viewer, top_table(kind), document, ret);
}
