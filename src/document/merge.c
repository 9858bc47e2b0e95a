/* Comparing two documents and merging three, member by member, so that changes of different members combine. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tenantfs/buf.h"
#include "undeclared-members.h"

static bool is_server(const char *name)
{
	return strcmp(name, SERVER_MEMBER) == 0;
}

/* A removed list stays as an empty one. */
static bool is_emptied(const json_t *value, const json_t *next)
{
	return !next && json_is_array(value) && json_array_size(value) == 0;
}

static int diff_canonical(const json_t *base, const json_t *next, json_t *members)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)base, name, value) {
		const json_t *other = json_object_get(next, name);

		if (!is_server(name) && !document_same_value(value, other) && !is_emptied(value, other) &&
		    json_array_append_new(members, json_string(name)) < 0)
			return -ENOMEM;
	}
	json_object_foreach ((json_t *)(uintptr_t)next, name, value) {
		if (!is_server(name) && !json_object_get(base, name) && !json_is_null(value) &&
		    json_array_append_new(members, json_string(name)) < 0)
			return -ENOMEM;
	}
	return 0;
}

int tfs_document_diff(const struct tfs_kind *kind, const json_t *base, const json_t *next, json_t **ret_members)
{
	cleanup_json json_t *members = json_array(), *left = NULL, *right = NULL;
	int r = !members ? -ENOMEM : document_canonical_document(kind, base, &left);

	if (r == 0)
		r = document_canonical_document(kind, next, &right);
	if (r == 0)
		r = diff_canonical(left, right, members);
	if (r == 0)
		*ret_members = steal_pointer(&members);
	return r;
}

enum { VALUE_MAX = 40 };

/* All conflicting members are collected for one message. */
struct merger {
	const unsigned char *digest_key; /* NULL: none */
	struct tfs_buf conflicts;
	char first[TFS_ERROR_MEMBER];
	size_t count;
};

/* A value in its three versions, each NULL when absent, and the objects it is a member of. */
struct three {
	const json_t *base, *ours, *theirs;
	const json_t *within_ours, *within_theirs;
};

static int merge_value(struct merger *merger, const struct tfs_field *field, const struct json_path *path,
		       struct three three, json_t **ret);

/* The digest of a secret: as it is, or made of a new secret. */
static void add_secret(const struct merger *merger, const json_t *value, struct tfs_buf *out)
{
	char digest[TFS_SECRET_TEXT];
	const char *text = json_string_value(value);

	if (text && strncmp(text, "secret:", 7) == 0 && strlen(text) == TFS_SECRET_TEXT - 1)
		tfs_buf_puts(out, text);
	else if (text && merger->digest_key && tfs_secret_digest(merger->digest_key, text, strlen(text), digest) == 0)
		tfs_buf_puts(out, digest);
	else
		tfs_buf_puts(out, "another secret");
}

/* The beginning of a value for a message; of a value that may contain secrets only its type. */
static void add_value(const struct merger *merger, const struct tfs_field *field, const json_t *within,
		      const char *name, const json_t *value, struct tfs_buf *out)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(64 << 10);
	size_t len;

	if (!value || json_is_null(value)) {
		tfs_buf_puts(out, "none");
	} else if (field ? field->secret : document_is_undeclared_secret(within, name, value)) {
		add_secret(merger, value, out);
	} else if (json_is_array(value)) {
		tfs_buf_printf(out, "an array of %zu", json_array_size(value));
	} else if (json_is_object(value)) {
		tfs_buf_puts(out, "an object");
	} else if (tfs_json_print(value, &text) < 0) {
		tfs_buf_puts(out, "a long text");
	} else {
		len = text.len;
		if (len > VALUE_MAX)
			for (len = VALUE_MAX; len > 0 && ((unsigned char)text.data[len] & 0xc0) == 0x80;)
				len--;
		tfs_buf_add(out, text.data, len);
		if (len < text.len)
			tfs_buf_puts(out, "…");
	}
}

static int note_conflict(struct merger *merger, const struct tfs_field *field, const struct json_path *path,
			 struct three three)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(4096);
	const char *name = path->member ? path->member : "";
	char pointer[TFS_ERROR_MEMBER];

	document_json_path_text(path, pointer, sizeof(pointer));
	if (merger->count++ == 0)
		snprintf(merger->first, sizeof(merger->first), "%s", pointer);
	tfs_buf_printf(&text, "%s%s: ", merger->count > 1 ? "; " : "", pointer + (*pointer == '/'));
	add_value(merger, field, three.within_ours, name, three.ours, &text);
	tfs_buf_puts(&text, " here, ");
	add_value(merger, field, three.within_theirs, name, three.theirs, &text);
	tfs_buf_puts(&text, " there");
	/* What does not fit into a message is in the documents. */
	if (text.data)
		tfs_buf_add(&merger->conflicts, text.data, text.len);
	return 0;
}

static int merge_member(struct merger *merger, struct table table, const struct json_path *path, const char *name,
			struct three three, json_t *out)
{
	struct three member = {
		json_object_get(three.base, name),
		json_object_get(three.ours, name),
		json_object_get(three.theirs, name),
		three.ours,
		three.theirs,
	};
	struct json_path here = { path, name, 0 };
	json_t *merged = NULL;
	int r = merge_value(merger, document_table_find(table, name), &here, member, &merged);

	if (r == 0 && merged && json_object_set_new_nocheck(out, name, merged) < 0)
		r = -ENOMEM;
	return r;
}

static int merge_objects(struct merger *merger, struct table table, const struct json_path *path, struct three three,
			 json_t **ret)
{
	cleanup_json json_t *out = json_object();
	const char *name;
	json_t *value;
	int r = !out ? -ENOMEM : 0;

	json_object_foreach ((json_t *)(uintptr_t)three.theirs, name, value) {
		if (r == 0)
			r = merge_member(merger, table, path, name, three, out);
	}
	json_object_foreach ((json_t *)(uintptr_t)three.ours, name, value) {
		if (r == 0 && !json_object_get(three.theirs, name))
			r = merge_member(merger, table, path, name, three, out);
	}
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}

static const json_t *find_equal(const json_t *array, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		if (document_same_value(json_array_get(array, i), value))
			return json_array_get(array, i);
	return NULL;
}

/* Elements that neither side removed, and those either side added. */
static int merge_sets(struct three three, json_t **ret)
{
	cleanup_json json_t *out = json_array();
	size_t i;
	json_t *value;

	if (!out)
		return -ENOMEM;
	json_array_foreach ((json_t *)(uintptr_t)three.theirs, i, value) {
		bool removed = find_equal(three.base, value) && !find_equal(three.ours, value);

		if (!removed && json_array_append(out, value) < 0)
			return -ENOMEM;
	}
	json_array_foreach ((json_t *)(uintptr_t)three.ours, i, value) {
		bool added = !find_equal(three.base, value) && !find_equal(three.theirs, value);

		if (added && json_array_append(out, value) < 0)
			return -ENOMEM;
	}
	*ret = steal_pointer(&out);
	return 0;
}

/* Whether every element is an object with a unique key. */
static bool is_keyed(const json_t *array, const char *key)
{
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *element = json_array_get(array, i), *value = json_object_get(element, key);

		if (!value || json_is_null(value) || document_find_key(array, key, value) != element)
			return false;
	}
	return true;
}

static int merge_element(struct merger *merger, const struct tfs_field *field, const struct json_path *path,
			 struct three arrays, const json_t *key, json_t *out)
{
	struct tfs_field item = tfs_field_item(field);
	struct three three = {
		.base = document_find_key(arrays.base, field->key, key),
		.ours = document_find_key(arrays.ours, field->key, key),
		.theirs = document_find_key(arrays.theirs, field->key, key),
	};
	const char *name = json_is_string(key) ? json_string_value(key) : field->key;
	struct json_path here = { path, name, 0 };
	json_t *merged = NULL;
	int r = merge_value(merger, &item, &here, three, &merged);

	if (r == 0 && merged && json_array_append_new(out, merged) < 0)
		r = -ENOMEM;
	return r;
}

/* Server order; our new elements last. */
static int merge_keyed(struct merger *merger, const struct tfs_field *field, const struct json_path *path,
		       struct three three, json_t **ret)
{
	cleanup_json json_t *out = json_array();
	size_t i;
	json_t *value;
	int r = !out ? -ENOMEM : 0;

	json_array_foreach ((json_t *)(uintptr_t)three.theirs, i, value) {
		if (r == 0)
			r = merge_element(merger, field, path, three, json_object_get(value, field->key), out);
	}
	json_array_foreach ((json_t *)(uintptr_t)three.ours, i, value) {
		const json_t *key = json_object_get(value, field->key);

		if (r == 0 && !document_find_key(three.theirs, field->key, key))
			r = merge_element(merger, field, path, three, key, out);
	}
	if (r == 0)
		*ret = steal_pointer(&out);
	return r;
}

static bool all_arrays(struct three three)
{
	return json_is_array(three.ours) && json_is_array(three.theirs) && (!three.base || json_is_array(three.base));
}

/* Both sides changed the value. */
static int merge_changed(struct merger *merger, const struct tfs_field *field, const struct json_path *path,
			 struct three three, json_t **ret)
{
	if (field && field->type == TFS_TYPE_OBJECT && json_is_object(three.ours) && json_is_object(three.theirs))
		return merge_objects(merger, member_table(field), path, three, ret);
	if (field && field->key && all_arrays(three) && is_keyed(three.base, field->key) &&
	    is_keyed(three.ours, field->key) && is_keyed(three.theirs, field->key))
		return merge_keyed(merger, field, path, three, ret);
	if (field && field->unordered && all_arrays(three))
		return merge_sets(three, ret);
	return note_conflict(merger, field, path, three);
}

static int merge_value(struct merger *merger, const struct tfs_field *field, const struct json_path *path,
		       struct three three, json_t **ret)
{
	const json_t *taken;

	if (document_same_value(three.ours, three.theirs) || document_same_value(three.base, three.ours))
		taken = three.theirs;
	else if (document_same_value(three.base, three.theirs))
		taken = three.ours;
	else
		return merge_changed(merger, field, path, three, ret);
	*ret = !taken ? NULL : json_ref_const(taken);
	return 0;
}

static int merge_canonical(struct merger *merger, const struct tfs_kind *kind, struct three three, const json_t *server,
			   json_t **ret, struct tfs_error *error)
{
	cleanup_json json_t *merged = NULL, *sorted = NULL;
	int r = merge_objects(merger, top_table(kind), NULL, three, &merged);

	if (r < 0)
		return r;
	if (merger->count > 0) {
		tfs_error_set(error, -ESTALE, "document", "changed on the server meanwhile, too: %s",
			      merger->conflicts.data ? merger->conflicts.data : merger->first);
		if (error)
			memcpy(error->member, merger->first, sizeof(error->member));
		return -ESTALE;
	}
	r = document_canonical_document(kind, merged, &sorted);
	if (r == 0 && server && json_object_set_new_nocheck(sorted, SERVER_MEMBER, json_ref_const(server)) < 0)
		r = -ENOMEM;
	if (r == 0)
		*ret = steal_pointer(&sorted);
	return r;
}

int tfs_document_merge(const struct tfs_kind *kind, const unsigned char *digest_key, const json_t *base,
		       const json_t *ours, const json_t *theirs, json_t **ret_merged, struct tfs_error *error)
{
	cleanup_json json_t *a = NULL, *b = NULL, *c = NULL;
	struct merger merger = { .digest_key = digest_key, .conflicts = TFS_BUF_INIT(TFS_ERROR_MESSAGE) };
	int r = document_canonical_document(kind, base, &a);

	if (r == 0)
		r = document_canonical_document(kind, ours, &b);
	if (r == 0)
		r = document_canonical_document(kind, theirs, &c);
	if (r == 0)
		r = merge_canonical(&merger, kind, (struct three){ .base = a, .ours = b, .theirs = c },
				    json_object_get(theirs, SERVER_MEMBER), ret_merged, error);
	tfs_buf_finish(&merger.conflicts);
	if (r < 0 && error && error->code != r)
		tfs_error_set(error, r, "document", "%s", strerrordesc_np(-r));
	return r;
}
