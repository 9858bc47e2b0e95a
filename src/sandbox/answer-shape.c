/* Gives the records of an answer another form: forms that the API document shows for some lists. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "answer.h"

int sandbox_answer_print(json_t *value, struct tfs_buf *text)
{
	/* Not tfs_json_print: it would refuse or normalize some of these values. */
	cleanup_free char *now = json_dumps(value, JSON_COMPACT);

	json_decref(value);
	tfs_buf_reset(text);
	return now ? tfs_buf_puts(text, now) : -ENOMEM;
}

json_t *sandbox_answer_records(json_t *value)
{
	static const char *const members[] = { "data", "modules", "list" };

	for (size_t i = 0; json_is_object(value) && i < sizeof(members) / sizeof(*members); i++) {
		json_t *list = json_object_get(value, members[i]);
		if (json_is_array(list))
			return list;
	}
	return json_is_array(value) ? value : NULL;
}

static json_t *wrapped(json_t *value)
{
	return json_pack("{s:o}", "record", value);
}

/* The id of a record, or its place in the list. */
static json_t *keyed(const json_t *list)
{
	static const char *const members[] = { "_id", "id", "uid", "did", "aaguid", "jobId", "keyId", "tag", "code" };
	json_t *out = json_object(), *record;
	size_t index;

	json_array_foreach (list, index, record) {
		const char *key = NULL;
		char place[24];

		for (size_t i = 0; i < sizeof(members) / sizeof(*members) && !key; i++)
			key = tfs_json_text(record, members[i]);
		snprintf(place, sizeof(place), "%zu", index);
		json_object_set(out, key ? key : place, record);
	}
	return out;
}

/* The list in its other form; NULL: it has none. */
static json_t *reshaped(enum fault_kind kind, json_t *list)
{
	json_t *out = NULL, *record;
	size_t index;

	if (!json_is_object(json_array_get(list, 0)))
		return NULL;
	if (kind == FAULT_KEYED)
		return keyed(list);
	if (kind == FAULT_SINGLE)
		return json_array_size(list) == 1 ? json_incref(json_array_get(list, 0)) : NULL;
	out = json_array();
	json_array_foreach (list, index, record)
		json_array_append_new(out, wrapped(json_incref(record)));
	return out;
}

int sandbox_answer_shape(const struct fault *fault, struct tfs_buf *text)
{
	cleanup_json json_t *value = json_loadb(text->data, text->len, JSON_ALLOW_NUL, NULL);
	json_t *list = sandbox_answer_records(value), *now;
	const char *name;
	json_t *member;

	if (fault->kind == FAULT_BOXED)
		return !value ? 0 : sandbox_answer_print(json_pack("{s:O}", "result", value), text);
	now = list ? reshaped(fault->kind, list) : NULL;
	if (!now)
		return 0;
	if (list == value)
		return sandbox_answer_print(now, text);
	json_object_foreach (value, name, member)
		if (member == list)
			break;
	json_object_set_new(value, name, now);
	return sandbox_answer_print(json_incref(value), text);
}

/* The kind that the endpoint lists, if the API has a call for one record of it. */
static const struct tfs_kind *listed_kind(const struct tfs_endpoint *endpoint)
{
	for (size_t i = 0; i < tfs_n_kinds; i++)
		if (tfs_kinds[i].detail && tfs_kinds[i].list->endpoint == endpoint)
			return &tfs_kinds[i];
	return NULL;
}

static bool tells_types_apart(const struct tfs_kind *kind, const char *name)
{
	for (size_t i = 0; i < kind->n_types; i++) {
		cleanup_json json_t *members = json_loads(kind->types[i].members, 0, NULL);

		if (json_object_get(members, name))
			return true;
	}
	return false;
}

static bool is_id(const struct tfs_kind *kind, const char *name)
{
	for (const char *const *at = kind->id_members; *at; at++)
		if (!strcmp(*at, name))
			return true;
	return false;
}

/* What a list of modules shows of the connection (API document, lines 8871 to 8990). */
static json_t *short_config(const json_t *config)
{
	json_t *policy = json_object_get(config, "passwordPolicy");

	return policy ? json_pack("{s:O}", "passwordPolicy", policy) : json_object();
}

static void shorten(const struct tfs_kind *kind, json_t *record)
{
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe (record, next, name, value) {
		if (!strcmp(name, "config"))
			json_object_set_new(record, name, short_config(value));
		else if (strcmp(name, kind->name_member) && !is_id(kind, name) && !tells_types_apart(kind, name))
			json_object_del(record, name);
	}
}

int sandbox_answer_shorten(const struct tfs_endpoint *endpoint, struct tfs_buf *text)
{
	const struct tfs_kind *kind = endpoint ? listed_kind(endpoint) : NULL;
	cleanup_json json_t *value = kind ? json_loadb(text->data, text->len, JSON_ALLOW_NUL, NULL) : NULL;
	json_t *record;
	size_t index;

	json_array_foreach (sandbox_answer_records(value), index, record)
		shorten(kind, record);
	return !value ? 0 : sandbox_answer_print(json_incref(value), text);
}
