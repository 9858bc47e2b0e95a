/* JSON Schema (draft 2020-12) of a kind's documents. */
#include <errno.h>
#include <stdio.h>

#include "unread.h"

/* State of the walk through a document's tables. */
struct walk {
	json_t *conditions;   /* of the document, which reach into it */
	struct json_path *at; /* NULL at the top */
};

static int schema_object(const struct walk *walk, struct table table, json_t *out);

static const char *type_name(enum tfs_type type)
{
	static const char *const names[] = {
		[TFS_TYPE_STRING] = "string", [TFS_TYPE_BOOLEAN] = "boolean", [TFS_TYPE_NUMBER] = "number",
		[TFS_TYPE_OBJECT] = "object", [TFS_TYPE_ARRAY] = "array",
	};

	return type == TFS_TYPE_ANY ? NULL : names[type];
}

static int set_new(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new(object, name, value) < 0 ? -ENOMEM : 0;
}

/* Further facts about a member, in one line. */
static int describe(const struct tfs_field *field, json_t *out)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(4096);
	int r = 0;

	if (field->about)
		r = tfs_buf_puts(&text, field->about);
	if (r == 0 && field->reference)
		r = tfs_buf_printf(&text, "%sname of a %s", text.len > 0 ? "; " : "", field->reference);
	if (r == 0 && document_is_unread(field))
		r = tfs_buf_printf(&text, "%snot read back: shown as last written here", text.len > 0 ? "; " : "");
	else if (r == 0 && field->write_only)
		r = tfs_buf_printf(&text, "%snever shown", text.len > 0 ? "; " : "");
	else if (r == 0 && field->secret)
		r = tfs_buf_printf(&text, "%ssecret, shown as a digest", text.len > 0 ? "; " : "");
	if (r == 0 && field->fixed)
		r = tfs_buf_printf(&text, "%sset at creation only", text.len > 0 ? "; " : "");
	if (r == 0 && text.len > 0)
		r = set_new(out, "description", json_stringn(text.data, text.len));
	return r;
}

static int schema_values(const struct tfs_field *field, json_t *out)
{
	cleanup_json json_t *values = json_array();

	if (!values)
		return -ENOMEM;
	for (const char *const *value = field->values; *value; value++)
		if (json_array_append_new(values, json_string(*value)) < 0)
			return -ENOMEM;
	if (!field->required && json_array_append_new(values, json_null()) < 0)
		return -ENOMEM;
	return set_new(out, "enum", steal_pointer(&values));
}

/* An optional member may be null. */
static int schema_type(const struct tfs_field *field, json_t *out)
{
	const char *name = type_name(field->type);

	if (!name)
		return 0;
	return set_new(out, "type", field->required ? json_string(name) : json_pack("[ss]", name, "null"));
}

static int schema_length(const struct tfs_field *field, json_t *out)
{
	bool listed = field->type == TFS_TYPE_ARRAY;
	unsigned least = field->rules.min_length, most = field->rules.max_length;
	int r = 0;

	/* A text that is not required may also be empty. */
	if (least > 0 && (listed || field->required))
		r = set_new(out, listed ? "minItems" : "minLength", json_integer(least));
	if (r == 0 && most > 0)
		r = set_new(out, listed ? "maxItems" : "maxLength", json_integer(most));
	return r;
}

/* Rules that always apply. JSON Schema takes formats that it does not know as remarks. */
static int schema_rules(const struct tfs_field *field, json_t *out)
{
	const struct tfs_rules *rules = &field->rules;
	int r = schema_length(field, out);

	if (field->type == TFS_TYPE_ARRAY)
		return r;
	if (r == 0 && rules->min)
		r = set_new(out, "minimum", json_real(*rules->min));
	if (r == 0 && rules->max)
		r = set_new(out, "maximum", json_real(*rules->max));
	if (r == 0 && rules->format != TFS_FORMAT_ANY && field->required)
		r = set_new(out, "format", json_string(tfs_format_name(rules->format)));
	if (r == 0 && rules->pattern)
		r = set_new(out, "pattern", json_string(rules->pattern));
	return r;
}

static int schema_field(const struct walk *walk, const struct tfs_field *field, json_t **ret)
{
	cleanup_json json_t *out = json_object();
	struct tfs_field item = tfs_field_item(field);
	struct json_path element = { walk->at, NULL, 0 };
	const struct walk below = { walk->conditions, &element };
	json_t *items;
	int r = !out ? -ENOMEM : schema_type(field, out);

	if (r == 0)
		r = describe(field, out);
	if (r == 0 && field->secret)
		r = set_new(out, "writeOnly", json_true());
	if (r == 0 && field->n_rules_when == 0)
		r = schema_rules(field, out);
	if (r == 0 && field->type == TFS_TYPE_ARRAY) {
		item.about = item.reference = NULL;
		item.secret = item.fixed = false;
		item.required = true;
		r = schema_field(&below, &item, &items);
		if (r == 0)
			r = set_new(out, "items", items);
	} else if (r == 0 && field->values) {
		r = schema_values(field, out);
	} else if (r == 0 && field->members) {
		r = schema_object(walk, member_table(field), out);
	}
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}

/* Adds a value of an enumeration. A boolean may be the text "true" or "false" as well. */
static int add_value(json_t *values, const char *text)
{
	bool on = strcmp(text, "true") == 0;

	if (json_array_append_new(values, json_string(text)) < 0)
		return -ENOMEM;
	return (on || strcmp(text, "false") == 0) && json_array_append_new(values, json_boolean(on)) < 0 ? -ENOMEM : 0;
}

/* The `if` of a condition: the members exist and have one of the values, or contain one if they are arrays. */
static json_t *schema_if(const struct tfs_field *field)
{
	cleanup_json json_t *members = json_object(), *names = json_array();

	for (size_t i = 0; i < field->n_required_when; i++) {
		const struct tfs_condition *when = &field->required_when[i];
		const char *name = when->member + (when->member[0] == '/');
		cleanup_json json_t *values = json_array();

		for (const char *const *value = when->values; *value; value++)
			if (add_value(values, *value) < 0)
				return NULL;
		if (json_array_append_new(names, json_string(name)) < 0 ||
		    json_object_set_new(members, name,
					json_pack("{s[{sO}{s{sO}ss}]}", "anyOf", "enum", values, "contains", "enum",
						  values, "type", "array")) < 0)
			return NULL;
	}
	return json_pack("{sOsO}", "properties", members, "required", names);
}

/* A member required by the values of others. It is declared in their object: its own, or the document. */
static int schema_condition(const struct walk *walk, const struct tfs_field *field, json_t *beside)
{
	bool top = field->required_when[0].member[0] == '/';
	json_t *then = json_pack("{s[s]}", "required", field->name);

	for (const struct json_path *at = top ? walk->at : NULL; at; at = at->up)
		then = at->member ? json_pack("{s{so}}", "properties", at->member, then)
				  : json_pack("{so}", "items", then);
	return json_array_append_new(top ? walk->conditions : beside,
				     json_pack("{soso}", "if", schema_if(field), "then", then)) < 0
		       ? -ENOMEM
		       : 0;
}

static int add_member(const struct walk *walk, const struct tfs_field *field, json_t *properties, json_t *required,
		      json_t *conditions)
{
	struct json_path here = { walk->at, field->name, 0 };
	const struct walk below = { walk->conditions, &here };
	json_t *schema;
	int r = schema_field(&below, field, &schema);

	if (r == 0)
		r = set_new(properties, field->name, schema);
	/* A document read from the mount lacks write-only members. */
	if (r == 0 && field->required && !field->write_only &&
	    json_array_append_new(required, json_string(field->name)) < 0)
		r = -ENOMEM;
	if (r == 0 && field->n_required_when > 0 && !field->required && !field->write_only)
		r = schema_condition(walk, field, conditions);
	return r;
}

/* `properties`, `required` and `allOf` of a table. */
static int schema_object(const struct walk *walk, struct table table, json_t *out)
{
	cleanup_json json_t *properties = json_object(), *required = json_array(), *conditions = json_array();
	int r = !properties || !required || !conditions ? -ENOMEM : 0;

	for (size_t i = 0; i < table.count && r == 0; i++)
		r = add_member(walk, &table.fields[i], properties, required, conditions);
	if (r == 0 && table.kind)
		r = set_new(properties, SERVER_MEMBER,
			    json_pack("{ss sb ss}", "type", "object", "readOnly", 1, "description",
				      "what only the server sets; ignored when written"));
	if (r == 0)
		r = set_new(out, "properties", steal_pointer(&properties));
	if (r == 0 && json_array_size(required) > 0)
		r = set_new(out, "required", steal_pointer(&required));
	if (r == 0 && table.kind && json_array_extend(conditions, walk->conditions) < 0)
		r = -ENOMEM;
	if (r == 0 && json_array_size(conditions) > 0)
		r = set_new(out, "allOf", steal_pointer(&conditions));
	return r;
}

/* Which template is for which type. */
static int schema_types(const struct tfs_kind *kind, json_t *out)
{
	cleanup_json json_t *templates = json_object();
	int r = !templates ? -ENOMEM : 0;

	for (size_t i = 0; i < kind->n_types && r == 0; i++) {
		const struct tfs_variant *type = &kind->types[i];
		cleanup_free char *name = document_variant_file(type);
		json_t *members;

		r = !name ? -ENOMEM : tfs_json_parse(type->members, strlen(type->members), &members, NULL);
		if (r == 0)
			r = set_new(templates, name, members);
	}
	return r == 0 && kind->n_types > 0 ? set_new(out, "x-templates", steal_pointer(&templates)) : r;
}

int tfs_document_schema(const struct tfs_kind *kind, json_t **ret)
{
	cleanup_json json_t *out = json_object(), *conditions = json_array();
	const struct walk walk = { conditions, NULL };
	int r = !out || !conditions ? -ENOMEM : 0;

	if (r == 0)
		r = set_new(out, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
	if (r == 0)
		r = set_new(out, "title", json_string(kind->name));
	if (r == 0 && kind->about)
		r = set_new(out, "description", json_string(kind->about));
	if (r == 0)
		r = set_new(out, "type", json_string("object"));
	if (r == 0)
		r = schema_types(kind, out);
	if (r == 0)
		r = schema_object(&walk, top_table(kind), out);
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}
