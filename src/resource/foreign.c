/*
 * Digests of secrets that only another place knows, in a document that is written over one that is there: from
 * another tenant, or from a backup older than the secret. They set nothing, so the secret stays as it is.
 */
#include <errno.h>

#include "save.h"

struct adoption {
	struct resolver *resolver; /* told what was left alone */
};

static int adopt_members(const struct adoption *adoption, struct table table, const struct place *up, json_t *ours,
			 const json_t *theirs);

static int adopt_secret(const struct adoption *adoption, const struct place *place, json_t *ours, const json_t *theirs)
{
	const json_t *stands = json_object_get(theirs, place->member);
	char name[TFS_ERROR_MEMBER];
	int r;

	if (same_value(json_object_get(ours, place->member), stands))
		return 0;
	if (stands != NULL)
		r = json_object_set_nocheck(ours, place->member, (json_t *)(uintptr_t)stands);
	else
		r = json_object_del(ours, place->member);
	if (r < 0)
		return -ENOMEM;
	place_text(place, name, sizeof(name));
	resolver_note_unknown(adoption->resolver, name);
	return 0;
}

/* The element of theirs that an element of ours is. */
static const json_t *find_element(const struct tfs_field *field, const json_t *element, size_t index,
				  const json_t *theirs)
{
	if (field->key == NULL)
		return json_array_get(theirs, index);
	for (size_t i = 0; i < json_array_size(theirs); i++)
		if (same_value(json_object_get(json_array_get(theirs, i), field->key),
			       json_object_get(element, field->key)))
			return json_array_get(theirs, i);
	return NULL;
}

static int adopt_elements(const struct adoption *adoption, const struct tfs_field *field, const struct place *up,
			  json_t *ours, const json_t *theirs)
{
	int r = 0;

	for (size_t i = 0; i < json_array_size(ours) && r == 0; i++) {
		struct place here = { up, NULL, i };
		json_t *element = json_array_get(ours, i);

		if (json_is_object(element))
			r = adopt_members(adoption, member_table(field), &here, element,
					  find_element(field, element, i, theirs));
	}
	return r;
}

static int adopt_members(const struct adoption *adoption, struct table table, const struct place *up, json_t *ours,
			 const json_t *theirs)
{
	int r = 0;

	for (size_t i = 0; i < table.count && r == 0; i++) {
		const struct tfs_field *field = &table.fields[i];
		struct place here = { up, field->name, 0 };
		json_t *value = json_object_get(ours, field->name);
		const json_t *stands = json_object_get(theirs, field->name);

		if (field->secret && is_digest(value))
			r = adopt_secret(adoption, &here, ours, theirs);
		else if (field->members != NULL && json_is_object(value))
			r = adopt_members(adoption, member_table(field), &here, value, stands);
		else if (field->members != NULL && json_is_array(value))
			r = adopt_elements(adoption, field, &here, value, stands);
	}
	return r;
}

int save_adopt_secrets(struct save *save, const json_t *theirs)
{
	const struct adoption adoption = { &save->resolver };
	json_t *copy = json_deep_copy(save->ours);

	if (copy == NULL)
		return -ENOMEM;
	json_decref(save->ours);
	save->ours = copy;
	return adopt_members(&adoption, top_table(save->resource->kind), NULL, copy, theirs);
}

void save_tell_unknown(struct save *save)
{
	/* Saved, and yet the writer must know: a notice is an error without a code. */
	if (save->resolver.unknown.len > 0)
		tfs_error_set(tfs_op_error(save->op), 0, "resource",
			      "saved, but for secrets that came as digests of another place: %s; write them",
			      save->resolver.unknown.data);
}
