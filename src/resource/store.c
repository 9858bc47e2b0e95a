/* The resources of a tenant: made when first needed, kept as long as the store. */
#include "store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit.h"
#include "removed-secrets.h"
#include "short-lists.h"
#include "tenantfs/clock.h"
#include "tenantfs/lock.h"
#include "tenantfs/path.h"
#include "tenantfs/secret.h"
#include "unread.h"

/* How long a server that did not answer is not asked where the cache can serve. */
enum { AWAY_MS = 5000 };

static void resource_free(struct tfs_resource *resource)
{
	if (!resource)
		return;
	tfs_list_unref(resource->list);
	resource_scope_free(resource->scope);
	tfs_mutex_destroy(&resource->name_locks.lock);
	resource_own_writes_finish(&resource->own);
	free(resource->path);
	free(resource->community);
	free(resource->doc_name);
	free(resource);
}

void tfs_store_free(struct tfs_store *store)
{
	struct tfs_resource *resource, *next;

	if (!store)
		return;
	HASH_ITER (hh, store->resources, resource, next) {
		HASH_DEL(store->resources, resource);
		resource_free(resource);
	}
	resource_audit_free(store->audit);
	resource_removed_secrets_free(store->removed_secrets);
	resource_unread_free(store->unread);
	resource_short_lists_free(store->short_lists);
	tfs_mutex_destroy(&store->lock);
	tfs_wipe(store->digest_key, sizeof(store->digest_key));
	free(store);
}

static bool fields_refer(const struct tfs_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fields[i].reference || fields_refer(fields[i].members, fields[i].n_members))
			return true;
	return false;
}

/* The file's name without ".json". */
static char *doc_name_of(const char *path)
{
	const char *name = strrchr(path, '/');
	size_t len;

	name = !name ? path : name + 1;
	len = strlen(name);
	if (len > 5 && strcmp(name + len - 5, ".json") == 0)
		len -= 5;
	return strndup(name, len);
}

static int resource_fill(struct tfs_resource *resource, const struct tfs_scope *scope, const char *path)
{
	const struct tfs_scope *community = resource_scope_find(scope, "community");
	struct tfs_store *store = resource->store;
	int r = resource_scope_copy(scope, &resource->scope);

	if (r == 0)
		r = tfs_cache_list(store->cache, path, &resource->list);
	if (r == 0 && community)
		r = resource_name_raw(community->name, &resource->community);
	else if (r == 0)
		resource->community = strdup(store->config->communities[0]);
	resource->path = strdup(path);
	if (resource->kind->shape == TFS_SHAPE_DOC)
		resource->doc_name = doc_name_of(path);
	resource->refers = fields_refer(resource->kind->fields, resource->kind->n_fields);
	if (r == 0 && (!resource->path || !resource->community ||
		       (resource->kind->shape == TFS_SHAPE_DOC && !resource->doc_name)))
		r = -ENOMEM;
	return r;
}

static int resource_new(struct tfs_store *store, const struct tfs_kind *kind, const struct tfs_scope *scope,
			const char *path, const char *key, struct tfs_resource **ret)
{
	struct tfs_resource *resource = calloc(1, sizeof(*resource) + strlen(key) + 1);
	int r;

	if (!resource)
		return -ENOMEM;
	if (tfs_mutex_init(&resource->name_locks.lock) < 0) {
		free(resource);
		return -ENOMEM;
	}
	resource_own_writes_init(&resource->own);
	resource->store = store;
	resource->kind = kind;
	memcpy(resource->key, key, strlen(key) + 1);
	r = resource_fill(resource, scope, path);
	if (r < 0) {
		resource_free(resource);
		return r;
	}
	*ret = resource;
	return 0;
}

/* Adds the resource unless another thread did; either way `*resource` is the one in the table. */
static int add_resource(struct tfs_store *store, struct tfs_resource **resource)
{
	struct tfs_resource *other, *mine = *resource;
	bool added = true;

	tfs_mutex_lock(&store->lock);
	HASH_FIND_STR(store->resources, mine->key, other);
	if (!other) {
		HASH_ADD_KEYPTR(hh, store->resources, mine->key, strlen(mine->key), mine);
		added = tfs_hash_added(mine);
	}
	tfs_mutex_unlock(&store->lock);
	if (other || !added)
		resource_free(mine);
	if (other)
		*resource = other;
	return added ? 0 : -ENOMEM;
}

int tfs_store_resource(struct tfs_store *store, const struct tfs_kind *kind, const struct tfs_scope *scope,
		       struct tfs_resource **ret)
{
	cleanup_free char *path = NULL, *key = NULL;
	struct tfs_resource *resource;
	int r = resource_path_fill(kind, scope, &path);

	if (r < 0)
		return r;
	/* No file name has a newline. */
	if (asprintf(&key, "%s\n%s", kind->name, path) < 0) {
		key = NULL;
		return -ENOMEM;
	}
	tfs_mutex_lock(&store->lock);
	HASH_FIND_STR(store->resources, key, resource);
	tfs_mutex_unlock(&store->lock);
	if (!resource) {
		r = resource_new(store, kind, scope, path, key, &resource);
		if (r == 0)
			r = add_resource(store, &resource);
	}
	if (r == 0)
		*ret = resource;
	return r;
}

const struct tfs_kind *tfs_resource_kind(const struct tfs_resource *resource)
{
	return resource->kind;
}

const char *tfs_resource_path(const struct tfs_resource *resource)
{
	return resource->path;
}

struct tfs_api *tfs_store_api(struct tfs_store *store)
{
	return store->api;
}

const struct tfs_config *tfs_store_config(struct tfs_store *store)
{
	return store->config;
}

struct tfs_cache *tfs_store_cache(struct tfs_store *store)
{
	return store->cache;
}

void tfs_store_refresh(struct tfs_store *store, const char *path)
{
	struct tfs_resource *resource, *next;

	atomic_store(&store->away_until_ms, 0);
	tfs_mutex_lock(&store->lock);
	HASH_ITER (hh, store->resources, resource, next) {
		if (tfs_path_is_below(resource->path, path) || tfs_path_is_below(path, resource->path))
			tfs_list_invalidate(resource->list);
	}
	tfs_mutex_unlock(&store->lock);
}

void resource_store_invalidate_children(struct tfs_store *store, const char *path, const char *name)
{
	struct tfs_resource *resource, *next;
	cleanup_free char *below = NULL;

	if (asprintf(&below, "%s/%s.d", path, name) < 0) {
		below = NULL;
		return;
	}
	tfs_mutex_lock(&store->lock);
	HASH_ITER (hh, store->resources, resource, next) {
		if (tfs_path_is_below(resource->path, below))
			tfs_list_invalidate(resource->list);
	}
	tfs_mutex_unlock(&store->lock);
}

/* Whether they are in different communities; one in none belongs to all. */
static bool is_elsewhere(const struct tfs_resource *a, const struct tfs_resource *b)
{
	return resource_scope_find(a->scope, "community") && resource_scope_find(b->scope, "community") &&
	       strcmp(a->community, b->community) != 0;
}

void resource_store_invalidate_related(struct tfs_store *store, const struct tfs_resource *of)
{
	const struct tfs_kind *kind = of->kind;
	struct tfs_resource *resource, *next;

	if (!kind->list)
		return;
	tfs_mutex_lock(&store->lock);
	HASH_ITER (hh, store->resources, resource, next) {
		const struct tfs_step *list = resource->kind->list;

		if (resource->kind != kind && list && list->endpoint == kind->list->endpoint &&
		    !is_elsewhere(resource, of))
			tfs_list_invalidate(resource->list);
	}
	tfs_mutex_unlock(&store->lock);
}

static bool fields_refer_to(const struct tfs_field *fields, size_t count, const char *kind)
{
	for (size_t i = 0; i < count; i++)
		if ((fields[i].reference && strcmp(fields[i].reference, kind) == 0) ||
		    fields_refer_to(fields[i].members, fields[i].n_members, kind))
			return true;
	return false;
}

void resource_store_invalidate_referring(struct tfs_store *store, const struct tfs_resource *to)
{
	struct tfs_resource *resource, *next;
	cleanup_free struct tfs_resource **found = NULL;
	size_t count = 0;

	tfs_mutex_lock(&store->lock);
	found = calloc(HASH_COUNT(store->resources) + 1, sizeof(struct tfs_resource *));
	HASH_ITER (hh, store->resources, resource, next) {
		const struct tfs_kind *kind = resource->kind;

		if (found && fields_refer_to(kind->fields, kind->n_fields, to->kind->name) &&
		    !is_elsewhere(resource, to))
			found[count++] = resource;
	}
	tfs_mutex_unlock(&store->lock);
	/* Resources live as long as the store, and watchers take locks of their own. */
	for (size_t i = 0; i < count; i++) {
		tfs_list_invalidate(found[i]->list);
		tfs_list_notify_stale(found[i]->list, NULL);
	}
}

void resource_store_set_away(struct tfs_store *store)
{
	atomic_store(&store->away_until_ms, tfs_clock_ms() + AWAY_MS);
}

bool resource_store_is_away(struct tfs_store *store)
{
	return tfs_clock_ms() < atomic_load(&store->away_until_ms);
}

bool resource_is_unreachable(int code)
{
	return code == -EIO || code == -ETIMEDOUT || code == -EAGAIN || code == -EACCES;
}

bool resource_outcome_unknown(struct tfs_op *op, int code)
{
	int status = tfs_op_error(op)->status;

	if (tfs_op_dry_run(op))
		return false;
	if (code < 0 && tfs_op_error(op)->doubtful)
		return true;
	if (code >= 0 || (status >= 400 && status < 500))
		return false;
	/* Without a status: a call refused on this side was never sent. */
	return status != 0 || (code != -EINVAL && code != -EPERM && code != -EACCES);
}
