/* Which step sends which member, and which steps apply to the present difference. */
#include <stdlib.h>

#include "save.h"

static bool names_have(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

const char *change_step_body_name(const struct tfs_kind *kind, const struct tfs_endpoint *endpoint, const char *member)
{
	const struct tfs_field *field = document_table_find(top_table(kind), member);

	if (endpoint->n_body == 0 || tfs_field_find(endpoint->body, endpoint->n_body, member))
		return member;
	if (field && field->record &&
	    (kind->open_document || tfs_field_find(endpoint->body, endpoint->n_body, field->record)))
		return field->record;
	return kind->open_document ? member : NULL;
}

bool change_step_sends(const struct tfs_kind *kind, const struct tfs_step *step, const char *member)
{
	if (step->send == TFS_SEND_NOTHING || (step->members && !names_have(step->members, member)))
		return false;
	/* A whole document replaces the server's: what the catalogue does not know goes back with it. */
	if (step->send == TFS_SEND_WHOLE && !step->members && !document_table_find(top_table(kind), member))
		return true;
	return change_step_body_name(kind, step->endpoint, member);
}

bool change_step_carries(const struct tfs_kind *kind, const struct tfs_step *step, const char *member)
{
	if (change_step_sends(kind, step, member) || resource_args_send_member(step, member))
		return true;
	if (!step->members && resource_args_send_document(step))
		return true;
	if (step->members && names_have(step->members, member))
		return true;
	for (size_t i = 0; i < step->n_when; i++)
		if (strcmp(step->when[i].member, member) == 0)
			return true;
	return false;
}

static bool is_changed(const struct save *save, const char *member)
{
	for (size_t i = 0; i < json_array_size(save->changed); i++)
		if (strcmp(json_string_value(json_array_get(save->changed, i)), member) == 0)
			return true;
	return false;
}

/* Whether every member of the condition was changed to a value of the condition. */
static bool when_holds(const struct save *save, const struct tfs_step *step)
{
	for (size_t i = 0; i < step->n_when; i++)
		if (!is_changed(save, step->when[i].member))
			return false;
	return tfs_conditions_hold(step->when, step->n_when, save->ours, save->ours);
}

/* A step that sends nothing of the document applies to any difference. */
static bool is_for_all(const struct tfs_step *step)
{
	return !step->members && step->send == TFS_SEND_NOTHING && !resource_args_send_any(step);
}

bool change_step_applies(const struct save *save, const struct tfs_step *step)
{
	const struct tfs_kind *kind = save->resource->kind;

	if (step->when)
		return when_holds(save, step);
	if (is_for_all(step))
		return json_array_size(save->changed) > 0;
	for (size_t i = 0; i < json_array_size(save->changed); i++)
		if (change_step_carries(kind, step, json_string_value(json_array_get(save->changed, i))))
			return true;
	return false;
}
