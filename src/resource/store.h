/* What the files of resources share: the store, a resource, how an endpoint is called for it. */
#ifndef TENANTFS_RESOURCE_STORE_H
#define TENANTFS_RESOURCE_STORE_H

#include <pthread.h>

#include "member.h"
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
};

struct tfs_store {
	const struct tfs_config *config;
	struct tfs_api *api;
	struct tfs_cache *cache;
	struct tfs_calls calls;
	unsigned char digest_key[TFS_DIGEST_KEY];
	atomic_uint_fast64_t away_until_ms; /* the server did not answer lately: what was seen is served at once */
	pthread_mutex_t lock;               /* of `resources`; nothing else is locked or called under it */
	struct tfs_resource *resources;     /* by key */
};

/* To be called before the store is used. */
void tfs_store_set_calls(struct tfs_store *store, const struct tfs_calls *calls);

/* Who works on an object of a resource, and who waits to. */
struct slot;
struct slots {
	pthread_mutex_t lock; /* of `held`; a leaf */
	struct slot *held;
};

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

/* One at a time works on `name`; others wait within their op. 0, -EINTR, -ETIMEDOUT, -ENOMEM. */
int slot_enter(struct slots *slots, struct tfs_op *op, const char *name);
void slot_leave(struct slots *slots, const char *name);

/* Names and ids of referenced objects for one conversion after the other. */
struct resolver {
	struct tfs_resource *resource;
	struct tfs_op *op;
	const char *kind; /* whose documents are in `docs` */
	struct tfs_doc **docs;
	size_t count;
	struct tfs_document_context context;
};
void resolver_init(struct resolver *resolver, struct tfs_resource *resource, struct tfs_op *op);
void resolver_finish(struct resolver *resolver);

/* What an argument template is filled with; all borrowed, what is not known NULL. */
struct expansion {
	struct tfs_resource *resource;
	struct tfs_op *op;
	const struct tfs_document_context *context;
	const char *id, *name;     /* raw */
	const json_t *new, *old;   /* documents */
	const json_t *record;      /* the server's */
	json_int_t page;           /* index */
};
/* The object of path, query and body. Yours. */
int step_expand(const struct tfs_step *step, const struct expansion *with, json_t **ret);
/* Whether the template asks for "$new.MEMBER". */
bool step_mentions(const struct tfs_step *step, const char *prefix, const char *member);
/* Expands and calls; finish `ret`. */
int step_call(const struct tfs_step *step, const struct expansion *with, struct tfs_api_answer *ret);
/* Calls with `args` as step_expand made them. */
int step_send(struct tfs_resource *resource, struct tfs_op *op, const struct tfs_step *step, const json_t *args,
	      struct tfs_api_answer *ret);

/* Makes documents of records, one after the other, in one buffer. */
struct maker {
	struct tfs_resource *resource;
	struct tfs_op *op;
	struct resolver resolver;
	struct tfs_buf text;
	struct timespec now;
};
void maker_init(struct maker *maker, struct tfs_resource *resource, struct tfs_op *op);
void maker_finish(struct maker *maker);
/*
 * The document of a record; `name` (may be NULL) where the record does not say
 * its name itself. Yours. -EINVAL: nothing a file could be made of, to be left out.
 */
int maker_make(struct maker *maker, const json_t *record, const char *name, struct tfs_doc **ret);
/* A document that is no JSON. */
int maker_make_raw(struct maker *maker, const struct tfs_api_answer *answer, const char *name, struct tfs_doc **ret);
/* File name and id of a record, yours; -EINVAL when it has neither. */
int record_name_of(const struct tfs_kind *kind, const json_t *record, char **ret_name, char **ret_id);

/* Growing array of documents. */
struct docs {
	struct tfs_doc **all;
	size_t count, room, bytes, ceiling;
};
/* Takes the reference over, on failure too. -ENOMEM, -EFBIG past the ceiling. */
int docs_add(struct docs *docs, struct tfs_doc *doc);
void docs_finish(struct docs *docs);
/* Sorts by name; objects of one name get the end of their id, the same object twice goes. */
int docs_distinct(struct docs *docs);

/* One object as the server has it now. */
struct object {
	struct tfs_doc *doc;
	json_t *record;
};
void object_finish(struct object *object);

/*
 * Reads the object anew: look-up, or the list. `id` ("" or NULL: any) tells it
 * from others of its name. What was read is put into the cache. -ENOENT when it is not there.
 */
int object_read(struct tfs_resource *resource, struct tfs_op *op, const char *name, const char *id,
		struct object *ret);
/* Lists anew and shares it; the leader's part. `want_id`, `want_name`: the record to keep, where `ret` is not NULL. */
int list_fetch(struct tfs_resource *resource, struct tfs_op *op, const char *want_name, const char *want_id,
	       struct object *ret);

uint64_t resource_max_age(const struct tfs_resource *resource, uint64_t max_age_ms);
/* A failure that says nothing of the object: what was seen may be served. */
bool is_away(int code);
void store_away(struct tfs_store *store);
bool store_is_away(struct tfs_store *store);

/* Marks what hangs on an object that was changed (its ".d" directory) as no longer fresh. */
void store_touch_below(struct tfs_store *store, const char *path, const char *name);
/* As tfs_resource_get for one who holds the name's slot. */
int resource_get_held(struct tfs_resource *resource, struct tfs_op *op, const char *name, uint64_t max_age_ms,
		      struct tfs_doc **ret);

/* One save on its way: the versions, the difference, what was sent. */
struct save {
	struct tfs_resource *resource;
	struct tfs_op *op;
	struct resolver resolver;
	const char *name;     /* file name */
	char *raw_name;
	json_t *ours;         /* document that shall be */
	json_t *theirs;       /* document the server has; empty while there is none */
	json_t *changed;      /* names of the top-level members that differ */
	struct object object; /* as read; nothing while there is none */
	json_t *record;       /* the server's, with what was sent and answered since */
	json_t *sent;         /* object: the members some call carried */
	struct tfs_buf done;  /* their names, for the message when a later call fails */
};
void save_init(struct save *save, struct tfs_resource *resource, struct tfs_op *op, const char *name);
void save_finish(struct save *save);
/* Makes `object` what the server has: takes it over. */
int save_know(struct save *save, struct object *object);
/* Computes `changed`. */
int save_compare(struct save *save);
/* Makes `object` and `record` the version that stands: into the cache. */
int save_settle(struct save *save, struct tfs_doc **ret);

/* Whether the step has a place for the member; whether it is made for the present difference. */
bool step_carries(const struct tfs_kind *kind, const struct tfs_step *step, const char *member);
bool step_applies(const struct save *save, const struct tfs_step *step);
/* Makes one call; notes what it carried. `ret_answer` (may be NULL) gets the record it answered with, or NULL. */
int step_run(struct save *save, const struct tfs_step *step, json_t **ret_answer);
/* Every step that applies, in order. What none carries is an error, told before the first call. */
int steps_run(struct save *save, const struct tfs_step *steps, size_t count);

int save_create(struct save *save, const char *text, size_t len, struct tfs_doc **ret);
/* Unknown members that others of the kind have: the server's, and no mistake in a copy. Yours; NULL: none. */
json_t *known_members(struct tfs_resource *resource);

#endif
