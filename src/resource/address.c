/* The address of a document: its path in the mount, and a JSON form that finds it again. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"
#include "tenantfs/path.h"

char *resource_document_path(const struct tfs_resource *resource, const char *name)
{
	const char *ending = tfs_path_ending(resource->kind->path);
	char *path;

	if (resource->doc_name)
		return strdup(resource->path);
	return asprintf(&path, "%s/%s%s", resource->path, name, ending ? ending : "") < 0 ? NULL : path;
}

json_t *tfs_resource_where(const struct tfs_resource *resource, const char *name)
{
	cleanup_json json_t *scopes = json_array();
	int r = scopes ? 0 : -1;

	for (const struct tfs_scope *scope = resource->scope; scope && r == 0; scope = scope->parent)
		r = json_array_append_new(scopes, json_pack("{s:s, s:s}", "kind", scope->kind, "name", scope->name));
	return r == 0 ? json_pack("{s:s, s:s, s:O}", "kind", resource->kind->name, "name", name, "scope", scopes)
		      : NULL;
}

int tfs_store_find(struct tfs_store *store, const json_t *where, struct tfs_resource **ret, const char **ret_name)
{
	enum { DEEPEST = 16 };
	const char *kind_name = tfs_json_text(where, "kind"), *name = tfs_json_text(where, "name");
	const struct tfs_kind *kind = kind_name ? tfs_kind_find(kind_name) : NULL;
	const json_t *scopes = json_object_get(where, "scope");
	struct tfs_scope chain[DEEPEST];
	size_t count = json_array_size(scopes);

	if (!kind || !name || count > DEEPEST)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		const json_t *scope = json_array_get(scopes, i);

		chain[i] = (struct tfs_scope){ i + 1 < count ? &chain[i + 1] : NULL, tfs_json_text(scope, "kind"),
					       tfs_json_text(scope, "name") };
		if (!chain[i].kind || !chain[i].name)
			return -EINVAL;
	}
	*ret_name = name;
	return tfs_store_resource(store, kind, count > 0 ? chain : NULL, ret);
}
