/* A fake of the resource and api layers. Included by the tests of the tree. */
#include "fake-store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/feed.h"
#include "tenantfs/gate.h"
#include "tenantfs/clock.h"
#include "tenantfs/document.h"
#include "tenantfs/hash.h"
#include "tenantfs/lock.h"

/* The catalogue of the tests. */
const struct tfs_endpoint tfs_endpoints[] = {
	{ .group = "Healthz",
	  .group_slug = "healthz",
	  .slug = "get-healthz",
	  .method = "GET",
	  .path = "/healthz",
	  .title = "Health" },
	{ .group = "Users",
	  .group_slug = "users",
	  .slug = "post-users-user-lock",
	  .method = "POST",
	  .path = "/users/user/lock",
	  .title = "Lock a user",
	  .example = "{\"username\": \"alice\"}" },
};
const size_t tfs_n_endpoints = 2;
static const struct tfs_step fake_step = { .endpoint = &tfs_endpoints[1] };

static const struct tfs_variant fake_types[] = { { "wide", "{}" } };

const struct tfs_kind tfs_kinds[] = {
	{ .name = "detail",
	  .group = "Users",
	  .path = "communities/{community}/users/{module}/{user}.d/detail.json",
	  .shape = TFS_SHAPE_DOC,
	  .on_demand = true,
	  .list = &fake_step },
	{ .name = "health",
	  .group = "Healthz",
	  .path = "health.json",
	  .shape = TFS_SHAPE_DOC,
	  .list = &fake_step,
	  .about = "whether the service is well" },
	{ .name = "mfa",
	  .group = "Login Settings",
	  .path = "communities/{community}/settings/mfa.json",
	  .shape = TFS_SHAPE_DOC,
	  .list = &fake_step,
	  .change = &fake_step,
	  .n_change = 1,
	  .no_create = "a setting is always there",
	  .no_remove = "a setting cannot be removed" },
	{ .name = "module",
	  .group = "Auth Modules",
	  .path = "communities/{community}/auth-modules/{name}.json",
	  .shape = TFS_SHAPE_SET,
	  .list = &fake_step,
	  .create = &fake_step,
	  .n_create = 1,
	  .change = &fake_step,
	  .n_change = 1,
	  .remove = &fake_step,
	  .n_remove = 1,
	  .rename = true,
	  .types = fake_types,
	  .n_types = 1 },
	{ .name = "role",
	  .group = "Authz",
	  .path = "communities/{community}/roles/{name}.json",
	  .shape = TFS_SHAPE_SET,
	  .list = &fake_step },
	{ .name = "user",
	  .group = "Users",
	  .path = "communities/{community}/users/{module}/{name}.json",
	  .shape = TFS_SHAPE_SET,
	  .list = &fake_step,
	  .create = &fake_step,
	  .n_create = 1,
	  .change = &fake_step,
	  .n_change = 1,
	  .no_remove = "the API has no call that deletes a user" },
};
const size_t tfs_n_kinds = sizeof(tfs_kinds) / sizeof(tfs_kinds[0]);

struct remote {
	struct remote *next;
	char *path, *name, *text;
};

struct tfs_resource {
	struct tfs_resource *next;
	struct tfs_store *store;
	const struct tfs_kind *kind;
	char *path;
};

struct tfs_store {
	struct tfs_config config;
	struct tfs_cache *cache;
	struct tfs_mutex lock; /* protects the members below */
	struct tfs_resource *resources;
	struct remote *remotes;
	struct fake_counts counts;
	unsigned fail_count, fail_reads;
	int fail_code;
	char fail_message[128];
	void (*hook)(void *data);
	void *hook_data;
};

static char *fake_communities[] = { (char *)"default" };

struct tfs_store *fake_store_new(void)
{
	struct tfs_store *store = calloc(1, sizeof(*store));

	tfs_mutex_init(&store->lock);
	store->config.name = (char *)"acme";
	store->config.url = (char *)"http://127.0.0.1/adminapi";
	store->config.communities = fake_communities;
	store->config.n_communities = 1;
	store->config.freshness_ms = 3600000;
	store->config.timeout_ms = 5000;
	if (tfs_cache_new(1 << 30, &store->cache) < 0)
		abort();
	return store;
}

static void remote_free(struct remote *remote)
{
	free(remote->path);
	free(remote->name);
	free(remote->text);
	free(remote);
}

void fake_store_free(struct tfs_store *store)
{
	while (store->remotes) {
		struct remote *remote = store->remotes;

		store->remotes = remote->next;
		remote_free(remote);
	}
	while (store->resources) {
		struct tfs_resource *resource = store->resources;

		store->resources = resource->next;
		free(resource->path);
		free(resource);
	}
	tfs_cache_free(store->cache);
	tfs_mutex_destroy(&store->lock);
	free(store);
}

static struct remote *find_remote(struct tfs_store *store, const char *path, const char *name)
{
	for (struct remote *remote = store->remotes; remote; remote = remote->next)
		if (strcmp(remote->path, path) == 0 && strcmp(remote->name, name) == 0)
			return remote;
	return NULL;
}

void fake_put(struct tfs_store *store, const char *path, const char *name, const char *text)
{
	struct remote *remote = find_remote(store, path, name);

	if (!remote) {
		remote = calloc(1, sizeof(*remote));
		remote->path = strdup(path);
		remote->name = strdup(name);
		remote->next = store->remotes;
		store->remotes = remote;
	}
	free(remote->text);
	remote->text = strdup(text);
}

void fake_drop(struct tfs_store *store, const char *path, const char *name)
{
	for (struct remote **at = &store->remotes; *at; at = &(*at)->next) {
		struct remote *remote = *at;

		if (strcmp(remote->path, path) != 0 || strcmp(remote->name, name) != 0)
			continue;
		*at = remote->next;
		remote_free(remote);
		return;
	}
}

const char *fake_text(struct tfs_store *store, const char *path, const char *name)
{
	const struct remote *remote = find_remote(store, path, name);

	return remote ? remote->text : NULL;
}

void fake_fail(struct tfs_store *store, int code, const char *message, unsigned count)
{
	store->fail_code = code;
	store->fail_count = count;
	snprintf(store->fail_message, sizeof(store->fail_message), "%s", message);
}

void fake_fail_reads(struct tfs_store *store, int code, const char *message, unsigned count)
{
	fake_fail(store, code, message, 0);
	store->fail_reads = count;
}

struct fake_counts fake_counts(struct tfs_store *store)
{
	return store->counts;
}

void fake_reset_counts(struct tfs_store *store)
{
	store->counts = (struct fake_counts){ 0 };
}

void fake_on_save(struct tfs_store *store, void (*hook)(void *data), void *data)
{
	store->hook = hook;
	store->hook_data = data;
}

struct tfs_config *fake_config(struct tfs_store *store)
{
	return &store->config;
}

static int must_fail(struct tfs_store *store, struct tfs_op *op, unsigned *count)
{
	if (*count == 0)
		return 0;
	--*count;
	return tfs_fail(op, store->fail_code, "fake", "%s", store->fail_message);
}

const struct tfs_kind *tfs_resource_kind(const struct tfs_resource *resource)
{
	return resource->kind;
}

const char *tfs_resource_path(const struct tfs_resource *resource)
{
	return resource->path;
}

static const char *scope_name(const struct tfs_scope *scope, const char *kind, size_t len)
{
	for (; scope; scope = scope->parent)
		if (strlen(scope->kind) == len && strncmp(scope->kind, kind, len) == 0)
			return scope->name;
	return "?";
}

/* The directory of a set, the file of a document. */
static char *scope_path(const struct tfs_kind *kind, const struct tfs_scope *scope)
{
	char out[1024];
	size_t used = 0;

	for (const char *c = kind->path; *c != '\0' && strncmp(c, "/{name}", 7) != 0; c++) {
		if (*c == '{') {
			size_t len = strcspn(c + 1, "}");

			used += (size_t)snprintf(out + used, sizeof(out) - used, "%s", scope_name(scope, c + 1, len));
			c += len + 1;
		} else {
			out[used++] = *c;
		}
	}
	out[used] = '\0';
	return strdup(out);
}

int tfs_store_resource(struct tfs_store *store, const struct tfs_kind *kind, const struct tfs_scope *scope,
		       struct tfs_resource **ret)
{
	char *path = scope_path(kind, scope);
	struct tfs_resource *resource;

	tfs_mutex_lock(&store->lock);
	for (resource = store->resources; resource; resource = resource->next)
		if (strcmp(resource->path, path) == 0)
			break;
	if (!resource) {
		resource = calloc(1, sizeof(*resource));
		resource->store = store;
		resource->kind = kind;
		resource->path = strdup(path);
		resource->next = store->resources;
		store->resources = resource;
	}
	tfs_mutex_unlock(&store->lock);
	free(path);
	*ret = resource;
	return 0;
}

static struct tfs_list *open_list(struct tfs_resource *resource)
{
	struct tfs_list *list;

	if (tfs_cache_list(resource->store->cache, resource->path, &list) < 0)
		abort();
	return list;
}

static int fetch(struct tfs_resource *resource, struct tfs_op *op, struct tfs_list *list)
{
	struct tfs_store *store = resource->store;
	struct tfs_doc **docs;
	size_t count = 0;
	int r, other;

	r = tfs_list_fetch_begin(list, op, &other);
	if (r <= 0)
		return r < 0 ? r : other;
	tfs_mutex_lock(&store->lock);
	store->counts.lists++;
	r = must_fail(store, op, &store->fail_reads);
	for (struct remote *remote = store->remotes; remote; remote = remote->next)
		count++;
	docs = calloc(count + 1, sizeof(struct tfs_doc *));
	count = 0;
	for (struct remote *remote = store->remotes; remote && r == 0; remote = remote->next)
		if (strcmp(remote->path, resource->path) == 0)
			docs[count++] = tfs_doc_new(remote->name, "id-1", remote->text, strlen(remote->text),
						    (struct timespec){ 1700000000, 0 });
	tfs_mutex_unlock(&store->lock);
	tfs_list_fetch_end(list, r, tfs_op_error(op), docs, count);
	return r;
}

static uint64_t max_age(const struct tfs_resource *resource, uint64_t max_age_ms)
{
	return max_age_ms == UINT64_MAX ? resource->store->config.freshness_ms : max_age_ms;
}

int tfs_resource_list(struct tfs_resource *resource, struct tfs_op *op, uint64_t max_age_ms, struct tfs_doc ***ret_docs,
		      size_t *ret_count)
{
	struct tfs_list *list = open_list(resource);
	int r = 0;

	if (!tfs_list_fresh(list, max_age(resource, max_age_ms)))
		r = fetch(resource, op, list);
	if (r < 0 && tfs_list_complete(list, NULL)) {
		tfs_error_clear(tfs_op_error(op));
		r = 0;
	}
	if (r == 0)
		r = tfs_list_all(list, ret_docs, ret_count);
	tfs_list_unref(list);
	return r;
}

int tfs_resource_get(struct tfs_resource *resource, struct tfs_op *op, const char *name, uint64_t max_age_ms,
		     struct tfs_doc **ret)
{
	struct tfs_list *list = open_list(resource);
	struct tfs_doc *doc;
	int r = 0;

	if (!tfs_list_fresh(list, max_age(resource, max_age_ms))) {
		tfs_mutex_lock(&resource->store->lock);
		resource->store->counts.gets++;
		tfs_mutex_unlock(&resource->store->lock);
		r = fetch(resource, op, list);
	}
	doc = tfs_list_get(list, name);
	tfs_list_unref(list);
	if (!doc)
		return r < 0 ? r : tfs_fail(op, -ENOENT, "fake", "there is no \"%s\"", name);
	tfs_error_clear(tfs_op_error(op));
	*ret = doc;
	return 0;
}

int tfs_resource_find(struct tfs_resource *resource, struct tfs_op *op, const char *name, uint64_t max_age_ms,
		      struct tfs_doc **ret)
{
	return tfs_resource_get(resource, op, name, max_age_ms, ret);
}

/* Merges top-level members: ours that differ from the base win, unless the server's differ too. */
static int merge(struct tfs_op *op, const char *base, const char *theirs, json_t *ours)
{
	cleanup_json json_t *old = NULL, *now = NULL;
	const char *member;
	json_t *value;

	if (tfs_json_parse(base, strlen(base), &old, NULL) < 0 ||
	    tfs_json_parse(theirs, strlen(theirs), &now, NULL) < 0)
		return tfs_fail(op, -EINVAL, "fake", "no JSON");
	json_object_foreach (now, member, value) {
		json_t *before = json_object_get(old, member), *mine = json_object_get(ours, member);

		if (json_equal(before, value))
			continue;
		if (mine && !json_equal(mine, before) && !json_equal(mine, value))
			return tfs_fail(op, -ESTALE, "fake", "changed on both sides: %s", member);
		json_object_set(ours, member, value);
	}
	return 0;
}

static int save_locked(struct tfs_resource *resource, struct tfs_op *op, const char *name, struct tfs_doc *base,
		       json_t *value)
{
	struct tfs_store *store = resource->store;
	const char *theirs = fake_text(store, resource->path, name);
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(1 << 20);
	int r = must_fail(store, op, &store->fail_count);

	if (r == 0 && !base && theirs)
		r = tfs_fail(op, -EEXIST, "fake", "there is one");
	if (r == 0 && base && !theirs)
		r = tfs_fail(op, -ENOENT, "fake", "it is gone");
	if (r == 0 && base)
		r = merge(op, base->data, theirs, value);
	if (r == 0)
		r = tfs_json_print_document(value, &out);
	if (r == 0 && (!theirs || strcmp(theirs, out.data) != 0)) {
		store->counts.saves++;
		fake_put(store, resource->path, name, out.data);
	}
	return r;
}

char *tfs_resource_text_of(struct tfs_resource *resource, struct tfs_op *op, const char *name, const char *text,
			   size_t len)
{
	(void)resource;
	(void)op;
	(void)name;
	(void)text;
	(void)len;
	return NULL;
}

int tfs_resource_save(struct tfs_resource *resource, struct tfs_op *op, const char *name, struct tfs_doc *base,
		      const char *text, size_t len, struct tfs_doc **ret)
{
	struct tfs_store *store = resource->store;
	cleanup_json json_t *value = NULL;
	struct tfs_doc *doc cleanup_doc = NULL;
	struct tfs_list *list;
	const char *now;
	int r = tfs_json_parse(text, len, &value, tfs_op_error(op));

	if (r < 0)
		return r;
	if (!json_is_object(value))
		return tfs_fail(op, -EINVAL, "fake", "not an object");
	if (store->hook)
		store->hook(store->hook_data);
	tfs_mutex_lock(&store->lock);
	r = save_locked(resource, op, name, base, value);
	now = r == 0 ? fake_text(store, resource->path, name) : NULL;
	if (now)
		doc = tfs_doc_new(name, "id-1", now, strlen(now), (struct timespec){ 1700000001, 0 });
	tfs_mutex_unlock(&store->lock);
	if (r < 0)
		return r;
	list = open_list(resource);
	r = tfs_list_put(list, doc, ret);
	tfs_list_unref(list);
	return r;
}

int tfs_resource_remove(struct tfs_resource *resource, struct tfs_op *op, const char *name)
{
	struct tfs_list *list = open_list(resource);
	int r = must_fail(resource->store, op, &resource->store->fail_count);

	if (r == 0) {
		resource->store->counts.removes++;
		fake_drop(resource->store, resource->path, name);
		tfs_list_drop(list, name);
	}
	tfs_list_unref(list);
	return r;
}

int tfs_resource_rename(struct tfs_resource *resource, struct tfs_op *op, const char *from, const char *to,
			struct tfs_doc **ret)
{
	struct tfs_store *store = resource->store;
	struct tfs_list *list;
	struct tfs_doc *doc cleanup_doc = NULL;
	int r = must_fail(store, op, &store->fail_count);

	if (r < 0)
		return r;
	store->counts.renames++;
	fake_put(store, resource->path, to, fake_text(store, resource->path, from));
	fake_drop(store, resource->path, from);
	list = open_list(resource);
	tfs_list_drop(list, from);
	doc = tfs_doc_new(to, "id-1", fake_text(store, resource->path, to),
			  strlen(fake_text(store, resource->path, to)), (struct timespec){ 1700000002, 0 });
	r = tfs_list_put(list, doc, ret);
	tfs_list_unref(list);
	return r;
}

void tfs_store_refresh(struct tfs_store *store, const char *path)
{
	tfs_mutex_lock(&store->lock);
	store->counts.refreshes++;
	for (struct tfs_resource *resource = store->resources; resource; resource = resource->next) {
		struct tfs_list *list;

		if (strncmp(resource->path, path, strlen(path)) != 0)
			continue;
		list = open_list(resource);
		tfs_list_invalidate(list);
		tfs_list_unref(list);
	}
	tfs_mutex_unlock(&store->lock);
}

bool tfs_store_knows_secret(struct tfs_store *store, const char *digest)
{
	(void)store;
	(void)digest;
	return false;
}

struct tfs_api *tfs_store_api(struct tfs_store *store)
{
	(void)store;
	return NULL;
}

const struct tfs_config *tfs_store_config(struct tfs_store *store)
{
	return &store->config;
}

struct tfs_cache *tfs_store_cache(struct tfs_store *store)
{
	return store->cache;
}

struct tfs_drafts *tfs_store_drafts(struct tfs_store *store)
{
	(void)store;
	return NULL;
}

json_t *tfs_store_pending_json(struct tfs_store *store)
{
	(void)store;
	return json_array();
}

/* A resource lives as long as the store: its address finds it again. */
json_t *tfs_resource_where(const struct tfs_resource *resource, const char *name)
{
	return json_pack("{s:I, s:s}", "resource", (json_int_t)(intptr_t)resource, "name", name);
}

int tfs_store_find(struct tfs_store *store, const json_t *where, struct tfs_resource **ret, const char **ret_name)
{
	(void)store;
	*ret = (struct tfs_resource *)(intptr_t)json_integer_value(json_object_get(where, "resource"));
	*ret_name = tfs_json_text(where, "name");
	return 0;
}

int tfs_store_call(struct tfs_store *store, struct tfs_op *op, const struct tfs_endpoint *endpoint,
		   const char *community, const json_t *request, json_t **ret)
{
	int r = must_fail(store, op, &store->fail_count);

	(void)community;
	store->counts.calls++;
	if (r < 0)
		return r;
	if (json_object_get(request, "refuse"))
		*ret = json_pack("{s:i, s:{s:s}}", "status", 409, "body", "message", "it is locked already");
	else
		*ret = json_pack("{s:i, s:{s:s, s:O}}", "status", 200, "body", "asked", endpoint->slug, "request",
				 request);
	return *ret ? 0 : -ENOMEM;
}

void tfs_api_get_stats(struct tfs_api *api, struct tfs_api_stats *ret)
{
	(void)api;
	*ret = (struct tfs_api_stats){ .calls = 7, .reachable = true };
}

json_t *tfs_api_odd_records(struct tfs_api *api)
{
	(void)api;
	return json_array();
}

int tfs_document_schema(const struct tfs_kind *kind, json_t **ret)
{
	*ret = json_pack("{s:s}", "title", kind->name);
	return 0;
}

int tfs_document_template(const struct tfs_kind *kind, const struct tfs_variant *variant, json_t **ret)
{
	*ret = json_pack("{s:s}", "name", kind->name);
	return !variant ? 0 : json_object_set_new(*ret, "type", json_string(variant->name));
}

const struct tfs_variant *tfs_document_variant(const struct tfs_kind *kind, const char *file)
{
	return kind->n_types > 0 && strcmp(file, ".template-wide.json") == 0 ? &kind->types[0] : NULL;
}

json_t *tfs_store_gates(struct tfs_store *store)
{
	(void)store;
	return json_pack("{s:{s:i}, s:[]}", "refused", "removals", 2, "allowed");
}

json_t *tfs_store_feed_status(struct tfs_store *store)
{
	(void)store;
	return json_pack("{s:i}", "polls", 3);
}

int tfs_document_write_only(const struct tfs_kind *kind, tfs_document_member each, void *context)
{
	for (size_t i = 0; i < kind->n_fields; i++)
		if (kind->fields[i].write_only)
			return each(context, &kind->fields[i], "/write-only");
	return 0;
}
