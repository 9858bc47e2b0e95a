/* Checks a record before it is stored: members its type requires, unique names. */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "collection-inner.h"

static bool has_value(const json_t *found, const char *value)
{
	const char *text = json_string_value(found);
	size_t index;
	json_t *one;

	json_array_foreach ((json_t *)found, index, one) {
		if (has_value(one, value))
			return true;
	}
	return text && !strcasecmp(text, value);
}

static int check_needs(struct call *call, const struct collection *row, const json_t *record)
{
	for (const struct collection_need *need = row->needs; need && need->at; need++) {
		const json_t *value = json_object_get(record, need->member);
		bool empty = !value || json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0);
		if (empty && has_value(tfs_json_at(record, need->at), need->value))
			return call_refuse(call, 400, need->member, "\"%s\" is required", need->member);
	}
	return 0;
}

static int check_unique(struct call *call, const struct collection *row, const json_t *record, const char *member)
{
	const json_t *value = json_object_get(record, member), *id = json_object_get(record, row->id);
	cleanup_json json_t *all = NULL;
	size_t index;
	json_t *other;
	int r = value ? sandbox_store_list(call->box->store, call->community->id, row->kind, &all) : 0;

	json_array_foreach (all, index, other) {
		if (!json_equal(json_object_get(other, row->id), id) &&
		    sandbox_collection_is_within(call, row, other) && json_equal(json_object_get(other, member), value))
			return call_refuse(call, sandbox_collection_status(call, 409), member, "another %s has this %s",
					   row->what, member);
	}
	return r;
}

int sandbox_collection_check(struct call *call, const struct collection *row, json_t *record, const json_t *old)
{
	const char *name = row->name ? tfs_json_text(record, row->name) : "-";
	int r = row->check ? row->check(call, record, old) : 0;

	if (r < 0)
		return r;
	if (!name)
		return call_refuse(call, 400, row->name, "\"%s\" is required", row->name);
	if (!*name)
		return call_refuse(call, 400, row->name, "\"%s\" is not allowed to be empty", row->name);
	r = check_needs(call, row, record);
	for (const char *const *member = row->unique; member && *member && r == 0; member++)
		r = check_unique(call, row, record, *member);
	return r;
}
