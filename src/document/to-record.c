/* Converting a document to a record: names to ids, digests to their secrets. */
#include <errno.h>
#include <stdlib.h>

#include "undeclared-members.h"

/* State of a conversion. */
struct writer {
	const struct tfs_document_context *context;
	const json_t *document;
	struct tfs_error *error;
};

static int store_one(const struct writer *writer, const struct tfs_field *field, const struct json_path *path,
		     const json_t *value, const json_t *record, json_t **ret);

/* Whether `record` shows as `value`. */
static int shows_as(const struct writer *writer, const struct tfs_field *field, const json_t *record,
		    const json_t *value, bool *ret)
{
	cleanup_json json_t *shown = NULL;
	int r;

	*ret = false;
	if (!record)
		return 0;
	r = document_show_value(writer->context, field, record, &shown);
	if (r == 0)
		*ret = document_same_value(shown, value);
	return r;
}

/* A copy from another tenant, or of an object that was removed long ago: the secret is not available. */
static int store_unknown(const struct writer *writer, const struct tfs_field *field, const struct json_path *path,
			 const json_t *digest, json_t **ret)
{
	char name[TFS_ERROR_MEMBER], text[TFS_UUID_TEXT];

	*ret = document_known_secret(writer->context, digest);
	if (*ret)
		return 0;
	if (field->required && !writer->context->invent_secrets)
		return document_fail_member(writer->error, -ENOKEY, path,
					    "%s: the new object needs this secret, and its document does not tell it",
					    field->name);
	if (field->required) {
		if (tfs_uuid(text) < 0)
			return -EIO;
		*ret = json_string(text);
		if (!*ret)
			return -ENOMEM;
	}
	document_json_path_text(path, name, sizeof(name));
	if (writer->context->unknown_secret)
		writer->context->unknown_secret(writer->context->data, name);
	return 0;
}

static int store_secret(const struct writer *writer, const struct tfs_field *field, const struct json_path *path,
			const json_t *value, const json_t *record, json_t **ret)
{
	bool same = false;
	int r;

	if (!document_is_digest(value)) {
		*ret = json_ref_const(value);
		return 0;
	}
	r = shows_as(writer, field, record, value, &same);
	if (r == 0 && !same && writer->context->creating)
		return store_unknown(writer, field, path, value, ret);
	if (r == 0 && !same)
		return document_fail_member(writer->error, -EINVAL, path,
					    "%s: a digest of another secret; write the secret itself", field->name);
	if (r == 0)
		*ret = json_ref_const(record);
	return r;
}

static int store_reference(const struct writer *writer, const struct tfs_field *field, const struct json_path *path,
			   const json_t *value, const json_t *record, json_t **ret)
{
	const struct tfs_document_context *context = writer->context;
	cleanup_free char *id = NULL;
	bool same = false;
	int r;

	r = shows_as(writer, field, record, value, &same);
	if (r < 0)
		return r;
	if (same || !json_is_string(value) || !context->id_of) {
		*ret = json_ref_const(same ? document_reference_id(record) : value);
		return 0;
	}
	r = context->id_of(context->data, field->reference, json_string_value(value), &id);
	if (r == -EINVAL || r == -ENOENT)
		return document_fail_member(writer->error, -EINVAL, path, "%s: there is no %s called \"%s\"",
					    field->name, field->reference, json_string_value(value));
	if (r < 0)
		return r;
	*ret = json_string(id);
	return !*ret ? -ENOMEM : 0;
}

/* Keeps the members of nested objects that only the server sets. */
static int restore_server(struct table table, const json_t *record, json_t *out)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)record, name, value) {
		if (document_table_find_record(table, name) || !document_is_nested_server(name) ||
		    json_object_get(out, name))
			continue;
		if (json_object_set_nocheck(out, name, value) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int store_object(const struct writer *writer, struct table table, const struct json_path *path,
			const json_t *object, const json_t *record, json_t **ret)
{
	cleanup_json json_t *out = json_object();
	const char *name;
	json_t *value, *stored;
	int r = !out ? -ENOMEM : 0;

	json_object_foreach ((json_t *)(uintptr_t)object, name, value) {
		const struct tfs_field *field = document_table_find(table, name);
		const char *as = !field ? name : record_name(field);
		struct json_path here = { path, name, 0 };

		if (r < 0)
			break;
		stored = NULL;
		if (field) {
			struct tfs_field within = tfs_field_within(field, object, writer->document);

			r = store_one(writer, &within, &here, value, json_object_get(record, as), &stored);
		} else {
			r = document_store_undeclared(writer->context, &here, object, name, value, record,
						      json_object_get(record, name), &stored, writer->error);
		}
		if (r == 0 && stored && json_object_set_new_nocheck(out, as, stored) < 0)
			r = -ENOMEM;
	}
	if (r == 0 && json_is_object(record))
		r = restore_server(table, record, out);
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}

/*
 * For each element of the document's array, the index of the corresponding element in the record, or SIZE_MAX.
 */
struct pairing {
	size_t *from;
	bool *used; /* by the record's index */
	size_t count, n_records;
};

static void pairing_finish(struct pairing *pairing)
{
	free(pairing->from);
	free(pairing->used);
}

static void pair(struct pairing *pairing, size_t element, size_t record)
{
	pairing->from[element] = record;
	pairing->used[record] = true;
}

static bool same_key(const struct tfs_field *field, const json_t *element, const json_t *record)
{
	const struct tfs_field *key = document_table_find(member_table(field), field->key);
	const json_t *left = json_object_get(element, field->key);
	const json_t *right = json_object_get(record, key ? record_name(key) : field->key);

	return left && right && document_same_value(left, right);
}

/* By key if declared, else by equality, wherever an unchanged element moved. */
static int pair_alike(const struct writer *writer, const struct tfs_field *field, const json_t *array,
		      const json_t *records, struct pairing *pairing)
{
	struct tfs_field item = tfs_field_item(field);

	for (size_t i = 0; i < pairing->count; i++) {
		const json_t *element = json_array_get(array, i);

		for (size_t j = 0; j < pairing->n_records && pairing->from[i] == SIZE_MAX; j++) {
			/* Most elements keep their index. */
			size_t k = (i + j) % pairing->n_records;
			const json_t *record = json_array_get(records, k);
			bool same = false;
			int r = 0;

			if (pairing->used[k])
				continue;
			if (field->key && json_object_get(element, field->key))
				same = same_key(field, element, record);
			else
				r = shows_as(writer, &item, record, element, &same);
			if (r < 0)
				return r;
			if (same)
				pair(pairing, i, k);
		}
	}
	return 0;
}

static int pair_elements(const struct writer *writer, const struct tfs_field *field, const json_t *array,
			 const json_t *records, struct pairing *pairing)
{
	int r;

	pairing->count = json_array_size(array);
	pairing->n_records = json_array_size(records);
	pairing->from = malloc((pairing->count + 1) * sizeof(*pairing->from));
	pairing->used = calloc(pairing->n_records + 1, sizeof(*pairing->used));
	if (!pairing->from || !pairing->used)
		return -ENOMEM;
	for (size_t i = 0; i < pairing->count; i++)
		pairing->from[i] = SIZE_MAX;
	r = pair_alike(writer, field, array, records, pairing);
	/* A changed element of an ordered array corresponds to the one at its index. */
	for (size_t i = 0; r == 0 && !field->key && !field->unordered && i < pairing->count; i++)
		if (pairing->from[i] == SIZE_MAX && i < pairing->n_records && !pairing->used[i])
			pair(pairing, i, i);
	return r;
}

static int store_array(const struct writer *writer, const struct tfs_field *field, const struct json_path *path,
		       const json_t *array, const json_t *records, json_t **ret)
{
	struct pairing pairing TFS_CLEANUP(pairing_finish) = { 0 };
	struct tfs_field item = tfs_field_item(field);
	cleanup_json json_t *out = json_array();
	int r = !out ? -ENOMEM : pair_elements(writer, field, array, records, &pairing);

	for (size_t i = 0; i < pairing.count && r == 0; i++) {
		struct json_path here = { path, NULL, i };
		const json_t *record = pairing.from[i] == SIZE_MAX ? NULL : json_array_get(records, pairing.from[i]);
		json_t *stored = NULL;

		r = store_one(writer, &item, &here, json_array_get(array, i), record, &stored);
		if (r == 0 && stored && json_array_append_new(out, stored) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}

static int store_one(const struct writer *writer, const struct tfs_field *field, const struct json_path *path,
		     const json_t *value, const json_t *record, json_t **ret)
{
	if (field->secret)
		return store_secret(writer, field, path, value, record, ret);
	if (field->type == TFS_TYPE_ARRAY && json_is_array(value) && (field->members || field->reference))
		return store_array(writer, field, path, value, record, ret);
	if (field->reference)
		return store_reference(writer, field, path, value, record, ret);
	if (field->members && json_is_object(value))
		return store_object(writer, member_table(field), path, value, record, ret);
	if (!field->members && (json_is_object(value) || json_is_array(value)))
		return document_store_undeclared(writer->context, path, NULL, field->name, value, NULL, record, ret,
						 writer->error);
	*ret = json_ref_const(value);
	return 0;
}

int document_store_value(const struct tfs_document_context *context, const struct tfs_field *field,
			 const json_t *document, const json_t *record, json_t **ret, struct tfs_error *error)
{
	struct writer writer = { .context = context, .document = document, .error = error };
	struct tfs_field within = tfs_field_within(field, document, document);
	struct json_path path = { NULL, field->name, 0 };

	return store_one(&writer, &within, &path, json_object_get(document, field->name), record, ret);
}
