/*
 * Members that a text lacks and the server's document has. A member that no call can take away stays. So does one whose
 * value says the same as its absence. A text written by hand can so be saved any number of times, though the server
 * filled in members after the first time.
 */
#include <errno.h>

#include "document/prune-body.h"
#include "save.h"

/* What says nothing: its absence would read the same. */
static bool is_empty(const json_t *value)
{
	return json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0) ||
	       (json_is_array(value) && json_array_size(value) == 0);
}

static bool is_default(const struct tfs_field *field, const json_t *value)
{
	cleanup_json json_t *set = field && field->fallback ? json_loads(field->fallback, JSON_DECODE_ANY, NULL) : NULL;

	return set && document_same_value(set, value);
}

/* Whether the step takes the member away if the text lacks it. */
static bool takes_away(const struct tfs_kind *kind, const struct tfs_step *step, const char *member)
{
	cleanup_json json_t *removal = NULL;

	if (step->when || !change_step_carries(kind, step, member))
		return false;
	if (step->send != TFS_SEND_CHANGED || !change_step_sends(kind, step, member))
		return true;
	removal = document_body_removal(step->endpoint, change_step_body_name(kind, step->endpoint, member));
	return removal;
}

static bool stays(const struct tfs_kind *kind, const char *member, const json_t *value)
{
	if (is_empty(value) || is_default(document_table_find(top_table(kind), member), value))
		return true;
	for (size_t i = 0; i < kind->n_change; i++)
		if (takes_away(kind, &kind->change[i], member))
			return false;
	return true;
}

static int keep_within(const json_t *document, const struct tfs_field *field, json_t *ours, const json_t *theirs);

/* In a nested object, which replaces the server's, every absent member is taken away. */
static int keep_nested(const json_t *document, struct table table, json_t *ours, const json_t *theirs)
{
	int r = 0;

	for (size_t i = 0; i < table.count && r == 0; i++) {
		const struct tfs_field field = tfs_field_within(&table.fields[i], ours, document);
		const json_t *had = json_object_get(theirs, field.name);
		json_t *value = json_object_get(ours, field.name);

		if (value)
			r = keep_within(document, &field, value, had);
		else if (had && (is_empty(had) || is_default(&field, had)))
			r = json_object_set_new_nocheck(ours, field.name, json_ref_const(had));
	}
	return r < 0 ? -ENOMEM : 0;
}

static int keep_within(const json_t *document, const struct tfs_field *field, json_t *ours, const json_t *theirs)
{
	int r = 0;

	if (!field->members)
		return 0;
	if (json_is_object(ours) && json_is_object(theirs))
		return keep_nested(document, member_table(field), ours, theirs);
	for (size_t i = 0; i < json_array_size(ours) && r == 0; i++) {
		json_t *element = json_array_get(ours, i);
		const json_t *had = document_element_like(field, element, i, theirs);

		if (json_is_object(element) && json_is_object(had))
			r = keep_nested(document, member_table(field), element, had);
	}
	return r;
}

int change_save_keep_absent(struct save *save, const json_t *theirs)
{
	const struct tfs_kind *kind = save->resource->kind;
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)theirs, name, value) {
		const struct tfs_field *field = document_table_find(top_table(kind), name);
		json_t *written = json_object_get(save->ours, name);
		int r = 0;

		if (strcmp(name, SERVER_MEMBER) == 0)
			continue;
		if (!written && stays(kind, name, value))
			r = json_object_set_nocheck(save->ours, name, value);
		else if (written && field)
			r = keep_within(save->ours, field, written, value);
		if (r < 0)
			return -ENOMEM;
	}
	return 0;
}
