/* Lists and reads the records of collections; the row has what is particular to a kind. */
#include "collection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collection-inner.h"
#include "record.h"

json_t *sandbox_collection_given(const struct call *call, const char *member)
{
	json_t *value = json_object_get(call->params, member);

	if (!value)
		value = json_object_get(call->query, member);
	return value ? value : sandbox_call_member(call, member);
}

static bool documents(const struct call *call, int status)
{
	for (const int *s = call->endpoint->statuses; s && *s; s++)
		if (*s == status)
			return true;
	return false;
}

int sandbox_collection_status(const struct call *call, int status)
{
	return documents(call, status) ? status : 400;
}

/* Refuses a request for an auth module that does not exist. */
static int check_within(struct call *call, const struct collection *row)
{
	cleanup_json json_t *module = NULL;

	if (!row->within)
		return 0;
	return sandbox_record_module(call, json_string_value(sandbox_collection_given(call, row->within)), &module);
}

bool sandbox_collection_is_within(const struct call *call, const struct collection *row, const json_t *record)
{
	return !row->within ||
	       json_equal(json_object_get(record, row->within), sandbox_collection_given(call, row->within));
}

int sandbox_collection_load(struct call *call, const struct collection *row, json_t **ret)
{
	const json_t *named = row->named_by ? sandbox_collection_given(call, row->named_by) : NULL;
	const char *id = json_string_value(named ? named : sandbox_collection_given(call, row->id));
	cleanup_json json_t *record = NULL;
	int r = check_within(call, row);

	if (r == 0)
		r = id ? sandbox_store_get(call->box->store, call->community->id, row->kind, id, &record) : -ENOENT;
	if (r == 0 && !sandbox_collection_is_within(call, row, record))
		r = -ENOENT;
	if (r == -ENOENT)
		return call_refuse(call, sandbox_collection_status(call, 404), row->id, "%s not found", row->what);
	if (r == 0)
		*ret = steal_pointer(&record);
	return r;
}

/* Removes the members from a record or an array of records. */
static void hide(const char *const *members, json_t *value)
{
	size_t index;
	json_t *record;

	for (; members && *members; members++) {
		json_object_del(value, *members);
		json_array_foreach (value, index, record) {
			json_object_del(record, *members);
		}
	}
}

int sandbox_collection_answer(struct call *call, const struct collection *row, const char *template,
			      const json_t *value)
{
	const int *status = call->endpoint->statuses;
	cleanup_json json_t *visible = json_deep_copy(value);
	json_t *shown = NULL;

	while (status && *status && *status < 200)
		status++;
	if (status && *status == 204)
		return sandbox_call_done(call);
	if (!visible)
		return -ENOMEM;
	hide(row->hidden, visible);
	const struct collection_words words = { call, value, visible };
	int r = sandbox_collection_expand(&words, template ? template : "\"$\"", &shown);
	if (r < 0)
		return r;
	if (status && *status < 300)
		call->status = *status;
	return sandbox_call_answer(call, shown);
}

static bool passes(const struct call *call, const struct collection *row, const json_t *record)
{
	if (!sandbox_collection_is_within(call, row, record))
		return false;
	for (const struct collection_filter *filter = row->filters; filter && filter->member; filter++) {
		const json_t *wanted = sandbox_collection_given(call, filter->member);
		const json_t *value = tfs_json_at(record, filter->at);
		bool found = !wanted || json_equal(wanted, value);
		size_t index;
		json_t *one;
		json_array_foreach ((json_t *)wanted, index, one) {
			found = found || json_equal(one, value);
		}
		/* An empty list of ids selects everything. */
		if (!found && !(json_is_array(wanted) && json_array_size(wanted) == 0))
			return false;
	}
	return true;
}

int sandbox_serve_collection(struct call *call)
{
	const struct collection *row = collection_of(call);
	cleanup_json json_t *all = NULL, *list = json_array();
	size_t index;
	json_t *record;
	int r = check_within(call, row);

	if (r == 0 && row->before_list)
		r = row->before_list(call);
	if (r == 0)
		r = list ? sandbox_store_list(call->box->store, call->community->id, row->kind, &all) : -ENOMEM;
	json_array_foreach (all, index, record) {
		if (r == 0 && passes(call, row, record) && json_array_append(list, record) < 0)
			r = -ENOMEM;
	}
	return r < 0 ? r : sandbox_collection_answer(call, row, NULL, list);
}

int sandbox_serve_collection_one(struct call *call)
{
	const struct collection *row = collection_of(call);
	cleanup_json json_t *record = NULL;
	int r = sandbox_collection_load(call, row, &record);

	return r < 0 ? r : sandbox_collection_answer(call, row, row->one, record);
}
