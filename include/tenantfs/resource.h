/* Reading: the documents of a kind at a place, listed and read through the catalogue's rows. */
#ifndef TENANTFS_RESOURCE_H
#define TENANTFS_RESOURCE_H

#include "tenantfs/api.h"
#include "tenantfs/cache.h"
#include "tenantfs/catalogue.h"
#include "tenantfs/op.h"

/* All resources of a tenant. Thread-safe. */
struct tfs_store;

/* Borrows config, api and cache, which must outlive it. Makes the digest key in the state folder when there is none. */
int tfs_store_new(const struct tfs_config *config, struct tfs_api *api, struct tfs_cache *cache, struct tfs_store **ret,
		  struct tfs_error *error);
void tfs_store_free(struct tfs_store *store);

/* The objects a path runs through: communities/default/users/Staff → community "default", auth-module "Staff". */
struct tfs_scope {
	const struct tfs_scope *parent; /* borrowed; NULL at the top */
	const char *kind;               /* "community" or a kind's name */
	const char *name;               /* file name of the object, without ".json" */
};

/* One kind at one place. Shared, and freed with the store. */
struct tfs_resource;
int tfs_store_resource(struct tfs_store *store, const struct tfs_kind *kind, const struct tfs_scope *scope,
		       struct tfs_resource **ret);
const struct tfs_kind *tfs_resource_kind(const struct tfs_resource *resource);
/* The directory of a set ("communities/default/users/Staff"), or the file. The key of its list in the cache. */
const char *tfs_resource_path(const struct tfs_resource *resource);

/*
 * All documents, fetched again if the list is older than `max_age_ms` (UINT64_MAX: the kind's freshness; 0:
 * always). If the server is down a stale list is returned with 0; -EIO and the like only if it was never read.
 * A set the API cannot list is empty, though its objects can be read by name. Documents may be short
 * (TFS_DOC_SHORT). Free with tfs_docs_free.
 */
int tfs_resource_list(struct tfs_resource *resource, struct tfs_op *op, uint64_t max_age_ms, struct tfs_doc ***ret_docs,
		      size_t *ret_count);

/* One document by file name; -ENOENT. Costs at most one call if the kind has a look-up. Yours. */
int tfs_resource_get(struct tfs_resource *resource, struct tfs_op *op, const char *name, uint64_t max_age_ms,
		     struct tfs_doc **ret);
/*
 * The same for callers that need the id and the existence alone: a short version of a document will do. It costs no
 * call for the object where the list has it.
 */
int tfs_resource_find(struct tfs_resource *resource, struct tfs_op *op, const char *name, uint64_t max_age_ms,
		      struct tfs_doc **ret);
/* After list (`name` NULL) or get: whether the result was stale because the server is down. */
bool tfs_resource_was_stale(struct tfs_resource *resource, const char *name, uint64_t max_age_ms);

/*
 * The address of a document as JSON (yours, NULL when out of memory), and the reverse; `*ret_name` is borrowed
 * from it.
 */
json_t *tfs_resource_where(const struct tfs_resource *resource, const char *name);
int tfs_store_find(struct tfs_store *store, const json_t *where, struct tfs_resource **ret, const char **ret_name);

/*
 * Whether the text at a path of the mount (NULL: that there is none any more) is what the server made of a change by
 * this mount; `*ret_uid` is the user who made it.
 */
bool tfs_store_own_form(struct tfs_store *store, const char *path, const char *text, uid_t *ret_uid);
/* Whether the secret of a digest is remembered from a removed object. */
bool tfs_store_knows_secret(struct tfs_store *store, const char *digest);
/* Invalidates everything at, above and below `path` ("": everything). */
void tfs_store_refresh(struct tfs_store *store, const char *path);
struct tfs_api *tfs_store_api(struct tfs_store *store);
const struct tfs_config *tfs_store_config(struct tfs_store *store);
struct tfs_cache *tfs_store_cache(struct tfs_store *store);

#endif
