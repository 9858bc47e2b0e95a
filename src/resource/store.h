/* The members of a store and of a resource, and the functions that all files here share. */
#ifndef TENANTFS_RESOURCE_STORE_H
#define TENANTFS_RESOURCE_STORE_H

#include "document/member.h"
#include "name-lock.h"
#include "own-writes.h"
#include "tenantfs/hash.h"
#include "tenantfs/lock.h"
#include "tenantfs/resource.h"

/* Calls of the API; tests replace them. */
struct tfs_calls {
	int (*call)(struct tfs_api *api, struct tfs_op *op, const struct tfs_api_call *call,
		    struct tfs_api_answer *ret);
	int (*call_raw)(struct tfs_api *api, struct tfs_op *op, const struct tfs_api_call *call,
			struct tfs_api_answer *ret);
	int (*community)(struct tfs_api *api, struct tfs_op *op, const char *name, const struct tfs_community **ret);
	int (*user)(struct tfs_api *api, struct tfs_op *op, char **ret);
	int (*license)(struct tfs_api *api, struct tfs_op *op, char **ret);
};

/* Reads of other objects that a row may need. A table, since the code that reads uses the code of the rows. */
struct store_reads {
	int (*find)(struct tfs_resource *resource, struct tfs_op *op, const char *name, uint64_t max_age_ms,
		    struct tfs_doc **ret);
	int (*list)(struct tfs_resource *resource, struct tfs_op *op, uint64_t max_age_ms, struct tfs_doc ***ret_docs,
		    size_t *ret_count);
	/* Reads the audit log of a community, to learn of others' changes; NULL: nobody does. */
	int (*poll)(struct tfs_store *store, struct tfs_op *op, const char *community);
};

struct audit;
struct removed_secrets;
struct unread;
struct short_lists;
struct tfs_writer;

struct tfs_store {
	const struct tfs_config *config;
	struct tfs_api *api;
	struct tfs_cache *cache;
	struct tfs_calls calls;
	struct store_reads reads;
	struct audit *audit;
	struct removed_secrets *removed_secrets;
	struct unread *unread;
	struct short_lists *short_lists;
	struct tfs_writer *writer; /* of src/change/; NULL: nothing is written */
	unsigned char digest_key[TFS_DIGEST_KEY];
	/* The server did not answer lately: until then cached documents are served. */
	atomic_uint_fast64_t away_until_ms;
	struct tfs_mutex lock;          /* of `resources`; only locks of the cache are taken under it */
	struct tfs_resource *resources; /* by key */
};

/* To be called before the store is used. */
void tfs_store_set_calls(struct tfs_store *store, const struct tfs_calls *calls);

struct tfs_resource {
	struct tfs_store *store;
	const struct tfs_kind *kind;
	UT_hash_handle hh;
	struct tfs_scope *scope; /* copied chain; NULL at the top */
	struct tfs_list *list;
	struct name_locks name_locks;
	struct own_writes own;
	char *path;
	char *community; /* raw name of the community it belongs to, or the configured one */
	char *doc_name;  /* file name of the only document; NULL for sets */
	bool refers;     /* some member refers to another object */
	char key[];
};

/* Fills {placeholders} of a kind's path; the directory for a set. Yours. -EINVAL when the scope lacks one. */
int resource_path_fill(const struct tfs_kind *kind, const struct tfs_scope *scope, char **ret);
int resource_scope_copy(const struct tfs_scope *scope, struct tfs_scope **ret);
void resource_scope_free(struct tfs_scope *scope);
const struct tfs_scope *resource_scope_find(const struct tfs_scope *scope, const char *kind);
/* The unescaped form of a file name, or the file name itself if it cannot be unescaped. Yours. */
int resource_name_raw(const char *name, char **ret);

enum { DAYS_KEPT = 90 }; /* the service's reports reach back as far */
/* Whether the kind can have an object of that name. */
bool resource_name_fits(const struct tfs_kind *kind, const char *name);

/* Path of a document from the mount's root; yours, NULL when out of memory. */
char *resource_document_path(const struct tfs_resource *resource, const char *name);
/* The greatest age in ms; `max_age_ms` UINT64_MAX: the kind's, else the configured one (freshness.c). */
uint64_t resource_max_age(const struct tfs_resource *resource, uint64_t max_age_ms);
/* Whether the error says nothing about the object, so that a cached document may be served. */
bool resource_is_unreachable(int code);
/* After a call that failed with `code`: whether the server may have done it. False only for a clear refusal. */
bool resource_outcome_unknown(struct tfs_op *op, int code);
void resource_store_set_away(struct tfs_store *store);
bool resource_store_is_away(struct tfs_store *store);

/* Invalidates the lists below an object that was changed (in its ".d" directory). */
void resource_store_invalidate_children(struct tfs_store *store, const char *path, const char *name);
/* Invalidates the lists of other kinds in the same community that come from the same list call. */
void resource_store_invalidate_related(struct tfs_store *store, const struct tfs_resource *of);
/* Invalidates what shows names of objects of this kind, after one got another name. Runs the cache's watchers. */
void resource_store_invalidate_referring(struct tfs_store *store, const struct tfs_resource *to);
/* As tfs_resource_get, for a caller that has locked the name. */
int resource_get_locked(struct tfs_resource *resource, struct tfs_op *op, const char *name, uint64_t max_age_ms,
			struct tfs_doc **ret);

#endif
