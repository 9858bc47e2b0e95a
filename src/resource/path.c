/* The path of a resource: placeholders of the kind's path are filled with the names of the objects above. */
#include <errno.h>
#include <stdlib.h>

#include "store.h"
#include "tenantfs/name.h"

enum { PATH_BYTES = 64 << 10 };

const struct tfs_scope *scope_find(const struct tfs_scope *scope, const char *kind)
{
	for (; scope != NULL; scope = scope->parent)
		if (strcmp(scope->kind, kind) == 0)
			return scope;
	return NULL;
}

void scope_free(struct tfs_scope *scope)
{
	while (scope != NULL) {
		struct tfs_scope *parent = (struct tfs_scope *)(uintptr_t)scope->parent;

		free((char *)(uintptr_t)scope->kind);
		free((char *)(uintptr_t)scope->name);
		free(scope);
		scope = parent;
	}
}

int scope_copy(const struct tfs_scope *scope, struct tfs_scope **ret)
{
	struct tfs_scope *head = NULL;
	const struct tfs_scope **at = (const struct tfs_scope **)&head;

	for (; scope != NULL; scope = scope->parent) {
		struct tfs_scope *copy = calloc(1, sizeof(*copy));

		if (copy == NULL)
			goto fail;
		*at = copy;
		at = &copy->parent;
		copy->kind = strdup(scope->kind);
		copy->name = strdup(scope->name);
		if (copy->kind == NULL || copy->name == NULL)
			goto fail;
	}
	*ret = head;
	return 0;
fail:
	scope_free(head);
	return -ENOMEM;
}

/* `template` stands behind a '{'; adds the name of the object it asks for. */
static int add_object(struct tfs_buf *out, const char *template, size_t len, const struct tfs_scope *scope)
{
	for (; scope != NULL; scope = scope->parent)
		if (strlen(scope->kind) == len && memcmp(scope->kind, template, len) == 0)
			return tfs_buf_puts(out, scope->name);
	return -EINVAL;
}

int path_fill(const struct tfs_kind *kind, const struct tfs_scope *scope, char **ret)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(PATH_BYTES);
	const char *at = kind->path, *end = strstr(at, "/{name}");
	int r = 0;

	if (end == NULL)
		end = kind->shape == TFS_SHAPE_SET && strncmp(at, "{name}", 6) == 0 ? at : at + strlen(at);
	while (at < end && r == 0) {
		size_t plain = strcspn(at, "{"), len;

		if (plain > (size_t)(end - at))
			plain = (size_t)(end - at);
		r = tfs_buf_add(&out, at, plain);
		at += plain;
		if (r < 0 || at >= end)
			break;
		len = strcspn(++at, "}");
		r = add_object(&out, at, len, scope);
		at += len + (at[len] == '}');
	}
	if (r < 0)
		return r;
	*ret = tfs_buf_steal(&out, NULL);
	return *ret == NULL ? -ENOMEM : 0;
}

int name_raw(const char *name, char **ret)
{
	size_t len;
	int r = tfs_name_unescape(name, strlen(name), ret, &len);

	if (r != -EINVAL)
		return r;
	*ret = strdup(name);
	return *ret == NULL ? -ENOMEM : 0;
}
