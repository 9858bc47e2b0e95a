/*
 * The API document shows one object for some lists, and does not show others. So every form that can only mean one
 * thing is accepted, and anything else is refused: a list that is read wrongly would look like one without objects.
 */
#include "shape.h"

#include <errno.h>

#include "tenantfs/buf.h"

enum { LEVELS = 2, NAMES_TOLD = 6, TOLD_MAX = 600 };

static bool is_record(const struct tfs_kind *kind, const json_t *value)
{
	const json_t *name = kind->name_member ? json_object_get(value, kind->name_member) : NULL;

	if (json_is_string(value))
		return true;
	return json_is_integer(name) || json_is_string(name) || tfs_document_record_id(kind, value);
}

/* The only member of an object; NULL: it has another number of members. */
static json_t *only_member(const json_t *object)
{
	json_t *members = (json_t *)(uintptr_t)object;

	return json_object_size(members) != 1 ? NULL : json_object_iter_value(json_object_iter(members));
}

const json_t *resource_shape_at(const json_t *body, const char *pointer)
{
	const json_t *found = tfs_json_at(body, pointer), *inner = found ? NULL : only_member(body);

	return inner ? tfs_json_at(inner, pointer) : found;
}

/* The record, or the one in its only member; NULL: neither. */
static json_t *record_in(const struct tfs_kind *kind, json_t *value)
{
	json_t *inner = is_record(kind, value) ? NULL : only_member(value);

	if (!inner)
		return is_record(kind, value) ? value : NULL;
	return json_is_object(inner) && is_record(kind, inner) ? inner : NULL;
}

/* Odd records among others stay as they are. An array without any record is no list. */
static int list_of_array(const struct tfs_kind *kind, const json_t *array, json_t **ret)
{
	cleanup_json json_t *out = json_array();
	size_t records = 0;

	for (size_t i = 0; i < json_array_size(array); i++) {
		json_t *value = json_array_get(array, i), *record = record_in(kind, value);

		records += !!record;
		if (json_array_append(out, record ? record : value) < 0)
			return -ENOMEM;
	}
	if (!out)
		return -ENOMEM;
	if (records > 0 || json_array_size(out) == 0)
		*ret = steal_pointer(&out);
	return 0;
}

static bool has_records_by_key(const struct tfs_kind *kind, const json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
		if (!json_is_object(value) || !is_record(kind, value))
			return false;
	}
	return json_object_size(object) > 0;
}

/* A record without an id gets its key, unless that may be the name or a word of the answer. */
static json_t *keyed_record(const struct tfs_kind *kind, const char *key, json_t *value, bool alone)
{
	const char *name = kind->name_member ? tfs_json_text(value, kind->name_member) : NULL;
	json_t *record;

	if (alone || !kind->id_members || tfs_document_record_id(kind, value) || (name && strcmp(name, key) == 0))
		return json_incref(value);
	record = json_copy(value);
	if (record && json_object_set_new(record, kind->id_members[0], json_string(key)) < 0)
		json_decref(steal_pointer(&record));
	return record;
}

static int list_of_keyed(const struct tfs_kind *kind, const json_t *object, json_t **ret)
{
	cleanup_json json_t *out = json_array();
	bool alone = json_object_size(object) == 1;
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
		if (json_array_append_new(out, keyed_record(kind, key, value, alone)) < 0)
			return -ENOMEM;
	}
	*ret = steal_pointer(&out);
	return !*ret ? -ENOMEM : 0;
}

static int list_at(const struct tfs_kind *kind, const json_t *value, int levels, json_t **ret);

/*
 * The list in one of the members that are arrays, or that are not. Two that have records are ambiguous, and so is an
 * array of something else.
 */
static int list_of_members(const struct tfs_kind *kind, const json_t *object, bool arrays, int levels, json_t **ret)
{
	cleanup_json json_t *found = NULL;
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
		cleanup_json json_t *list = NULL;
		int r = json_is_array(value) == arrays ? list_at(kind, value, levels, &list) : 0;

		if (r < 0)
			return r;
		if ((json_is_array(value) && arrays && !list) ||
		    (json_array_size(list) > 0 && json_array_size(found) > 0))
			return 0;
		if (list && json_array_size(found) == 0) {
			json_decref(found);
			found = steal_pointer(&list);
		}
	}
	*ret = steal_pointer(&found);
	return 0;
}

static bool has_array(const json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
		if (json_is_array(value))
			return true;
	}
	return false;
}

/* `levels`: of objects around the list. */
static int list_at(const struct tfs_kind *kind, const json_t *value, int levels, json_t **ret)
{
	if (json_is_array(value))
		return list_of_array(kind, value, ret);
	if (!json_is_object(value))
		return 0;
	if (is_record(kind, value)) {
		*ret = json_pack("[O]", value);
		return !*ret ? -ENOMEM : 0;
	}
	if (has_records_by_key(kind, value))
		return list_of_keyed(kind, value, ret);
	return levels == 0 ? 0 : list_of_members(kind, value, has_array(value), levels - 1, ret);
}

int resource_shape_list(const struct tfs_kind *kind, const json_t *value, json_t **ret)
{
	return list_at(kind, value, LEVELS, ret);
}

/* Whether a member of the object is one of the kind's. */
static bool has_field(const struct tfs_kind *kind, const json_t *object)
{
	for (size_t i = 0; i < kind->n_fields; i++)
		if (json_object_get(object, record_name(&kind->fields[i])))
			return true;
	return false;
}

/* Whether the members of an object are lists and objects alone, as in {"auditLogEvents": […]}. */
static bool is_part(const json_t *value)
{
	const char *key;
	json_t *member;

	json_object_foreach ((json_t *)(uintptr_t)value, key, member) {
		if (!json_is_array(member) && !json_is_object(member))
			return false;
	}
	return json_object_size(value) > 0;
}

static int join_parts(const json_t *parts, json_t **ret)
{
	cleanup_json json_t *out = json_object();

	for (size_t i = 0; i < json_array_size(parts); i++) {
		/* The array is of records, and they are the document. */
		if (!is_part(json_array_get(parts, i))) {
			*ret = json_ref_const(parts);
			return 0;
		}
		if (json_object_update_missing(out, json_array_get(parts, i)) < 0)
			return -ENOMEM;
	}
	*ret = json_array_size(parts) == 0 ? json_ref_const(parts) : steal_pointer(&out);
	return !*ret ? -ENOMEM : 0;
}

int resource_shape_document(const struct tfs_kind *kind, const json_t *value, json_t **ret)
{
	json_t *inner =
		json_is_array(value) && json_array_size(value) == 1 ? json_array_get(value, 0) : only_member(value);

	if (kind->wrap_in && kind->page_total && json_is_array(value))
		return join_parts(value, ret);
	if (!kind->wrap_in && json_is_object(inner) && has_field(kind, inner) && !has_field(kind, value))
		value = inner;
	*ret = !value ? NULL : json_ref_const(value);
	return 0;
}

static int tell_members(struct tfs_buf *out, const char *const *names, const char *separator)
{
	int r = 0;

	for (size_t i = 0; names && names[i] && r == 0; i++)
		r = tfs_buf_printf(out, "%s\"%s\"", i == 0 ? "" : separator, names[i]);
	return r;
}

static int tell_expected(struct tfs_buf *out, const struct tfs_kind *kind)
{
	const char *name = kind->name_member;
	int r;

	if (kind->shape == TFS_SHAPE_DOC || kind->wrap_in)
		return tfs_buf_puts(out, kind->wrap_in ? "an object or a list" : "an object");
	if (!name && !kind->id_members)
		return tfs_buf_puts(out, "a list of texts");
	r = tfs_buf_printf(out, "a list of records with ");
	if (r == 0 && name)
		r = tfs_buf_printf(out, "\"%s\"%s", name, kind->id_members ? " or " : "");
	return r < 0 ? r : tell_members(out, kind->id_members, " or ");
}

static int tell_came(struct tfs_buf *out, const json_t *came)
{
	const char *names[NAMES_TOLD + 1] = { NULL }, *key;
	json_t *value;
	size_t n = 0;
	int r;

	if (json_is_array(came) && json_array_size(came) > 0)
		return tfs_buf_printf(out, "a list of %zu without them", json_array_size(came));
	if (!json_is_object(came) || json_object_size(came) == 0)
		return tfs_buf_puts(out, !came                  ? "nothing"
					 : json_is_array(came)  ? "an empty list"
					 : json_is_object(came) ? "an empty object"
					 : json_is_string(came) ? "a text"
					 : json_is_number(came) ? "a number"
								: "true, false or null");
	json_object_foreach ((json_t *)(uintptr_t)came, key, value)
		if (n < NAMES_TOLD)
			names[n++] = key;
	r = tfs_buf_puts(out, "an object with ");
	if (r == 0)
		r = tell_members(out, names, ", ");
	return r < 0 || json_object_size(came) <= NAMES_TOLD ? r : tfs_buf_puts(out, " …");
}

int resource_shape_fail(struct tfs_op *op, const struct tfs_kind *kind, const struct tfs_step *step, const json_t *came)
{
	struct tfs_buf expected cleanup_buf = TFS_BUF_INIT(TOLD_MAX), told cleanup_buf = TFS_BUF_INIT(TOLD_MAX);
	const char *at = step->answer ? step->answer : "";

	/* Names too long to tell. */
	if (tell_expected(&expected, kind) < 0 || tell_came(&told, came) < 0)
		return tfs_fail(op, -EBADMSG, "resource", "%s %s: the answer has another form than expected",
				step->endpoint->method, step->endpoint->path);
	return tfs_fail(op, -EBADMSG, "resource", "%s %s: expected %.*s%s%s, and got %.*s", step->endpoint->method,
			step->endpoint->path, (int)expected.len, expected.data, *at ? " at " : "", at, (int)told.len,
			told.data);
}
