/* Sorting where order has no meaning: members of objects, elements of sets. */
#include <errno.h>
#include <stdlib.h>

#include "member.h"
#include "tenantfs/buf.h"

enum { ELEMENT_MAX = 64 << 20 };

int document_compare_names(const void *a, const void *b)
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

	if (!names || !sorted)
		return -ENOMEM;
	json_object_foreach ((json_t *)(uintptr_t)object, name, value)
		names[n++] = name;
	qsort(names, n, sizeof(char *), document_compare_names);
	for (size_t i = 0; i < n && r == 0; i++) {
		r = document_sort_members(json_object_get(object, names[i]), &value);
		if (r == 0 && json_object_set_new_nocheck(sorted, names[i], value) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = steal_pointer(&sorted);
	return r;
}

int document_sort_members(const json_t *value, json_t **ret)
{
	cleanup_json json_t *array = NULL;
	json_t *item;
	int r;

	if (json_is_object(value))
		return sort_object(value, ret);
	if (!json_is_array(value)) {
		*ret = json_ref_const(value);
		return 0;
	}
	array = json_array();
	if (!array)
		return -ENOMEM;
	for (size_t i = 0; i < json_array_size(value); i++) {
		r = document_sort_members(json_array_get(value, i), &item);
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

/* Sort key of an element: its key, its text, or all of it. */
static int print_element(struct element *element, const char *key)
{
	const json_t *value = element->value, *by = key ? json_object_get(value, key) : NULL;

	if (!by)
		by = value;
	element->text = TFS_BUF_INIT(ELEMENT_MAX);
	if (json_is_string(by))
		return tfs_buf_add(&element->text, json_string_value(by), json_string_length(by));
	return tfs_json_print(by, &element->text);
}

int document_sort_elements(json_t *array, const char *key)
{
	size_t count = json_array_size(array);
	cleanup_json json_t *keep = NULL;
	struct element *elements;
	int r = 0;

	if (count < 2)
		return 0;
	elements = calloc(count, sizeof(*elements));
	keep = json_copy(array);
	if (!elements || !keep) {
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
