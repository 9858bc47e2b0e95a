/* Record to document: declared members in order, secrets as digests, ids as names, the rest sorted. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "member.h"
#include "tenantfs/buf.h"

enum { VALUE_MAX = 64 << 20 };

/* What is read: a server's record, or a document somebody wrote (context NULL). */
struct viewer {
	const struct tfs_document_context *context;
	struct tfs_error *error;
};

static int show_object(const struct viewer *viewer, struct table table, const json_t *record, json_t **ret);

static int set_member(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new_nocheck(object, name, value) < 0 ? -ENOMEM : 0;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int sort_object(const json_t *object, json_t **ret)
{
	size_t count = json_object_size(object), n = 0;
	cleanup_free const char **names = malloc((count + 1) * sizeof(char *));
	cleanup_json json_t *sorted = json_object();
	const char *name;
	json_t *value;
	int r = 0;

	if (names == NULL || sorted == NULL)
		return -ENOMEM;
	json_object_foreach((json_t *)(uintptr_t)object, name, value)
		names[n++] = name;
	qsort(names, n, sizeof(char *), compare_names);
	for (size_t i = 0; i < n && r == 0; i++) {
		r = sort_members(json_object_get(object, names[i]), &value);
		if (r == 0)
			r = set_member(sorted, names[i], value);
	}
	if (r == 0)
		*ret = steal_pointer(&sorted);
	return r;
}

int sort_members(const json_t *value, json_t **ret)
{
	cleanup_json json_t *array = NULL;
	json_t *item;
	int r;

	if (json_is_object(value))
		return sort_object(value, ret);
	if (!json_is_array(value)) {
		*ret = share(value);
		return 0;
	}
	array = json_array();
	if (array == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(value); i++) {
		r = sort_members(json_array_get(value, i), &item);
		if (r < 0)
			return r;
		if (json_array_append_new(array, item) < 0)
			return -ENOMEM;
	}
	*ret = steal_pointer(&array);
	return 0;
}

struct element {
	json_t *value; /* borrowed */
	struct tfs_buf text;
	size_t at; /* keeps the sort stable */
};

static int compare_elements(const void *a, const void *b)
{
	const struct element *left = a, *right = b;
	size_t len = left->text.len < right->text.len ? left->text.len : right->text.len;
	int order = len == 0 ? 0 : memcmp(left->text.data, right->text.data, len);

	if (order == 0)
		order = (left->text.len > right->text.len) - (left->text.len < right->text.len);
	return order != 0 ? order : (left->at > right->at) - (left->at < right->at);
}

/* What an element is sorted by: its key, its text, or all of it. */
static int print_element(struct element *element, const char *key)
{
	const json_t *value = element->value, *by = key != NULL ? json_object_get(value, key) : NULL;

	if (by == NULL)
		by = value;
	element->text = TFS_BUF_INIT(VALUE_MAX);
	if (json_is_string(by))
		return tfs_buf_add(&element->text, json_string_value(by), json_string_length(by));
	return tfs_json_print(by, &element->text);
}

int sort_elements(json_t *array, const char *key)
{
	size_t count = json_array_size(array);
	cleanup_json json_t *keep = NULL;
	struct element *elements;
	int r = 0;

	if (count < 2)
		return 0;
	elements = calloc(count, sizeof(*elements));
	keep = json_copy(array);
	if (elements == NULL || keep == NULL) {
		free(elements);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count && r == 0; i++) {
		elements[i] = (struct element){ .value = json_array_get(keep, i), .at = i };
		r = print_element(&elements[i], key);
	}
	if (r == 0)
		qsort(elements, count, sizeof(*elements), compare_elements);
	for (size_t i = 0; i < count; i++) {
		if (r == 0)
			json_array_set(array, i, elements[i].value);
		tfs_buf_finish(&elements[i].text);
	}
	free(elements);
	return r;
}

/* A number as JSON writes it, and nothing else. */
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

/* The number a text stands for; NULL when it is none, or out of memory. */
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

/* "true" to true and "12" to 12 where the table says so; NULL: leave it as it is. */
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

bool is_digest(const json_t *value)
{
	const char *text = json_string_value(value);

	return text != NULL && json_string_length(value) == TFS_SECRET_TEXT - 1 &&
	       strncmp(text, "secret:", 7) == 0 && strspn(text + 7, "0123456789abcdef") == 16;
}

int show_secret(const struct tfs_document_context *context, const json_t *secret, json_t **ret)
{
	struct tfs_buf text TFS_CLEANUP(tfs_buf_wipe) = TFS_BUF_INIT_SECRET(VALUE_MAX);
	char digest[TFS_SECRET_TEXT];
	int r;

	if (json_is_null(secret) || (json_is_string(secret) && json_string_length(secret) == 0)) {
		*ret = share(secret);
		return 0;
	}
	if (json_is_string(secret)) {
		r = tfs_secret_digest(context->digest_key, json_string_value(secret),
				      json_string_length(secret), digest);
	} else {
		r = tfs_json_print(secret, &text);
		if (r == 0)
			r = tfs_secret_digest(context->digest_key, text.data, text.len, digest);
	}
	if (r < 0)
		return r;
	*ret = json_string(digest);
	return *ret == NULL ? -ENOMEM : 0;
}

/* The name of the object an id stands for; the id itself where nobody has it. */
static int show_reference(const struct viewer *viewer, const struct tfs_field *field, const json_t *value,
			  json_t **ret)
{
	const struct tfs_document_context *context = viewer->context;
	cleanup_free char *name = NULL;
	int r = -ENOENT;

	if (json_is_string(value) && context->name_of != NULL)
		r = context->name_of(context->data, field->reference, json_string_value(value), &name);
	if (r == -ENOENT) {
		*ret = share(value);
		return 0;
	}
	if (r < 0)
		return r;
	*ret = json_string(name);
	return *ret == NULL ? -ENOMEM : 0;
}

static int show_one(const struct viewer *viewer, const struct tfs_field *field, const json_t *value, json_t **ret);

static int show_array(const struct viewer *viewer, const struct tfs_field *field, const json_t *value, json_t **ret)
{
	struct tfs_field item = item_field(field);
	cleanup_json json_t *array = json_array();
	json_t *element;
	int r = array == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < json_array_size(value) && r == 0; i++) {
		r = show_one(viewer, &item, json_array_get(value, i), &element);
		if (r == 0 && json_array_append_new(array, element) < 0)
			r = -ENOMEM;
	}
	if (r == 0 && field->unordered)
		r = sort_elements(array, field->key);
	if (r == 0)
		*ret = steal_pointer(&array);
	return r;
}

static int show_one(const struct viewer *viewer, const struct tfs_field *field, const json_t *value, json_t **ret)
{
	bool record = viewer->context != NULL;

	if (field->secret && record)
		return show_secret(viewer->context, value, ret);
	if (field->type == TFS_TYPE_ARRAY && json_is_array(value))
		return show_array(viewer, field, value, ret);
	if (field->reference != NULL && record)
		return show_reference(viewer, field, value, ret);
	if (field->members != NULL && json_is_object(value))
		return show_object(viewer, member_table(field), value, ret);
	if (json_is_object(value) || json_is_array(value))
		return sort_members(value, ret);
	*ret = record ? read_leniently(field, value) : NULL;
	if (*ret == NULL)
		*ret = share(value);
	return 0;
}

int show_value(const struct tfs_document_context *context, const struct tfs_field *field, const json_t *value,
	       json_t **ret)
{
	return show_one(&(struct viewer){ .context = context }, field, value, ret);
}

/* The declared members, in the table's order; how many of the record's they were. */
static int show_declared(const struct viewer *viewer, struct table table, const json_t *record, json_t *out,
			 size_t *ret_count)
{
	*ret_count = 0;
	for (size_t i = 0; i < table.count; i++) {
		const struct tfs_field *field = &table.fields[i];
		const json_t *value;
		json_t *shown;
		int r;

		value = json_object_get(record, viewer->context != NULL ? record_name(field) : field->name);
		if (value == NULL)
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

enum rest { REST_UNKNOWN, REST_SERVER, REST_NONE };

/* Of which sort an undeclared member is. */
static enum rest sort_of_rest(const struct viewer *viewer, struct table table, const char *name)
{
	if (viewer->context == NULL) {
		if (table_find(table, name) != NULL || (table.kind != NULL && strcmp(name, SERVER_MEMBER) == 0))
			return REST_NONE;
		return REST_UNKNOWN;
	}
	if (table_find_record(table, name) != NULL)
		return REST_NONE;
	return table_is_server(table, name) ? REST_SERVER : REST_UNKNOWN;
}

/* Members of one sort, by name behind what stands in `out`. */
static int show_rest(const struct viewer *viewer, struct table table, const json_t *record, enum rest sort,
		     json_t *out)
{
	cleanup_free const char **names = malloc((json_object_size(record) + 1) * sizeof(char *));
	size_t n = 0;
	const char *name;
	json_t *value;
	int r = 0;

	if (names == NULL)
		return -ENOMEM;
	json_object_foreach((json_t *)(uintptr_t)record, name, value)
		if (sort_of_rest(viewer, table, name) == sort)
			names[n++] = name;
	qsort(names, n, sizeof(char *), compare_names);
	for (size_t i = 0; i < n && r == 0; i++) {
		r = sort_members(json_object_get(record, names[i]), &value);
		if (r == 0)
			r = set_member(out, names[i], value);
	}
	return r;
}

static int show_server(const struct viewer *viewer, struct table table, const json_t *record, json_t *out)
{
	cleanup_json json_t *server = json_object();
	int r = server == NULL ? -ENOMEM : show_rest(viewer, table, record, REST_SERVER, server);

	if (r == 0 && json_object_size(server) > 0)
		r = set_member(out, SERVER_MEMBER, steal_pointer(&server));
	return r;
}

static int show_object(const struct viewer *viewer, struct table table, const json_t *record, json_t **ret)
{
	cleanup_json json_t *out = json_object();
	size_t known = 0;
	int r;

	if (out == NULL)
		return -ENOMEM;
	r = show_declared(viewer, table, record, out, &known);
	if (r == 0 && known < json_object_size(record)) {
		r = show_rest(viewer, table, record, REST_UNKNOWN, out);
		if (r == 0 && table.kind != NULL && viewer->context != NULL)
			r = show_server(viewer, table, record, out);
	}
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}

int tfs_document_from_record(const struct tfs_kind *kind, const struct tfs_document_context *context,
			     const json_t *record, json_t **ret, struct tfs_error *error)
{
	struct viewer viewer = { .context = context, .error = error };
	int r;

	if (json_is_string(record) && kind->shape == TFS_SHAPE_SET) {
		*ret = json_pack("{sO}", "name", record);
		return *ret == NULL ? -ENOMEM : 0;
	}
	if (!json_is_object(record))
		return tfs_error_set(error, -EINVAL, "document", "the server's record is no object");
	r = show_object(&viewer, top_table(kind), record, ret);
	if (r < 0 && error != NULL && error->code != r)
		tfs_error_set(error, r, "document", "the record could not be shown");
	return r;
}

int canonical_document(const struct tfs_kind *kind, const json_t *document, json_t **ret)
{
	struct viewer viewer = { 0 };

	return show_object(&viewer, top_table(kind), document, ret);
}
