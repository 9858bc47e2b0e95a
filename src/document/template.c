/* Templates: every required member with a sample value of its type. */
#include <errno.h>
#include <stdio.h>

#include "member.h"

struct draft {
	const json_t *document; /* the values that conditions of nested members refer to */
	const char *skip;       /* top-level member that the file name gives; NULL: none */
};

static int template_object(const struct draft *draft, struct table table, const json_t *given, json_t **ret);

static int template_value(const struct draft *draft, const struct tfs_field *field, json_t **ret)
{
	const char *first = field->values ? field->values[0] : NULL;

	switch (field->type) {
	case TFS_TYPE_BOOLEAN:
		*ret = json_false();
		break;
	case TFS_TYPE_NUMBER:
		*ret = json_integer(0);
		break;
	case TFS_TYPE_OBJECT:
		return template_object(draft, member_table(field), NULL, ret);
	case TFS_TYPE_ARRAY:
		*ret = first ? json_pack("[s]", first) : json_array();
		break;
	default:
		*ret = json_string(first ? first : "");
	}
	return !*ret ? -ENOMEM : 0;
}

/* The values that conditions refer to: the given ones, and the first value of each required member. */
static json_t *template_choices(struct table table, const json_t *given)
{
	json_t *choices = given ? json_deep_copy(given) : json_object();

	for (size_t i = 0; i < table.count && choices; i++) {
		const struct tfs_field *field = &table.fields[i];

		if (!field->required || !field->values || json_object_get(choices, field->name))
			continue;
		if (json_object_set_new(choices, field->name, json_string(field->values[0])) < 0) {
			json_decref(choices);
			return NULL;
		}
	}
	return choices;
}

static int template_object(const struct draft *draft, struct table table, const json_t *given, json_t **ret)
{
	cleanup_json json_t *choices = template_choices(table, given), *out = json_object();
	struct draft below = { draft->document ? draft->document : choices, NULL };
	int r = !choices || !out ? -ENOMEM : 0;

	for (size_t i = 0; i < table.count && r == 0; i++) {
		const struct tfs_field *field = &table.fields[i];
		json_t *value = json_ref_const(json_object_get(given, field->name));

		if (draft->skip && strcmp(draft->skip, field->name) == 0)
			continue;
		if (!value && !tfs_field_wanted(field, choices, below.document))
			continue;
		if (!value)
			r = template_value(&below, field, &value);
		if (r == 0 && json_object_set_new_nocheck(out, field->name, value) < 0)
			r = -ENOMEM;
		/* A later member may become required by this value. */
		if (r == 0 && json_object_set_nocheck(choices, field->name, json_object_get(out, field->name)) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}

static const char TYPE_PREFIX[] = ".template-", TYPE_SUFFIX[] = ".json";

char *document_variant_file(const struct tfs_variant *variant)
{
	char *name;

	return asprintf(&name, "%s%s%s", TYPE_PREFIX, variant->name, TYPE_SUFFIX) < 0 ? NULL : name;
}

const struct tfs_variant *tfs_document_variant(const struct tfs_kind *kind, const char *file)
{
	size_t before = strlen(TYPE_PREFIX), len;

	if (strncmp(file, TYPE_PREFIX, before) != 0)
		return NULL;
	for (size_t i = 0; i < kind->n_types; i++) {
		len = strlen(kind->types[i].name);
		if (strncmp(file + before, kind->types[i].name, len) == 0 &&
		    strcmp(file + before + len, TYPE_SUFFIX) == 0)
			return &kind->types[i];
	}
	return NULL;
}

int tfs_document_template(const struct tfs_kind *kind, const struct tfs_variant *variant, json_t **ret)
{
	const struct tfs_field *name = document_kind_name_field(kind);
	const struct draft draft = { .skip = name ? name->name : NULL };
	cleanup_json json_t *given = NULL;
	int r;

	if (!variant && kind->n_types > 0)
		variant = &kind->types[0];
	r = variant ? tfs_json_parse(variant->members, strlen(variant->members), &given, NULL) : 0;
	return r < 0 ? r : template_object(&draft, top_table(kind), given, ret);
}
