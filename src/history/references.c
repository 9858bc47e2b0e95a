/* Documents that show the name of an object. */
#include "references.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/catalogue.h"
#include "tenantfs/name.h"
#include "tenantfs/path.h"

enum { PATH_BYTES = 16 << 10 };

static const struct tfs_field *find_reference(const struct tfs_kind *kind, const char *to)
{
	for (size_t i = 0; i < kind->n_fields; i++)
		if (kind->fields[i].reference && strcmp(kind->fields[i].reference, to) == 0)
			return &kind->fields[i];
	return NULL;
}

static int fill_value(void *context, const char *object, size_t len, struct tfs_buf *out)
{
	const struct tfs_path_binding *bound = tfs_path_bound(context, object, len);

	return bound ? tfs_buf_add(out, bound->value, bound->value_len) : -EINVAL;
}

int history_references_each(const struct tfs_change *change, int (*each)(void *context, const char *path),
			    void *context)
{
	const struct tfs_kind *to = change->kind ? tfs_kind_find(change->kind) : NULL;
	struct tfs_path_bindings bindings;
	int r = 0;

	if (!to || !tfs_path_match(to->path, strlen(to->path), change->path, &bindings))
		return 0;
	for (size_t i = 0; i < tfs_n_kinds && r == 0; i++) {
		const struct tfs_kind *kind = &tfs_kinds[i];
		struct tfs_buf path cleanup_buf = TFS_BUF_INIT(PATH_BYTES);

		if (kind->shape == TFS_SHAPE_DOC && find_reference(kind, to->name) &&
		    tfs_path_fill(kind->path, strlen(kind->path), fill_value, &bindings, &path) == 0)
			r = each(context, path.data);
	}
	return r;
}

/* The name of the object whose document is at `path`. Caller frees; NULL: it has none, or out of memory. */
static char *name_at(const char *path)
{
	const char *file = strrchr(path, '/') ? strrchr(path, '/') + 1 : path, *end = strrchr(file, '.');
	char *name = NULL;
	size_t len;

	return tfs_name_unescape(file, end ? (size_t)(end - file) : strlen(file), &name, &len) < 0 ? NULL : name;
}

static bool is_text(const json_t *value, const char *text)
{
	return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

/* Whether the member had the name; it has the new one now. */
static bool rename_in(json_t *document, const char *member, const char *from, const char *to)
{
	json_t *value = json_object_get(document, member);
	bool found = false;

	if (is_text(value, from))
		return json_object_set_new(document, member, json_string(to)) == 0;
	for (size_t i = 0; i < json_array_size(value); i++)
		if (is_text(json_array_get(value, i), from))
			found = json_array_set_new(value, i, json_string(to)) == 0;
	return found;
}

int history_references_rename(const struct tfs_change *change, const char *path, const char *text, size_t len,
			      struct tfs_buf *out)
{
	cleanup_free char *from = name_at(change->path), *to = change->new_path ? name_at(change->new_path) : NULL;
	cleanup_json json_t *document = NULL;
	bool found = false;

	if (!from || !to || tfs_json_parse(text, len, &document, NULL) < 0)
		return 0;
	for (size_t i = 0; i < tfs_n_kinds; i++) {
		const struct tfs_field *field = find_reference(&tfs_kinds[i], change->kind);

		if (field && tfs_path_match(tfs_kinds[i].path, strlen(tfs_kinds[i].path), path, NULL))
			found = rename_in(document, field->name, from, to) || found;
	}
	return found ? (tfs_json_print_document(document, out) < 0 ? -ENOMEM : 1) : 0;
}
