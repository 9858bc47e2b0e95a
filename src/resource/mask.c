/* Documents as they may be written down: the secrets somebody typed into them as digests. */
#include <errno.h>

#include "intent.h"
#include "tenantfs/secret.h"
#include "undeclared.h"

struct masker {
	struct tfs_document_context context;
	bool found;
};

static int mask_members(struct masker *masker, struct table table, const json_t *object, json_t **ret);

static int mask_value(struct masker *masker, const struct tfs_field *field, const json_t *value, json_t **ret);

static int mask_elements(struct masker *masker, const struct tfs_field *field, const json_t *value, json_t **ret)
{
	struct tfs_field item = item_field(field);
	cleanup_json json_t *array = json_array();
	int r = array == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < json_array_size(value) && r == 0; i++) {
		json_t *element;

		r = mask_value(masker, &item, json_array_get(value, i), &element);
		if (r == 0 && json_array_append_new(array, element) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = steal_pointer(&array);
	return r;
}

static int mask_value(struct masker *masker, const struct tfs_field *field, const json_t *value, json_t **ret)
{
	if (field->secret && !json_is_null(value) && !is_digest(value)) {
		masker->found = true;
		return show_secret(&masker->context, value, ret);
	}
	if (json_is_object(value) && field->members != NULL)
		return mask_members(masker, member_table(field), value, ret);
	if (json_is_array(value) && field->type == TFS_TYPE_ARRAY)
		return mask_elements(masker, field, value, ret);
	if (json_is_object(value) || json_is_array(value))
		return mask_undeclared(&masker->context, NULL, field->name, value, ret, &masker->found);
	*ret = share(value);
	return 0;
}

static int mask_members(struct masker *masker, struct table table, const json_t *object, json_t **ret)
{
	cleanup_json json_t *masked = json_object();
	const char *name;
	json_t *value;
	int r = masked == NULL ? -ENOMEM : 0;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		const struct tfs_field *field = table_find(table, name);
		json_t *shown = NULL;

		if (r < 0)
			break;
		if (field == NULL)
			r = mask_undeclared(&masker->context, table.kind == NULL ? object : NULL, name, value, &shown,
					    &masker->found);
		else
			r = mask_value(masker, field, value, &shown);
		if (r == 0 && json_object_set_new_nocheck(masked, name, shown) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = steal_pointer(&masked);
	return r;
}

int mask_secrets(const struct tfs_resource *resource, const json_t *document, json_t **ret, bool *ret_found)
{
	struct masker masker = { 0 };
	json_t *masked = NULL;
	int r;

	memcpy(masker.context.digest_key, resource->store->digest_key, TFS_DIGEST_KEY);
	r = mask_members(&masker, top_table(resource->kind), document, &masked);
	tfs_wipe(masker.context.digest_key, TFS_DIGEST_KEY);
	if (r < 0)
		return r;
	*ret = masked;
	*ret_found = masker.found;
	return 0;
}
