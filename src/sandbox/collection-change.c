/* Creates, changes and removes the records of collections; the row has what is particular to a kind. */
#include <errno.h>
#include <string.h>

#include "collection-inner.h"
#include "record.h"
#include "tenantfs/digest.h"

/* True for members of a body that address the record and are not stored in it. */
static bool is_address(const struct collection *row, const char *name)
{
	static const char *const names[] = { "tenantId", "communityId", "dns", "communityName" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i], name))
			return true;
	if (row->within && !strcmp(name, row->within))
		return true;
	return row->ids != COLLECTION_GIVEN &&
	       (!strcmp(name, row->id) || (row->named_by && !strcmp(name, row->named_by)));
}

static int take(const struct call *call, const struct collection *row, json_t *record)
{
	const char *name;
	json_t *value;

	json_object_foreach (call->body, name, value) {
		if (is_address(row, name))
			continue;
		/* A copy: the request's body is still to be logged. */
		if (json_is_null(value))
			json_object_del(record, name);
		else if (json_object_set_new(record, name, json_deep_copy(value)) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int set_defaults(const struct call *call, const char *template, json_t *record)
{
	const struct collection_words words = { .call = call, .record = record, .shown = record };
	cleanup_json json_t *members = NULL;
	int r = template ? sandbox_collection_expand(&words, template, &members) : 0;

	return r == 0 && members && json_object_update(record, members) < 0 ? -ENOMEM : r;
}

static int note_subject(struct call *call, const struct collection *row, const json_t *record)
{
	json_t *name = row->name ? json_object_get(record, row->name) : NULL;

	json_decref(call->event_about);
	call->event_about = json_pack("{s:O, s:O*}", "id", json_object_get(record, row->id), "name", name);
	return call->event_about ? 0 : -ENOMEM;
}

static int save(struct call *call, const struct collection *row, json_t *record)
{
	const char *id = tfs_json_text(record, row->id);
	int r = id ? note_subject(call, row, record) : -EIO;

	return r < 0 ? r : sandbox_store_put(call->box->store, call->community->id, row->kind, id, record);
}

static int give_id(struct call *call, const struct collection *row, json_t *record)
{
	json_t *given = sandbox_collection_given(call, row->id);
	char id[TFS_UUID_TEXT]; /* the longer of the two forms */
	int r = 0;

	if (row->ids == COLLECTION_GIVEN) {
		if (!json_string_length(given))
			return call_refuse(call, 400, row->id, "\"%s\" is required", row->id);
		return json_object_set(record, row->id, given) < 0 ? -ENOMEM : 0;
	}
	r = row->ids == COLLECTION_UUID ? tfs_uuid(id) : sandbox_record_id(id);
	if (r < 0)
		return -EIO;
	return json_object_set_new(record, row->id, json_string(id)) < 0 ? -ENOMEM : 0;
}

/* Refuses a new record whose id, given by the request, is taken. */
static int check_absent(struct call *call, const struct collection *row, const json_t *record)
{
	cleanup_json json_t *there = NULL;
	const char *id = tfs_json_text(record, row->id);
	int r = sandbox_store_get(call->box->store, call->community->id, row->kind, id, &there);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? r
		     : call_refuse(call, sandbox_collection_status(call, 409), row->id, "another %s has this %s",
				   row->what, row->id);
}

int sandbox_collection_add(struct call *call, const struct collection *row, json_t *record_)
{
	cleanup_json json_t *record = record_;
	int r = record ? give_id(call, row, record) : -ENOMEM;

	if (r == 0 && row->ids == COLLECTION_GIVEN)
		r = check_absent(call, row, record);
	if (r == 0)
		r = set_defaults(call, row->born, record);
	if (r == 0)
		r = sandbox_collection_check(call, row, record, NULL);
	return r < 0 ? r : save(call, row, record);
}

int sandbox_serve_collection_create(struct call *call)
{
	const struct collection *row = collection_of(call);
	cleanup_json json_t *record = json_object();
	int r = record ? take(call, row, record) : -ENOMEM;

	if (r == 0)
		r = sandbox_collection_add(call, row, json_incref(record));
	return r < 0 ? r : sandbox_collection_answer(call, row, row->made, record);
}

/* Removes the members that the call can set and did not. */
static void clear(const struct call *call, const struct collection *row, json_t *record)
{
	if (call->endpoint->open_body)
		json_object_clear(record);
	for (size_t i = 0; i < call->endpoint->n_body; i++)
		if (!is_address(row, call->endpoint->body[i].name))
			json_object_del(record, call->endpoint->body[i].name);
}

/* Takes over `old_`. */
static int change(struct call *call, const struct collection *row, json_t *old_, bool whole)
{
	cleanup_json json_t *old = old_, *record = json_deep_copy(old);
	cleanup_json json_t *id = json_incref(json_object_get(old, row->id));
	int r = record ? 0 : -ENOMEM;

	if (r == 0 && whole)
		clear(call, row, record);
	if (r == 0 && whole && call->endpoint->open_body)
		r = set_defaults(call, row->born, record);
	if (r == 0)
		r = take(call, row, record);
	/* The id never changes. */
	if (r == 0 && json_object_set(record, row->id, id) < 0)
		r = -ENOMEM;
	if (r == 0)
		r = sandbox_collection_check(call, row, record, old);
	if (r == 0)
		r = save(call, row, record);
	return r < 0 ? r : sandbox_collection_answer(call, row, row->changed, record);
}

static int change_named(struct call *call, bool whole)
{
	const struct collection *row = collection_of(call);
	json_t *record = NULL;
	int r = sandbox_collection_load(call, row, &record);

	return r < 0 ? r : change(call, row, record, whole);
}

int sandbox_serve_collection_change(struct call *call)
{
	return change_named(call, sandbox_call_is_strict(call) && collection_of(call)->whole);
}

int sandbox_serve_collection_replace(struct call *call)
{
	return change_named(call, true);
}

int sandbox_serve_collection_set(struct call *call)
{
	const struct collection *row = collection_of(call);
	const char *id = json_string_value(sandbox_collection_given(call, row->id));
	json_t *old = NULL;
	int r = id ? sandbox_store_get(call->box->store, call->community->id, row->kind, id, &old) : -ENOENT;

	if (r == -ENOENT)
		return sandbox_serve_collection_create(call);
	return r < 0 ? r : change(call, row, old, true);
}

int sandbox_serve_collection_remove(struct call *call)
{
	const struct collection *row = collection_of(call);
	cleanup_json json_t *record = NULL;
	int r = sandbox_collection_load(call, row, &record);

	if (r == 0)
		r = note_subject(call, row, record);
	if (r == 0)
		r = sandbox_store_remove(call->box->store, call->community->id, row->kind,
					 tfs_json_text(record, row->id));
	return r < 0 ? r : sandbox_collection_answer(call, row, row->removed, record);
}
