/* What a kind's documents look like, for programs (JSON Schema) and to start from (a template). */
#include <errno.h>
#include <stdio.h>

#include "member.h"
#include "tenantfs/buf.h"

static int template_object(struct table table, const char *skip, json_t **ret);

/* Something of the right type to write over. */
static int template_value(const struct tfs_field *field, json_t **ret)
{
	switch (field->type) {
	case TFS_TYPE_BOOLEAN:
		*ret = json_false();
		break;
	case TFS_TYPE_NUMBER:
		*ret = json_integer(0);
		break;
	case TFS_TYPE_OBJECT:
		return template_object(member_table(field), NULL, ret);
	case TFS_TYPE_ARRAY:
		*ret = json_array();
		break;
	default:
		*ret = json_string(field->values != NULL ? field->values[0] : "");
	}
	return *ret == NULL ? -ENOMEM : 0;
}

static int template_object(struct table table, const char *skip, json_t **ret)
{
	cleanup_json json_t *out = json_object();
	int r = out == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < table.count && r == 0; i++) {
		const struct tfs_field *field = &table.fields[i];
		json_t *value;

		if (!is_required(field, out) || (skip != NULL && strcmp(skip, field->name) == 0))
			continue;
		r = template_value(field, &value);
		if (r == 0 && json_object_set_new_nocheck(out, field->name, value) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}

int tfs_document_template(const struct tfs_kind *kind, json_t **ret)
{
	const struct tfs_field *name = kind_name_field(kind);

	/* The name comes from the file's. */
	return template_object(top_table(kind), name != NULL ? name->name : NULL, ret);
}

static int schema_object(struct table table, json_t *out);

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

/* What is to be known beyond the type, in a line. */
static int describe(const struct tfs_field *field, json_t *out)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(4096);
	int r = 0;

	if (field->about != NULL)
		r = tfs_buf_puts(&text, field->about);
	if (r == 0 && field->reference != NULL)
		r = tfs_buf_printf(&text, "%sname of a %s", text.len > 0 ? "; " : "", field->reference);
	if (r == 0 && field->write_only)
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

	if (values == NULL)
		return -ENOMEM;
	for (const char *const *value = field->values; *value != NULL; value++)
		if (json_array_append_new(values, json_string(*value)) < 0)
			return -ENOMEM;
	if (!field->required && json_array_append_new(values, json_null()) < 0)
		return -ENOMEM;
	return set_new(out, "enum", steal_pointer(&values));
}

/* A member that need not be there may as well be null. */
static int schema_type(const struct tfs_field *field, json_t *out)
{
	const char *name = type_name(field->type);

	if (name == NULL)
		return 0;
	return set_new(out, "type", field->required ? json_string(name) : json_pack("[ss]", name, "null"));
}

static int schema_field(const struct tfs_field *field, json_t **ret)
{
	cleanup_json json_t *out = json_object();
	struct tfs_field item = item_field(field);
	json_t *items;
	int r = out == NULL ? -ENOMEM : schema_type(field, out);

	if (r == 0)
		r = describe(field, out);
	if (r == 0 && field->type == TFS_TYPE_ARRAY) {
		item.about = item.reference = NULL;
		item.secret = item.fixed = false;
		item.required = true;
		r = schema_field(&item, &items);
		if (r == 0)
			r = set_new(out, "items", items);
	} else if (r == 0 && field->pattern != NULL) {
		r = set_new(out, "pattern", json_string(field->pattern));
	} else if (r == 0 && field->values != NULL) {
		r = schema_values(field, out);
	} else if (r == 0 && field->members != NULL) {
		r = schema_object(member_table(field), out);
	}
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}

/* A member that is required with a value of another. */
static int schema_condition(struct table table, const struct tfs_field *field, json_t *conditions)
{
	const struct tfs_field *other = table_find(table, field->when_member);
	json_t *value = json_array(), *rule;

	for (const char *const *text = field->when_values; *text != NULL; text++)
		json_array_append_new(value, json_string(*text));
	value = json_pack("{so}", "enum", value);

	if (other != NULL && other->type == TFS_TYPE_ARRAY)
		value = json_pack("{so}", "contains", value);
	rule = json_pack("{s{s{so} s[s]} s{s[s]}}", "if", "properties", field->when_member, value, "required",
			 field->when_member, "then", "required", field->name);

	return json_array_append_new(conditions, rule) < 0 ? -ENOMEM : 0;
}

/* `properties`, `required` and `allOf` of a table. */
static int schema_object(struct table table, json_t *out)
{
	cleanup_json json_t *properties = json_object(), *required = json_array(), *conditions = json_array();
	int r = properties == NULL || required == NULL || conditions == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < table.count && r == 0; i++) {
		const struct tfs_field *field = &table.fields[i];
		json_t *schema;

		r = schema_field(field, &schema);
		if (r == 0)
			r = set_new(properties, field->name, schema);
		/* As it is shown it lacks what is never shown. */
		if (r == 0 && field->required && !field->write_only &&
		    json_array_append_new(required, json_string(field->name)) < 0)
			r = -ENOMEM;
		if (r == 0 && field->when_member != NULL)
			r = schema_condition(table, field, conditions);
	}
	if (r == 0 && table.kind != NULL)
		r = set_new(properties, SERVER_MEMBER,
			    json_pack("{ss sb ss}", "type", "object", "readOnly", 1, "description",
				      "what only the server sets; ignored when written"));
	if (r == 0)
		r = set_new(out, "properties", steal_pointer(&properties));
	if (r == 0 && json_array_size(required) > 0)
		r = set_new(out, "required", steal_pointer(&required));
	if (r == 0 && json_array_size(conditions) > 0)
		r = set_new(out, "allOf", steal_pointer(&conditions));
	return r;
}

int tfs_document_schema(const struct tfs_kind *kind, json_t **ret)
{
	cleanup_json json_t *out = json_object();
	int r = out == NULL ? -ENOMEM : 0;

	if (r == 0)
		r = set_new(out, "$schema", json_string("http://json-schema.org/draft-07/schema#"));
	if (r == 0)
		r = set_new(out, "title", json_string(kind->name));
	if (r == 0 && kind->about != NULL)
		r = set_new(out, "description", json_string(kind->about));
	if (r == 0)
		r = set_new(out, "type", json_string("object"));
	if (r == 0)
		r = schema_object(top_table(kind), out);
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}
