/* What the files of resources share: the store, a resource, how an endpoint is called for it. */
#ifndef TENANTFS_RESOURCE_STORE_H
#define TENANTFS_RESOURCE_STORE_H

#include <pthread.h>

#include "document/member.h"
#include "name-lock.h"
#include "tenantfs/hash.h"
#include "tenantfs/resource.h"

/* The way out; tests put another one in. */
struct tfs_calls {
	int (*call)(struct tfs_api *api, struct tfs_op *op, const struct tfs_api_call *call,
		    struct tfs_api_answer *ret);
	int (*call_raw)(struct tfs_api *api, struct tfs_op *op, const struct tfs_api_call *call,
			struct tfs_api_answer *ret);
	int (*community)(struct tfs_api *api, struct tfs_op *op, const char *name,
			 const struct tfs_community **ret);
	int (*user)(struct tfs_api *api, struct tfs_op *op, char **ret);
	int (*license)(struct tfs_api *api, struct tfs_op *op, char **ret);
};

/* Reads that a row may need of another object. A table: reading stands above the rows. */
struct store_reads {
	int (*get)(struct tfs_resource *resource, struct tfs_op *op, const char *name, uint64_t max_age_ms,
		   struct tfs_doc **ret);
	int (*list)(struct tfs_resource *resource, struct tfs_op *op, uint64_t max_age_ms, struct tfs_doc ***ret_docs,
		    size_t *ret_count);
};

struct audit;
struct tfs_writer;

struct tfs_store {
	const struct tfs_config *config;
	struct tfs_api *api;
	struct tfs_cache *cache;
	struct tfs_calls calls;
	struct store_reads reads;
	struct audit *audit;
	struct tfs_writer *writer; /* of src/change/; NULL: nothing is written */
	unsigned char digest_key[TFS_DIGEST_KEY];
	atomic_uint_fast64_t
		away_until_ms; /* the server did not answer lately: what was seen is served at once */
	pthread_mutex_t lock;  /* of `resources`; only locks of the cache are taken under it */
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
	struct slots slots;
	char *path;
	char *community; /* raw name of the community it belongs to, or the configured one */
	char *doc_name;  /* of a document's only one; NULL for sets */
	bool refers;     /* some member shows another object's name */
	char key[];
};

/* Fills {placeholders} of a kind's path; the directory for a set. Yours. -EINVAL when the scope lacks one. */
int path_expand(const struct tfs_kind *kind, const struct tfs_scope *scope, char **ret);
int scope_copy(const struct tfs_scope *scope, struct tfs_scope **ret);
void scope_free(struct tfs_scope *scope);
const struct tfs_scope *scope_find(const struct tfs_scope *scope, const char *kind);
/* What a file name stands for: unescaped, or as it is where that cannot be. Yours. */
int name_raw(const char *name, char **ret);

enum { DAYS_KEPT = 90 }; /* the service's reports reach back as far */
/* Whether the kind has objects of such a name at all. */
bool name_fits(const struct tfs_kind *kind, const char *name);

/* Path of a document from the mount's root; yours, NULL when out of memory. */
char *document_path(const struct tfs_resource *resource, const char *name);
uint64_t resource_max_age(const struct tfs_resource *resource, uint64_t max_age_ms);
/* A failure that says nothing of the object: what was seen may be served. */
bool is_away(int code);
/* After a call that failed with `code`: the server may have done it all the same. False only for a clear refusal. */
bool outcome_unknown(struct tfs_op *op, int code);
void store_away(struct tfs_store *store);
bool store_is_away(struct tfs_store *store);

/* Marks what hangs on an object that was changed (its ".d" directory) as no longer fresh. */
void store_touch_below(struct tfs_store *store, const char *path, const char *name);
/* What other kinds of its community have of the call that tells of this one is to be asked for again. */
void store_touch_alike(struct tfs_store *store, const struct tfs_resource *of);
/* As tfs_resource_get for one who holds the name's slot. */
int resource_get_held(struct tfs_resource *resource, struct tfs_op *op, const char *name, uint64_t max_age_ms,
		      struct tfs_doc **ret);

#endif
