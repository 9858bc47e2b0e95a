/* Remembered documents: as text, counted, with their age. */
#ifndef TENANTFS_CACHE_H
#define TENANTFS_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "tenantfs/cleanup.h"
#include "tenantfs/op.h"

/* One version of one document. Immutable and shared; ref and unref from any thread. */
struct tfs_doc {
	atomic_uint refs;
	uint16_t name_len;     /* of `name` */
	atomic_bool stale;     /* to be asked for again, whatever its age */
	uint64_t generation;   /* unique in this process, rises with each version */
	struct timespec mtime; /* the server's where there is one, else when these bytes were first seen */
	atomic_uint_fast64_t fetched_ms; /* tfs_clock_ms of the answer it came in or was confirmed by */
	size_t len;                      /* of the text */
	const char *name;                /* file name, without ".json" */
	const char *id;
	char data[]; /* text, NUL, name, NUL, id, NUL */
};

/* Ref count 1; copies its arguments. NULL when out of memory. */
struct tfs_doc *tfs_doc_new(const char *name, const char *id, const char *text, size_t len,
			    struct timespec mtime);
struct tfs_doc *tfs_doc_ref(struct tfs_doc *doc);
void tfs_doc_unref(struct tfs_doc *doc);
#define cleanup_doc TFS_CLEANUP(tfs_cleanup_doc)
TFS_DEFINE_CLEANUP(doc, struct tfs_doc *, tfs_doc_unref)
/* At most `max_age_ms` old (0: never), and nobody said that it must be asked for again. */
bool tfs_doc_fresh(const struct tfs_doc *doc, uint64_t max_age_ms);

/*
 * What a cache tells its owner of, outside all locks: the named document of a
 * list is new (old NULL), other or gone (new NULL). That a list was dropped for
 * want of room is not told: its objects are still there. The same twice: see tfs_list_notify_stale.
 */
typedef void (*tfs_cache_changed)(void *context, const char *list, struct tfs_doc *old, struct tfs_doc *new);

struct tfs_list;
/* A list that was not complete was listed. */
typedef void (*tfs_cache_listed)(void *context, const char *key, struct tfs_list *list);

struct tfs_cache_watcher {
	tfs_cache_changed changed;
	tfs_cache_listed listed; /* may be NULL */
	void *context;
};

struct tfs_cache;
/* `ceiling`: bytes; past it the least recently used lists are dropped whole. */
int tfs_cache_new(size_t ceiling, struct tfs_cache **ret);
void tfs_cache_free(struct tfs_cache *cache);
/*
 * Adds one who is told, in the order they were added; copies it. -ENOSPC past a handful. Not from within
 * a watcher.
 */
int tfs_cache_watch(struct tfs_cache *cache, const struct tfs_cache_watcher *watcher);
/* No longer tells the one of that context; waits for what it is being told. The caller holds no lock it needs. */
void tfs_cache_unwatch(struct tfs_cache *cache, const void *context);
size_t tfs_cache_bytes(struct tfs_cache *cache);
size_t tfs_cache_documents(struct tfs_cache *cache);

/* A list of documents under a key (the directory's path); made empty and incomplete when new. Counted. */
int tfs_cache_list(struct tfs_cache *cache, const char *key, struct tfs_list **ret);
void tfs_list_unref(struct tfs_list *list);

/* The document of that file name, or NULL. Yours. */
struct tfs_doc *tfs_list_get(struct tfs_list *list, const char *name);
/*
 * Puts a version in the place of the one of its name; the same bytes of the same
 * object keep the old version, its time renewed. `doc` stays yours; `ret_doc`
 * (may be NULL) is yours too: the version that stands. -ENOMEM.
 */
int tfs_list_put(struct tfs_list *list, struct tfs_doc *doc, struct tfs_doc **ret_doc);
void tfs_list_drop(struct tfs_list *list, const char *name);
/* All of it in name order: the snapshot is an array of counted documents. -ENOMEM. Free with tfs_docs_free.
 */
int tfs_list_all(struct tfs_list *list, struct tfs_doc ***ret_docs, size_t *ret_count);
void tfs_docs_free(struct tfs_doc **docs, size_t count);

/* True when the last complete listing is at most `max_age_ms` old (0: never) and not stale. */
bool tfs_list_fresh(struct tfs_list *list, uint64_t max_age_ms);
/* Listed completely and not dropped since; `ret_age_ms` may be NULL. */
bool tfs_list_complete(struct tfs_list *list, uint64_t *ret_age_ms);
/* Neither the list nor its documents are fresh any more; what was seen stays, and stays complete. */
void tfs_list_invalidate(struct tfs_list *list);

/* Tells the watcher that a document (NULL: any of the list) may be another by now: with it as old and as new one. */
void tfs_list_notify_stale(struct tfs_list *list, struct tfs_doc *doc);

/*
 * Shares a fetch under way: the first caller gets 1 and must call
 * tfs_list_fetch_end; the others wait and get 0 with its outcome in `*ret_result`
 * (its error in their op), or -EINTR, -ETIMEDOUT. When the first gives up (-EINTR,
 * -ETIMEDOUT) one of the others gets 1 in its place.
 */
int tfs_list_fetch_begin(struct tfs_list *list, struct tfs_op *op, int *ret_result);
/*
 * `result` 0: `docs` (taken over, sorted or not) are now all there is; those not among them are dropped.
 * Names put or dropped since tfs_list_fetch_begin stay as they are: that is newer. Else what stood stands.
 * `docs` is taken over in any case. `error` is handed to those who wait (may be NULL).
 */
void tfs_list_fetch_end(struct tfs_list *list, int result, const struct tfs_error *error, struct tfs_doc **docs,
		      size_t count);

#endif
