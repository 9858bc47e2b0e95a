/* Finding the records in an answer: an array, or an object with records by key. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "doc-builder.h"
#include "shape.h"

/* A member of such an object as a record with its key. Yours; NULL: out of memory. */
static json_t *keyed_record(const struct tfs_kind *kind, const char *key, const json_t *value)
{
	json_t *record;

	if (kind->shape == TFS_SHAPE_DIRS)
		record = json_object();
	else
		record = json_is_object(value) ? json_copy((json_t *)(uintptr_t)value)
					       : json_pack("{sO}", "value", value);
	if (!record || json_object_set_new_nocheck(record, kind->map_key, json_string(key)) < 0) {
		json_decref(record);
		return NULL;
	}
	return record;
}

static int array_of(const struct tfs_kind *kind, const json_t *object, json_t **ret)
{
	cleanup_json json_t *out = json_array();
	const char *key;
	json_t *value;

	if (!out)
		return -ENOMEM;
	json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
		json_t *record = keyed_record(kind, key, value);

		if (!record || json_array_append_new(out, record) < 0)
			return -ENOMEM;
	}
	*ret = steal_pointer(&out);
	return 0;
}

int resource_check_total(struct tfs_op *op, const struct tfs_endpoint *endpoint, long long had, long long total)
{
	return had >= total
		       ? 0
		       : tfs_fail(op, -EBADMSG, "resource", "%s %s: the service counts %lld records and returned %lld",
				  endpoint->method, endpoint->path, total, had);
}

/* Of a list that is not read in pages. */
static int check_answer_total(struct tfs_op *op, const struct tfs_step *step, const json_t *body, const json_t *records)
{
	static const char *const pointers[] = { "/page/total", "/total" };
	long long had = (long long)json_array_size(records);

	for (size_t i = 0; i < sizeof(pointers) / sizeof(*pointers); i++) {
		int r = resource_check_total(op, step->endpoint, had, resource_total_of(body, pointers[i]));

		if (r < 0)
			return r;
	}
	return 0;
}

/* `found` NULL: nothing is where the row says. An empty object may be anything, so it is not an empty list. */
static int find_list(const struct tfs_step *step, const struct args_source *with, const json_t *body,
		     const json_t *found, json_t **ret)
{
	const struct tfs_kind *kind = with->resource->kind;
	const json_t *in = found ? found : body;
	int r = resource_shape_list(kind, in, ret);

	if (r == 0 && !*ret)
		return resource_shape_fail(with->op, kind, step, in);
	return r < 0 || kind->page_total ? r : check_answer_total(with->op, step, body, *ret);
}

int resource_records_find(const struct tfs_step *step, const struct args_source *with, const json_t *body, json_t **ret)
{
	const struct tfs_kind *kind = with->resource->kind;
	bool filled = step->answer && strchr(step->answer, '$'); /* with a name that the object may lack */
	const json_t *found = NULL;
	int r = resource_step_answer(step, with, body, &found);

	if (r < 0)
		return r;
	if (kind->map_key && json_is_object(found))
		return array_of(kind, found, ret);
	if (kind->shape == TFS_SHAPE_DOC || kind->wrap_in)
		return resource_shape_document(kind, found, ret);
	if (kind->form != TFS_FORM_TEXT && !json_is_null(found) && !(filled && !found))
		return find_list(step, with, body, found, ret);
	*ret = !found ? NULL : json_ref_const(found);
	return 0;
}

long long resource_total_of(const json_t *body, const char *pointer)
{
	const json_t *total = resource_shape_at(body, pointer);
	char *end;
	long long number = -1;

	if (json_is_integer(total))
		number = json_integer_value(total);
	else if (json_is_string(total) && json_string_length(total) > 0) {
		number = strtoll(json_string_value(total), &end, 10);
		if (*end != '\0')
			number = -1;
	}
	return number < 0 ? -1 : number;
}

bool resource_record_deleted(const struct tfs_kind *kind, const json_t *record)
{
	return kind->n_deleted_when > 0 &&
	       tfs_conditions_hold(kind->deleted_when, kind->n_deleted_when, record, record);
}
