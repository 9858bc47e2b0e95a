/* Finding the records in an answer: an array, or an object with records by key. */
#include <errno.h>
#include <string.h>

#include "doc-builder.h"

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

int resource_records_find(const struct tfs_step *step, const struct args_source *with, const json_t *body, json_t **ret)
{
	const struct tfs_kind *kind = with->resource->kind;
	const json_t *found = NULL;
	int r = resource_step_answer(step, with, body, &found);

	if (r < 0)
		return r;
	if (kind->map_key && json_is_object(found))
		return array_of(kind, found, ret);
	*ret = !found ? NULL : json_ref_const(found);
	return 0;
}

bool resource_record_deleted(const struct tfs_kind *kind, const json_t *record)
{
	return kind->n_deleted_when > 0 &&
	       tfs_conditions_hold(kind->deleted_when, kind->n_deleted_when, record, record);
}
