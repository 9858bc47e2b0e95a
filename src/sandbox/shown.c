/* Limits the answers of a strict sandbox to what the rows of the kinds say that an answer has. */
#include "shown.h"

#include <errno.h>
#include <string.h>

static bool has_step(const struct tfs_step *steps, size_t n, const struct tfs_endpoint *endpoint)
{
	for (size_t i = 0; steps && i < n; i++)
		if (steps[i].endpoint == endpoint)
			return true;
	return false;
}

/* Whether the endpoint answers with records of the kind. */
static bool shows(const struct tfs_endpoint *endpoint, const struct tfs_kind *kind)
{
	return has_step(kind->list, 1, endpoint) || has_step(kind->lookup, 1, endpoint) ||
	       has_step(kind->detail, 1, endpoint) || has_step(kind->create, kind->n_create, endpoint) ||
	       has_step(kind->change, kind->n_change, endpoint);
}

/* The kind's member with the id that the record has; NULL. */
static const char *id_of(const struct tfs_kind *kind, const json_t *record)
{
	for (const char *const *name = kind->id_members; name && *name; name++)
		if (json_object_get(record, *name))
			return *name;
	return NULL;
}

/* What a record of the kind looks like in an answer. */
struct look {
	const struct tfs_kind *kind;
	const char *id; /* its member with the id; NULL: not known yet */
};

/* The calls end with the first result other than 0. */
typedef int (*each_record)(struct look *look, json_t *record);

static int visit(struct look *look, json_t *value, each_record each)
{
	size_t index;
	json_t *record;
	int r = 0;

	if (json_is_object(value))
		return each(look, value);
	json_array_foreach (value, index, record) {
		if (r == 0 && json_is_object(record))
			r = each(look, record);
	}
	return r;
}

/* The answer is a record, an array of records, or has arrays of records. */
static int visit_all(struct look *look, json_t *answer, each_record each)
{
	const char *name;
	json_t *value;
	int r = visit(look, answer, each);

	json_object_foreach (answer, name, value) {
		if (r == 0 && json_is_array(value))
			r = visit(look, value, each);
	}
	return r;
}

static int find_id(struct look *look, json_t *record)
{
	look->id = id_of(look->kind, record);
	return !!look->id;
}

static void hide(const struct tfs_field *fields, size_t n, json_t *object)
{
	for (size_t i = 0; i < n; i++) {
		const char *name = fields[i].record ? fields[i].record : fields[i].name;
		json_t *value = json_object_get(object, name);

		if (fields[i].write_only)
			json_object_del(object, name);
		else if (json_is_object(value))
			hide(fields[i].members, fields[i].n_members, value);
	}
}

static int limit_record(struct look *look, json_t *record)
{
	const char *own = id_of(look->kind, record);

	hide(look->kind->fields, look->kind->n_fields, record);
	if (!own || !strcmp(own, look->id))
		return 0;
	if (json_object_set(record, look->id, json_object_get(record, own)) < 0)
		return -ENOMEM;
	return json_object_del(record, own);
}

static int limit_kind(struct call *call, const struct tfs_kind *kind)
{
	const char *example = call->endpoint->answer;
	cleanup_json json_t *like = example ? json_loads(example, JSON_DECODE_ANY, NULL) : NULL;
	struct look look = { .kind = kind };

	visit_all(&look, like, find_id);
	if (!look.id && kind->id_members)
		look.id = kind->id_members[0];
	return visit_all(&look, call->answer, limit_record);
}

int sandbox_shown_limit(struct call *call)
{
	json_t *copy = json_deep_copy(call->answer);
	int r = 0;

	if (!call->answer)
		return 0;
	if (!copy)
		return -ENOMEM;
	/* The answer may be part of the request or of an event. */
	json_decref(call->answer);
	call->answer = copy;
	for (size_t i = 0; i < tfs_n_kinds && r == 0; i++)
		if (shows(call->endpoint, &tfs_kinds[i]))
			r = limit_kind(call, &tfs_kinds[i]);
	return r;
}
