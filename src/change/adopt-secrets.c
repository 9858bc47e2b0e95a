/*
 * Digests of secrets that only another place knows, in a document that is written over one that is there: from
 * another tenant, or from a backup older than the secret. They set nothing, so the secret stays as it is.
 */
#include <errno.h>

#include "save.h"
#include "document/undeclared.h"

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

static bool is_foreign(const json_t *object, const char *name, const json_t *value, const json_t *all)
{
	return is_digest(value) && is_undeclared_secret(object, name, value) && !has_digest(all, value);
}

static int adopt_list(const struct adoption *adoption, const struct place *up, const char *name, json_t *ours,
		      const json_t *theirs, const json_t *all);

/* What no row names: `all` is what stands there under the member of the row, for a secret may have moved in it. */
static int adopt_object(const struct adoption *adoption, const struct place *up, json_t *ours, const json_t *theirs,
			const json_t *all)
{
	const char *name;
	json_t *value;
	void *next;
	int r = 0;

	json_object_foreach_safe(ours, next, name, value)
	{
		struct place here = { up, name, 0 };

		if (r < 0)
			break;
		if (is_foreign(ours, name, value, all))
			r = adopt_secret(adoption, &here, ours, theirs);
		else if (json_is_object(value))
			r = adopt_object(adoption, &here, value, json_object_get(theirs, name), all);
		else if (json_is_array(value))
			r = adopt_list(adoption, &here, name, value, json_object_get(theirs, name), all);
	}
	return r;
}

static int adopt_list(const struct adoption *adoption, const struct place *up, const char *name, json_t *ours,
		      const json_t *theirs, const json_t *all)
{
	char told[TFS_ERROR_MEMBER];
	int r = 0;

	for (size_t i = json_array_size(ours); i > 0 && r == 0; i--) {
		struct place here = { up, NULL, i - 1 };
		json_t *value = json_array_get(ours, i - 1), *stands = json_array_get(theirs, i - 1);

		if (json_is_object(value))
			r = adopt_object(adoption, &here, value, stands, all);
		else if (json_is_array(value))
			r = adopt_list(adoption, &here, name, value, stands, all);
		if (!is_foreign(NULL, name, value, all))
			continue;
		r = stands != NULL ? json_array_set(ours, i - 1, stands) : json_array_remove(ours, i - 1);
		if (r < 0)
			return -ENOMEM;
		place_text(&here, told, sizeof(told));
		resolver_note_unknown(adoption->resolver, told);
	}
	return r;
}

/* Of the undeclared members those that are foreign themselves or have such within. */
static int adopt_undeclared(const struct adoption *adoption, struct table table, const struct place *up, json_t *ours,
			    const json_t *theirs)
{
	const char *name;
	json_t *value;
	void *next;
	int r = 0;

	json_object_foreach_safe(ours, next, name, value)
	{
		const struct tfs_field *field = table_find(table, name);
		const json_t *stands = json_object_get(theirs, name);
		struct place here = { up, name, 0 };

		if (r < 0 || (field != NULL && (field->members != NULL || field->secret)))
			continue;
		if (json_is_object(value))
			r = adopt_object(adoption, &here, value, stands, stands);
		else if (json_is_array(value))
			r = adopt_list(adoption, &here, name, value, stands, stands);
		else if (field == NULL && is_foreign(NULL, name, value, stands))
			r = adopt_secret(adoption, &here, ours, theirs);
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
	return r == 0 ? adopt_undeclared(adoption, table, up, ours, theirs) : r;
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
