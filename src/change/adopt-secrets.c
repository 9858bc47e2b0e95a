/*
 * Secrets of a text, compared with those of the server's document. A digest that matches none comes from another
 * tenant, or from a backup older than the secret: it cannot set a secret, so the present one is kept. A secret in clear
 * that is the present one becomes its digest: it is no change.
 */
#include <errno.h>

#include "document/undeclared-members.h"
#include "save.h"

struct adoption {
	struct resolver *resolver; /* collects the names of the secrets that were kept */
};

static int adopt_members(const struct adoption *adoption, struct table table, const struct json_path *up, json_t *ours,
			 const json_t *theirs);

static int adopt_digest(const struct adoption *adoption, const struct json_path *path, json_t *ours,
			const json_t *theirs)
{
	const json_t *current = json_object_get(theirs, path->member);
	char name[TFS_ERROR_MEMBER];
	int r;

	if (document_same_value(json_object_get(ours, path->member), current))
		return 0;
	if (current)
		r = json_object_set_nocheck(ours, path->member, (json_t *)(uintptr_t)current);
	else
		r = json_object_del(ours, path->member);
	if (r < 0)
		return -ENOMEM;
	document_json_path_text(path, name, sizeof(name));
	resource_resolver_note_unknown(adoption->resolver, name);
	return 0;
}

/* The digest of a secret in clear. Yours; `*ret` NULL: it is none. */
static int digest_of(const struct adoption *adoption, const json_t *value, json_t **ret)
{
	*ret = NULL;
	if (!json_is_string(value) || json_string_length(value) == 0 || document_is_digest(value))
		return 0;
	return document_show_secret(&adoption->resolver->context, value, ret) < 0 ? -ENOMEM : 0;
}

static int adopt_secret(const struct adoption *adoption, const struct json_path *path, json_t *ours,
			const json_t *theirs)
{
	const json_t *value = json_object_get(ours, path->member);
	cleanup_json json_t *digest = NULL;
	int r;

	if (document_is_digest(value))
		return adopt_digest(adoption, path, ours, theirs);
	r = digest_of(adoption, value, &digest);
	if (r < 0 || !digest || !document_same_value(digest, json_object_get(theirs, path->member)))
		return r;
	return json_object_set(ours, path->member, digest) < 0 ? -ENOMEM : 0;
}

static int adopt_elements(const struct adoption *adoption, const struct tfs_field *field, const struct json_path *up,
			  json_t *ours, const json_t *theirs)
{
	int r = 0;

	for (size_t i = 0; i < json_array_size(ours) && r == 0; i++) {
		struct json_path here = { up, NULL, i };
		json_t *element = json_array_get(ours, i);

		if (json_is_object(element))
			r = adopt_members(adoption, member_table(field), &here, element,
					  document_element_like(field, element, i, theirs));
	}
	return r;
}

static bool is_foreign(const json_t *object, const char *name, const json_t *value, const json_t *all)
{
	return document_is_digest(value) && document_is_undeclared_secret(object, name, value) &&
	       !document_has_digest(all, value);
}

/* The digest of an undeclared secret in clear that `all` has. Yours; `*ret` NULL: it is none. */
static int known_digest(const struct adoption *adoption, const json_t *object, const char *name, const json_t *value,
			const json_t *all, json_t **ret)
{
	cleanup_json json_t *digest = NULL;
	int r;

	*ret = NULL;
	if (!document_is_undeclared_secret(object, name, value))
		return 0;
	r = digest_of(adoption, value, &digest);
	if (r == 0 && digest && document_has_digest(all, digest))
		*ret = steal_pointer(&digest);
	return r;
}

static int adopt_list(const struct adoption *adoption, const struct json_path *up, const char *name, json_t *ours,
		      const json_t *theirs, const json_t *all);

/* A text that is a member of `ours`. */
static int adopt_text(const struct adoption *adoption, const struct json_path *path, json_t *ours, const json_t *theirs,
		      const json_t *all)
{
	const json_t *value = json_object_get(ours, path->member);
	json_t *digest;
	int r;

	if (is_foreign(ours, path->member, value, all))
		return adopt_digest(adoption, path, ours, theirs);
	r = known_digest(adoption, ours, path->member, value, all, &digest);
	return r == 0 && digest && json_object_set_new(ours, path->member, digest) < 0 ? -ENOMEM : r;
}

/* A text that is an element of `ours`. */
static int adopt_element(const struct adoption *adoption, const struct json_path *path, const char *name, json_t *ours,
			 const json_t *current, const json_t *all)
{
	const json_t *value = json_array_get(ours, path->index);
	char path_text[TFS_ERROR_MEMBER];
	json_t *digest;
	int r;

	if (!is_foreign(NULL, name, value, all)) {
		r = known_digest(adoption, NULL, name, value, all, &digest);
		return r == 0 && digest && json_array_set_new(ours, path->index, digest) < 0 ? -ENOMEM : r;
	}
	r = current ? json_array_set(ours, path->index, (json_t *)(uintptr_t)current)
		    : json_array_remove(ours, path->index);
	document_json_path_text(path, path_text, sizeof(path_text));
	resource_resolver_note_unknown(adoption->resolver, path_text);
	return r < 0 ? -ENOMEM : 0;
}

/*
 * Undeclared members. `all` is the whole value of the declared member, since a secret may have moved within it.
 */
static int adopt_object(const struct adoption *adoption, const struct json_path *up, json_t *ours, const json_t *theirs,
			const json_t *all)
{
	const char *name;
	json_t *value;
	void *next;
	int r = 0;

	json_object_foreach_safe (ours, next, name, value) {
		struct json_path here = { up, name, 0 };

		if (r < 0)
			break;
		if (json_is_string(value))
			r = adopt_text(adoption, &here, ours, theirs, all);
		else if (json_is_object(value))
			r = adopt_object(adoption, &here, value, json_object_get(theirs, name), all);
		else if (json_is_array(value))
			r = adopt_list(adoption, &here, name, value, json_object_get(theirs, name), all);
	}
	return r;
}

static int adopt_list(const struct adoption *adoption, const struct json_path *up, const char *name, json_t *ours,
		      const json_t *theirs, const json_t *all)
{
	int r = 0;

	for (size_t i = json_array_size(ours); i > 0 && r == 0; i--) {
		struct json_path here = { up, NULL, i - 1 };
		json_t *value = json_array_get(ours, i - 1), *current = json_array_get(theirs, i - 1);

		if (json_is_object(value))
			r = adopt_object(adoption, &here, value, current, all);
		else if (json_is_array(value))
			r = adopt_list(adoption, &here, name, value, current, all);
		else
			r = adopt_element(adoption, &here, name, ours, current, all);
	}
	return r;
}

/* Undeclared members that are such digests or contain some. */
static int adopt_undeclared(const struct adoption *adoption, struct table table, const struct json_path *up,
			    json_t *ours, const json_t *theirs)
{
	const char *name;
	json_t *value;
	void *next;
	int r = 0;

	json_object_foreach_safe (ours, next, name, value) {
		const struct tfs_field *field = document_table_find(table, name);
		const json_t *current = json_object_get(theirs, name);
		struct json_path here = { up, name, 0 };

		if (r < 0 || (field && (field->members || field->secret)))
			continue;
		if (json_is_object(value))
			r = adopt_object(adoption, &here, value, current, current);
		else if (json_is_array(value))
			r = adopt_list(adoption, &here, name, value, current, current);
		else if (!field && json_is_string(value))
			r = adopt_text(adoption, &here, ours, theirs, current);
	}
	return r;
}

static int adopt_members(const struct adoption *adoption, struct table table, const struct json_path *up, json_t *ours,
			 const json_t *theirs)
{
	int r = 0;

	for (size_t i = 0; i < table.count && r == 0; i++) {
		const struct tfs_field *field = &table.fields[i];
		struct json_path here = { up, field->name, 0 };
		json_t *value = json_object_get(ours, field->name);
		const json_t *current = json_object_get(theirs, field->name);

		if (field->secret && value)
			r = adopt_secret(adoption, &here, ours, theirs);
		else if (field->members && json_is_object(value))
			r = adopt_members(adoption, member_table(field), &here, value, current);
		else if (field->members && json_is_array(value))
			r = adopt_elements(adoption, field, &here, value, current);
	}
	return r == 0 ? adopt_undeclared(adoption, table, up, ours, theirs) : r;
}

int change_save_adopt_secrets(struct save *save, const json_t *theirs)
{
	const struct adoption adoption = { &save->resolver };
	json_t *copy = json_deep_copy(save->ours);

	if (!copy)
		return -ENOMEM;
	json_decref(save->ours);
	save->ours = copy;
	return adopt_members(&adoption, top_table(save->resource->kind), NULL, copy, theirs);
}

void change_save_report_unknown(struct save *save)
{
	/* A notice is an error without a code: it was saved, and the user must still know. */
	if (save->resolver.unknown.len > 0)
		tfs_error_set(tfs_op_error(save->op), 0, "resource",
			      "saved, but for secrets that came as digests of another place: %s; write them",
			      save->resolver.unknown.data);
}
