/* Checks a request's members as the service's validators do, with the same messages. */
#include "check.h"

#include <errno.h>
#include <math.h>
#include <regex.h>
#include <stdio.h>
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

static int check_text_value(const struct tfs_field *field, const char *text, const struct place *place,
			    struct refusal *refusal)
{
	regex_t regex;
	int r = check_choice(field, text, place, refusal);

	if (r < 0 || !field->pattern)
		return r;
	if (regcomp(&regex, field->pattern, REG_EXTENDED | REG_NOSUB))
		return -ENOMEM;
	r = regexec(&regex, text, 0, NULL, 0);
	regfree(&regex);
	return r ? sandbox_refuse(refusal, 400, place->text, "\"%s\" fails to match the required pattern: /%s/",
				  place->text, field->pattern)
		 : 0;
}

static int check_members(const struct tfs_field *fields, size_t n, const json_t *object, const json_t *top,
			 const struct place *up, struct refusal *refusal);

static int check_items(const struct tfs_field *field, const json_t *array, const json_t *top, const struct place *place,
		       struct refusal *refusal)
{
	/* The document says array<object> also where its examples hold strings. */
	bool any = field->item == TFS_TYPE_ANY || (field->item == TFS_TYPE_OBJECT && !field->n_members);
	size_t index;
	json_t *item;

	json_array_foreach (array, index, item) {
		struct place below;
		int r = 0;

		place_item(&below, place, index);
		if (!any && !tfs_type_fits(field->item, item))
			return sandbox_refuse(refusal, 400, below.text, "\"%s\" must be %s", below.text,
					      type_words(field->item));
		if (json_is_string(item))
			r = check_choice(field, json_string_value(item), &below, refusal);
		else if (json_is_object(item) && field->n_members)
			r = check_members(field->members, field->n_members, item, top, &below, refusal);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_value(const struct tfs_field *field, const json_t *value, const json_t *top, const struct place *place,
		       struct refusal *refusal)
{
	if (!tfs_type_fits(field->type, value))
		return sandbox_refuse(refusal, 400, place->text, "\"%s\" must be %s", place->text,
				      type_words(field->type));
	if (json_is_string(value))
		return check_text_value(field, json_string_value(value), place, refusal);
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
		int r = 0;

		place_down(&place, up, fields[i].name);
		if (member)
			r = check_value(&fields[i], member, top, &place, refusal);
		else if (tfs_field_wanted(&fields[i], object, top))
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
	return check_choice(field, text, &place, refusal);
}

int sandbox_check_texts(const struct tfs_field *fields, size_t n, const json_t *texts, struct refusal *refusal)
{
	const char *name;
	json_t *value;

	for (size_t i = 0; i < n; i++)
		if (fields[i].required && !json_object_get(texts, fields[i].name))
			return sandbox_refuse(refusal, 400, fields[i].name, "\"%s\" is required", fields[i].name);
	json_object_foreach ((json_t *)texts, name, value) {
		const struct tfs_field *field = tfs_field_find(fields, n, name);
		int r = field ? check_text(field, json_string_value(value), refusal)
			      : sandbox_refuse(refusal, 400, name, "\"%.100s\" is not allowed", name);
		if (r < 0)
			return r;
	}
	return 0;
}
