/* The path of a resource: placeholders of the kind's path are filled with the names of the objects above. */
#include <errno.h>
#include <stdlib.h>

#include "store.h"
#include "tenantfs/name.h"
#include "tenantfs/path.h"

enum { PATH_BYTES = 64 << 10 };

const struct tfs_scope *resource_scope_find(const struct tfs_scope *scope, const char *kind)
{
	for (; scope; scope = scope->parent)
		if (strcmp(scope->kind, kind) == 0)
			return scope;
	return NULL;
}

void resource_scope_free(struct tfs_scope *scope)
{
	while (scope) {
		struct tfs_scope *parent = (struct tfs_scope *)(uintptr_t)scope->parent;

		free((char *)(uintptr_t)scope->kind);
		free((char *)(uintptr_t)scope->name);
		free(scope);
		scope = parent;
	}
}

int resource_scope_copy(const struct tfs_scope *scope, struct tfs_scope **ret)
{
	struct tfs_scope *head = NULL;
	const struct tfs_scope **at = (const struct tfs_scope **)&head;

	for (; scope; scope = scope->parent) {
		struct tfs_scope *copy = calloc(1, sizeof(*copy));

		if (!copy)
			goto fail;
		*at = copy;
		at = &copy->parent;
		copy->kind = strdup(scope->kind);
		copy->name = strdup(scope->name);
		if (!copy->kind || !copy->name)
			goto fail;
	}
	*ret = head;
	return 0;
fail:
	resource_scope_free(head);
	return -ENOMEM;
}

/* Adds the name of the object of that kind in the scope. */
static int add_object(void *context, const char *kind, size_t len, struct tfs_buf *out)
{
	for (const struct tfs_scope *scope = context; scope; scope = scope->parent)
		if (strlen(scope->kind) == len && memcmp(scope->kind, kind, len) == 0)
			return tfs_buf_puts(out, scope->name);
	return -EINVAL;
}

int resource_path_fill(const struct tfs_kind *kind, const struct tfs_scope *scope, char **ret)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(PATH_BYTES);
	int r = tfs_path_fill(kind->path, tfs_path_directory(kind->path), add_object, (void *)(uintptr_t)scope, &out);

	if (r < 0)
		return r;
	*ret = tfs_buf_steal(&out, NULL);
	return !*ret ? -ENOMEM : 0;
}

int resource_name_raw(const char *name, char **ret)
{
	size_t len;
	int r = tfs_name_unescape(name, strlen(name), ret, &len);

	if (r != -EINVAL)
		return r;
	*ret = strdup(name);
	return !*ret ? -ENOMEM : 0;
}
