/* References: names by id and ids by name, from the list of the referenced kind. */
#include <errno.h>
#include <stdlib.h>

#include "references.h"
#include "removed-secrets.h"
#include "tenantfs/name.h"

enum { UNKNOWN_MAX = 256 };

/*
 * A list whose documents have references themselves is taken from the cache, never fetched: two lists that
 * refer to each other would wait for each other.
 */
static int load_docs(struct resolver *resolver, const struct tfs_kind *kind)
{
	struct tfs_resource *resource = resolver->resource, *other;
	int r = tfs_store_resource(resource->store, kind, resource->scope, &other);

	if (r < 0)
		return r == -EINVAL ? -ENOENT : r;
	if (other->refers || other == resource)
		r = tfs_list_all(other->list, &resolver->docs, &resolver->count);
	else
		r = resource->store->reads.list(other, resolver->op, UINT64_MAX, &resolver->docs, &resolver->count);
	/* Without permission for it, the id is shown. */
	return r == -EPERM ? -ENOENT : r;
}

static int load(struct resolver *resolver, const char *name)
{
	const struct tfs_kind *kind;
	int r;

	if (resolver->kind && strcmp(resolver->kind, name) == 0)
		return 0;
	tfs_docs_free(steal_pointer(&resolver->docs), resolver->count);
	resolver->count = 0;
	resolver->kind = NULL;
	kind = tfs_kind_find(name);
	if (!kind)
		return -ENOENT;
	r = load_docs(resolver, kind);
	if (r == -ENOENT)
		tfs_error_clear(tfs_op_error(resolver->op));
	if (r < 0 && r != -ENOENT)
		return r;
	/* An empty result is kept, too. */
	resolver->kind = kind->name;
	return 0;
}

static int name_of(void *data, const char *kind, const char *id, char **ret_name)
{
	struct resolver *resolver = data;
	int r = load(resolver, kind);

	if (r < 0)
		return r;
	for (size_t i = 0; i < resolver->count; i++)
		if (strcmp(resolver->docs[i]->id, id) == 0)
			return resource_name_raw(resolver->docs[i]->name, ret_name);
	return -ENOENT;
}

/* An id is accepted as well, since an object without a name shows by its id. */
static int id_of(void *data, const char *kind, const char *name, char **ret_id)
{
	struct resolver *resolver = data;
	cleanup_free char *escaped = tfs_name_escape(name, strlen(name), TFS_NAME_MAX);
	int r = load(resolver, kind);

	if (r < 0)
		return r;
	if (!escaped)
		return -ENOMEM;
	for (size_t i = 0; i < resolver->count; i++) {
		const struct tfs_doc *doc = resolver->docs[i];

		if (strcmp(doc->name, escaped) != 0 && strcmp(doc->name, name) != 0 && strcmp(doc->id, name) != 0)
			continue;
		*ret_id = strdup(doc->id);
		return !*ret_id ? -ENOMEM : 0;
	}
	return -EINVAL;
}

void resource_resolver_init(struct resolver *resolver, struct tfs_resource *resource, struct tfs_op *op)
{
	*resolver = (struct resolver){
		.resource = resource,
		.op = op,
		.context = { .name_of = name_of, .id_of = id_of },
		.unknown = TFS_BUF_INIT(UNKNOWN_MAX),
	};
	resolver->context.data = resolver;
	memcpy(resolver->context.digest_key, resource->store->digest_key, TFS_DIGEST_KEY);
}

/* A value may be converted more than once; its member is named once. */
void resource_resolver_note_unknown(struct resolver *resolver, const char *member)
{
	size_t len = strlen(member);
	const char *at = resolver->unknown.data;

	/* Compares whole names: one may contain another. */
	while (at && (at = strstr(at, member))) {
		bool starts = at == resolver->unknown.data || at[-1] == ' ';

		at += len;
		if (starts && (*at == ',' || *at == '\0'))
			return;
	}
	tfs_buf_printf(&resolver->unknown, "%s%s", resolver->unknown.len > 0 ? ", " : "", member);
}

static void note_unknown(void *data, const char *member)
{
	resource_resolver_note_unknown(data, member);
}

static json_t *secret_of(void *data, const char *digest)
{
	const struct resolver *resolver = data;

	return resource_removed_secrets_find(resolver->resource->store, digest);
}

void resource_resolver_create(struct resolver *resolver)
{
	resolver->context.creating = true;
	resolver->context.invent_secrets = resolver->resource->store->config->invent_secrets;
	resolver->context.secret_of = secret_of;
	resolver->context.unknown_secret = note_unknown;
}

void resource_resolver_finish(struct resolver *resolver)
{
	tfs_buf_finish(&resolver->unknown);
	tfs_docs_free(steal_pointer(&resolver->docs), resolver->count);
	resolver->count = 0;
	resolver->kind = NULL;
}
