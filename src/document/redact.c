/* A document in which each secret somebody typed is replaced by its digest, so that it may be kept on disk. */
#include <errno.h>

#include "redact.h"
#include "tenantfs/secret.h"
#include "undeclared-members.h"

struct redactor {
	struct tfs_document_context context;
	bool found;
};

static int redact_members(struct redactor *redactor, struct table table, const json_t *object, json_t **ret);

static int redact_value(struct redactor *redactor, const struct tfs_field *field, const json_t *value, json_t **ret);

static int redact_elements(struct redactor *redactor, const struct tfs_field *field, const json_t *value, json_t **ret)
{
	struct tfs_field item = tfs_field_item(field);
	cleanup_json json_t *array = json_array();
	int r = !array ? -ENOMEM : 0;

	for (size_t i = 0; i < json_array_size(value) && r == 0; i++) {
		json_t *element;

		r = redact_value(redactor, &item, json_array_get(value, i), &element);
		if (r == 0 && json_array_append_new(array, element) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = steal_pointer(&array);
	return r;
}

static int redact_value(struct redactor *redactor, const struct tfs_field *field, const json_t *value, json_t **ret)
{
	if (field->secret && !json_is_null(value) && !document_is_digest(value)) {
		redactor->found = true;
		return document_show_secret(&redactor->context, value, ret);
	}
	if (json_is_object(value) && field->members)
		return redact_members(redactor, member_table(field), value, ret);
	if (json_is_array(value) && field->type == TFS_TYPE_ARRAY)
		return redact_elements(redactor, field, value, ret);
	if (json_is_object(value) || json_is_array(value))
		return document_redact_undeclared(&redactor->context, NULL, field->name, value, ret, &redactor->found);
	*ret = json_ref_const(value);
	return 0;
}

static int redact_members(struct redactor *redactor, struct table table, const json_t *object, json_t **ret)
{
	cleanup_json json_t *redacted = json_object();
	const char *name;
	json_t *value;
	int r = !redacted ? -ENOMEM : 0;

	json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
		const struct tfs_field *field = document_table_find(table, name);
		json_t *shown = NULL;

		if (r < 0)
			break;
		if (!field)
			r = document_redact_undeclared(&redactor->context, !table.kind ? object : NULL, name, value,
						       &shown, &redactor->found);
		else
			r = redact_value(redactor, field, value, &shown);
		if (r == 0 && json_object_set_new_nocheck(redacted, name, shown) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = steal_pointer(&redacted);
	return r;
}

int document_redact_secrets(const struct tfs_kind *kind, const unsigned char *digest_key, const json_t *document,
			    json_t **ret, bool *ret_found)
{
	struct redactor redactor = { 0 };
	json_t *redacted = NULL;
	int r;

	memcpy(redactor.context.digest_key, digest_key, TFS_DIGEST_KEY);
	r = redact_members(&redactor, top_table(kind), document, &redacted);
	tfs_wipe(redactor.context.digest_key, TFS_DIGEST_KEY);
	if (r < 0)
		return r;
	*ret = redacted;
	*ret_found = redactor.found;
	return 0;
}
