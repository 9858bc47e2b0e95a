/* Checks a request's members as the service's validators do, with the same messages. */
#include "check.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_MAX_TEXT = REFUSAL_PARAM, CHOICES_TEXT = 300 };

/* The dotted name of a member: "saml_config.nameid.format". */
struct place {
	char text[PATH_MAX_TEXT];
};

static void place_down(struct place *down, const struct place *up, const char *name)
{
	snprintf(down->text, sizeof(down->text), "%.*s%s%.*s", PATH_MAX_TEXT / 2, up->text, up->text[0] ? "." : "",
		 PATH_MAX_TEXT / 3, name);
}

static void place_item(struct place *down, const struct place *up, size_t index)
{
	snprintf(down->text, sizeof(down->text), "%.*s[%zu]", PATH_MAX_TEXT / 2, up->text, index);
}

static const char *type_words(enum tfs_type type)
{
	switch (type) {
	case TFS_TYPE_STRING:
		return "a string";
	case TFS_TYPE_BOOLEAN:
		return "a boolean";
	case TFS_TYPE_NUMBER:
		return "a number";
	case TFS_TYPE_OBJECT:
		return "of type object";
	case TFS_TYPE_ARRAY:
		return "an array";
	default:
		return "anything";
	}
}

static int check_choice(const struct tfs_field *field, const char *text, const struct place *place,
			struct refusal *refusal)
{
	char choices[CHOICES_TEXT] = "";

	if (!field->values)
		return 0;
	for (const char *const *value = field->values; *value; value++)
		if (!strcmp(*value, text))
			return 0;
	for (const char *const *value = field->values; *value; value++) {
		size_t len = strlen(choices);
		snprintf(choices + len, sizeof(choices) - len, "%s%s", len ? ", " : "", *value);
	}
	return sandbox_refuse(refusal, 400, place->text, "\"%s\" must be one of [%s]", place->text, choices);
}

/* `field` as it applies where the value is. */
static int check_rules(const struct tfs_field *field, const json_t *value, const struct place *place,
		       struct refusal *refusal)
{
	struct tfs_buf wanted = TFS_BUF_INIT(CHOICES_TEXT);
	int r = tfs_rules_check(&field->rules, field->about, value, field->required, &wanted);

	if (r == -EINVAL)
		r = sandbox_refuse(refusal, 400, place->text, "\"%s\" must be %s", place->text, wanted.data);
	tfs_buf_finish(&wanted);
	return r;
}

static int check_members(const struct tfs_field *fields, size_t n, const json_t *object, const json_t *top,
			 const struct place *up, struct refusal *refusal);

static int check_items(const struct tfs_field *field, const json_t *array, const json_t *top, const struct place *place,
		       struct refusal *refusal)
{
	/* The document says array<object> also where its examples hold strings. */
	bool any = field->item == TFS_TYPE_ANY || (field->item == TFS_TYPE_OBJECT && !field->n_members);
	struct tfs_field one = tfs_field_item(field);
	size_t index;
	json_t *item;

	one.required = true;
	json_array_foreach (array, index, item) {
		struct place below;
		int r;

		place_item(&below, place, index);
		if (!any && !tfs_type_fits(field->item, item))
			return sandbox_refuse(refusal, 400, below.text, "\"%s\" must be %s", below.text,
					      type_words(field->item));
		r = check_rules(&one, item, &below, refusal);
		if (r == 0 && json_is_string(item))
			r = check_choice(field, json_string_value(item), &below, refusal);
		else if (r == 0 && json_is_object(item) && field->n_members)
			r = check_members(field->members, field->n_members, item, top, &below, refusal);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_value(const struct tfs_field *field, const json_t *value, const json_t *top, const struct place *place,
		       struct refusal *refusal)
{
	int r;

	if (!tfs_type_fits(field->type, value))
		return sandbox_refuse(refusal, 400, place->text, "\"%s\" must be %s", place->text,
				      type_words(field->type));
	r = check_rules(field, value, place, refusal);
	if (r < 0)
		return r;
	if (json_is_string(value))
		return check_choice(field, json_string_value(value), place, refusal);
	if (json_is_array(value) && field->type == TFS_TYPE_ARRAY)
		return check_items(field, value, top, place, refusal);
	if (json_is_object(value) && field->n_members)
		return check_members(field->members, field->n_members, value, top, place, refusal);
	return 0;
}

static int check_declared(const struct tfs_field *fields, size_t n, const json_t *object, const json_t *top,
			  const struct place *up, struct refusal *refusal)
{
	struct place place;

	for (size_t i = 0; i < n; i++) {
		const json_t *member = json_object_get(object, fields[i].name);
		struct tfs_field here = tfs_field_within(&fields[i], object, top);
		int r = 0;

		place_down(&place, up, fields[i].name);
		if (member)
			r = check_value(&here, member, top, &place, refusal);
		else if (here.required)
			r = sandbox_refuse(refusal, 400, place.text, "\"%s\" is required", place.text);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_members(const struct tfs_field *fields, size_t n, const json_t *object, const json_t *top,
			 const struct place *up, struct refusal *refusal)
{
	struct place place;
	const char *name;
	json_t *value;
	int r = check_declared(fields, n, object, top, up, refusal);

	if (r < 0)
		return r;
	json_object_foreach ((json_t *)object, name, value) {
		if (tfs_field_find(fields, n, name))
			continue;
		place_down(&place, up, name);
		return sandbox_refuse(refusal, 400, place.text, "\"%s\" is not allowed", place.text);
	}
	return 0;
}

int sandbox_check_object(const struct tfs_field *fields, size_t n, bool open, const json_t *object,
			 struct refusal *refusal)
{
	const struct place root = { "" };

	if (!json_is_object(object))
		return sandbox_refuse(refusal, 400, "value", "\"value\" must be of type object");
	return open ? check_declared(fields, n, object, object, &root, refusal)
		    : check_members(fields, n, object, object, &root, refusal);
}

static bool reads_as(const char *text, enum tfs_type type)
{
	char *end;

	switch (type) {
	case TFS_TYPE_BOOLEAN:
		return !strcmp(text, "true") || !strcmp(text, "false");
	case TFS_TYPE_NUMBER:
		return text[0] && isfinite(strtod(text, &end)) && !*end;
	default:
		return true;
	}
}

static int check_text(const struct tfs_field *field, const char *text, struct refusal *refusal)
{
	struct place place;

	place_down(&place, &(struct place){ "" }, field->name);
	if (!reads_as(text, field->type))
		return sandbox_refuse(refusal, 400, place.text, "\"%s\" must be %s", place.text,
				      type_words(field->type));
	cleanup_json json_t *value = field->type == TFS_TYPE_NUMBER ? json_real(strtod(text, NULL)) : json_string(text);
	int r = value ? check_rules(field, value, &place, refusal) : -ENOMEM;

	return r < 0 ? r : check_choice(field, text, &place, refusal);
}

int sandbox_check_texts(const struct tfs_field *fields, size_t n, bool open, const json_t *texts,
			struct refusal *refusal)
{
	const char *name;
	json_t *value;

	for (size_t i = 0; i < n; i++)
		if (fields[i].required && !json_object_get(texts, fields[i].name))
			return sandbox_refuse(refusal, 400, fields[i].name, "\"%s\" is required", fields[i].name);
	json_object_foreach ((json_t *)texts, name, value) {
		const struct tfs_field *field = tfs_field_find(fields, n, name);
		int r = field  ? check_text(field, json_string_value(value), refusal)
			: open ? 0
			       : sandbox_refuse(refusal, 400, name, "\"%.100s\" is not allowed", name);
		if (r < 0)
			return r;
	}
	return 0;
}
