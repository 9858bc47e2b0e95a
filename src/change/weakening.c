/* Which changes make signing on less safe: compares members in the direction that their rows name. */
#include "weakening.h"

#include <errno.h>

#include "document/member.h"

/* The members of one object, and how they are compared. */
struct weighing {
	struct table table;
	const json_t *base, *next; /* NULL: no such object */
	bool call;                 /* `next` is part of a body: absence says nothing, and `base` is unknown */
	const struct json_path *path;
};

static const json_t *value_of(const struct weighing *weighing, const json_t *object, const struct tfs_field *field)
{
	const json_t *value = json_object_get(object, field->name);

	if (!value && weighing->call)
		value = json_object_get(object, record_name(field));
	return json_is_null(value) ? NULL : value;
}

/* Some bodies take a boolean as a text. */
static bool says(const json_t *value, bool what)
{
	const char *text = json_string_value(value);

	return text ? strcmp(text, what ? "true" : "false") == 0 : what ? json_is_true(value) : json_is_false(value);
}

/* Whether a member marked `last` beside it stays true. */
static bool another_stays(const struct weighing *weighing)
{
	for (size_t i = 0; i < weighing->table.count; i++) {
		const struct tfs_field *field = &weighing->table.fields[i];

		if (field->weakens == TFS_WEAKENS_LAST && says(value_of(weighing, weighing->next, field), true))
			return true;
	}
	return false;
}

/* Whether every element of `some` is in `all`. */
static bool is_within(const json_t *some, const json_t *all)
{
	for (size_t i = 0; i < json_array_size(some); i++) {
		bool found = false;

		for (size_t j = 0; j < json_array_size(all) && !found; j++)
			found = document_same_value(json_array_get(some, i), json_array_get(all, j));
		if (!found)
			return false;
	}
	return true;
}

/* Whether `next` is beyond `base`; both are numbers or arrays. */
static bool exceeds(const json_t *base, const json_t *next)
{
	if (json_is_array(base) || json_is_array(next))
		return !is_within(next, base);
	return json_number_value(next) > json_number_value(base);
}

/* A limit that is gone is no limit. One that was not there is compared with its default. */
static bool limit_moves(const struct weighing *weighing, const struct tfs_field *field, const json_t *base,
			const json_t *next)
{
	cleanup_json json_t *set = NULL;

	if (weighing->call)
		return next;
	if (!base && field->fallback)
		base = set = json_loads(field->fallback, JSON_DECODE_ANY, NULL);
	if (!base || !next)
		return base;
	return field->weakens == TFS_WEAKENS_MORE ? exceeds(base, next) : exceeds(next, base);
}

static bool is_among(const char *const *values, const json_t *value)
{
	for (; json_is_string(value) && *values; values++)
		if (strcmp(*values, json_string_value(value)) == 0)
			return true;
	return false;
}

/* Whether a switch that is off was on, or may have been. Where there was no object, nothing was on. */
static bool goes_off(const struct weighing *weighing, const json_t *base, const json_t *next)
{
	if (!next)
		return !weighing->call && says(base, true);
	return says(next, false) && (weighing->call || weighing->base);
}

static bool is_weaker(const struct weighing *weighing, const struct tfs_field *field, const json_t *base,
		      const json_t *next)
{
	if (!weighing->call && document_same_value(base, next))
		return false;
	switch (field->weakens) {
	case TFS_WEAKENS_NEVER:
		return false;
	case TFS_WEAKENS_TRUE:
		return says(next, true);
	case TFS_WEAKENS_FALSE:
		return goes_off(weighing, base, next);
	case TFS_WEAKENS_LAST:
		return goes_off(weighing, base, next) && !another_stays(weighing);
	case TFS_WEAKENS_MORE:
	case TFS_WEAKENS_LESS:
		return limit_moves(weighing, field, base, next);
	case TFS_WEAKENS_VALUES:
		return is_among(field->weak_values, next);
	}
	return false;
}

/* The path and the value for a message. */
static int describe(const struct json_path *path, const struct tfs_field *field, const json_t *next,
		    struct tfs_buf *out)
{
	char text[TFS_ERROR_MEMBER];
	int r;

	document_json_path_text(path, text, sizeof(text));
	r = tfs_buf_printf(out, "%s: ", text + 1);
	if (r == 0 && json_is_array(next))
		r = tfs_buf_puts(out, field->weakens == TFS_WEAKENS_MORE ? "more" : "less");
	else if (r == 0)
		r = next ? tfs_json_print(next, out) : tfs_buf_puts(out, "none");
	return r < 0 ? r : 1;
}

static int find_in(const struct weighing *weighing, struct tfs_buf *out);

/* The members of an object, or of the objects in an array. */
static int find_within(const struct weighing *up, const struct tfs_field *field, const struct json_path *path,
		       const json_t *base, const json_t *next, struct tfs_buf *out)
{
	struct weighing weighing = { member_table(field), base, next, up->call, path };
	int r = 0;

	if (field->type != TFS_TYPE_ARRAY)
		return find_in(&weighing, out);
	for (size_t i = 0; i < json_array_size(next) && r == 0; i++) {
		struct json_path here = { path, NULL, i };

		weighing.path = &here;
		weighing.next = json_array_get(next, i);
		weighing.base = document_element_like(field, weighing.next, i, base);
		r = find_in(&weighing, out);
	}
	return r;
}

static int find_in(const struct weighing *weighing, struct tfs_buf *out)
{
	int r = 0;

	for (size_t i = 0; i < weighing->table.count && r == 0; i++) {
		const struct tfs_field *field = &weighing->table.fields[i];
		const json_t *base = value_of(weighing, weighing->base, field);
		const json_t *next = value_of(weighing, weighing->next, field);
		const struct json_path here = { weighing->path, field->name, 0 };

		if (is_weaker(weighing, field, base, next))
			return describe(&here, field, next, out);
		if (field->n_members > 0 && (base || next))
			r = find_within(weighing, field, &here, base, next, out);
	}
	return r;
}

int change_weakening_find(const struct tfs_kind *kind, const json_t *base, const json_t *next, struct tfs_buf *out)
{
	const struct weighing weighing = { .table = top_table(kind), .base = base, .next = next };

	return find_in(&weighing, out);
}

int change_weakening_find_in_body(const struct tfs_kind *kind, const json_t *body, struct tfs_buf *out)
{
	const struct weighing weighing = { .table = top_table(kind), .next = body, .call = true };

	return find_in(&weighing, out);
}
