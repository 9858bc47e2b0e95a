/* Kinds by name and by path. In a file of its own so that a test can replace the kinds. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/catalogue.h"
#include "tenantfs/path.h"

static int compare_kind(const void *key, const void *kind)
{
	return strcmp(key, ((const struct tfs_kind *)kind)->name);
}

const struct tfs_kind *tfs_kind_find(const char *name)
{
	return bsearch(name, tfs_kinds, tfs_n_kinds, sizeof(*tfs_kinds), compare_kind);
}

enum { PATH_BYTES = 4096 };

/* The object of a document, and what its path has for the objects of its kind's path. */
struct object_path {
	const struct tfs_kind *object;
	struct tfs_path_bindings bindings;
};

/* Below an object it is called by its kind, not "name". */
static int add_value(void *context, const char *object, size_t len, struct tfs_buf *out)
{
	const struct object_path *found = context;
	bool own = strlen(found->object->name) == len && memcmp(found->object->name, object, len) == 0;
	const struct tfs_path_binding *bound = own ? tfs_path_bound(&found->bindings, "name", strlen("name"))
						   : tfs_path_bound(&found->bindings, object, len);

	return !bound ? -ENOENT : tfs_buf_add(out, bound->value, bound->value_len);
}

/* Whether a kind before that one has the same directory. */
static bool is_repeated(const struct tfs_kind *object, size_t before, const char *template, size_t len)
{
	for (size_t i = 0; i < before; i++)
		if (tfs_path_through(tfs_kinds[i].path, object->name) == len &&
		    memcmp(tfs_kinds[i].path, template, len) == 0)
			return true;
	return false;
}

static int each_directory(struct object_path *found, const char *template, size_t len, tfs_kind_directory each,
			  void *context)
{
	struct tfs_buf directory cleanup_buf = TFS_BUF_INIT(PATH_BYTES);

	if (tfs_path_fill(template, len, add_value, found, &directory) < 0)
		return 0;
	return tfs_buf_putc(&directory, '\0') < 0 ? 0 : each(context, directory.data);
}

int tfs_kind_below(const char *path, tfs_kind_directory each, void *context)
{
	struct object_path found = { .object = NULL };
	int r = 0;

	for (size_t i = 0; i < tfs_n_kinds && !found.object; i++)
		if (tfs_kinds[i].shape == TFS_SHAPE_SET &&
		    tfs_path_match(tfs_kinds[i].path, strlen(tfs_kinds[i].path), path, &found.bindings))
			found.object = &tfs_kinds[i];
	for (size_t i = 0; i < tfs_n_kinds && found.object && r == 0; i++) {
		const char *template = tfs_kinds[i].path;
		size_t len = tfs_path_through(template, found.object->name);

		if (len > 0 && !is_repeated(found.object, i, template, len))
			r = each_directory(&found, template, len, each, context);
	}
	return r;
}
