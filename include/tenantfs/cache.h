/* Cached documents: reference counted texts with their age, in lists. */
#ifndef TENANTFS_CACHE_H
#define TENANTFS_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "tenantfs/cleanup.h"
#include "tenantfs/op.h"

/* SHORT: of a list that lacks members. COMPLETE: read by its id for that reason. */
enum tfs_doc_origin { TFS_DOC_READ, TFS_DOC_SHORT, TFS_DOC_COMPLETE };

/* One version of one document. Immutable and shared; ref and unref from any thread. */
struct tfs_doc {
	atomic_uint refs;
	uint16_t name_len;                /* of `name` */
	atomic_bool stale;                /* must be fetched again, whatever its age */
	uint8_t origin;                   /* enum tfs_doc_origin; set before others see it */
	bool appeared;                    /* SHORT: the complete list before did not have it; set under its lock */
	uint64_t generation;              /* unique in this process, rises with each version */
	struct timespec mtime;            /* the server's where there is one, else when these bytes were first seen */
	atomic_uint_fast64_t fetched_ms;  /* tfs_clock_ms of the answer it came in or was confirmed by */
	atomic_uint_fast64_t listed_hash; /* COMPLETE: of the text that the list makes of it; 0: unknown */
	size_t len;                       /* of the text */
	const char *name;                 /* file name, without ".json" */
	const char *id;
	char data[]; /* text, NUL, name, NUL, id, NUL */
};

/* Ref count 1; copies its arguments. NULL when out of memory. */
struct tfs_doc *tfs_doc_new(const char *name, const char *id, const char *text, size_t len, struct timespec mtime);
struct tfs_doc *tfs_doc_ref(struct tfs_doc *doc);
void tfs_doc_unref(struct tfs_doc *doc);
#define cleanup_doc TFS_CLEANUP(tfs_cleanup_doc)
TFS_DEFINE_CLEANUP(doc, struct tfs_doc *, tfs_doc_unref)
/* True when at most `max_age_ms` old (0: never) and not stale. */
bool tfs_doc_fresh(const struct tfs_doc *doc, uint64_t max_age_ms);

/*
 * Called outside all locks when the document of a name in a list is new (old NULL), changed, or gone (new NULL).
 * old == new: stale, not changed (tfs_list_notify_stale). Eviction is not reported: the objects still exist.
 */
typedef void (*tfs_cache_changed)(void *context, const char *list, struct tfs_doc *old, struct tfs_doc *new);

struct tfs_list;
/* The list has become complete. */
typedef void (*tfs_cache_listed)(void *context, const char *key, struct tfs_list *list);

struct tfs_cache_watcher {
	tfs_cache_changed changed;
	tfs_cache_listed listed; /* may be NULL */
	void *context;
};

struct tfs_cache;
/* Past `ceiling` bytes the least recently used lists are emptied. */
int tfs_cache_new(size_t ceiling, struct tfs_cache **ret);
void tfs_cache_free(struct tfs_cache *cache);
/*
 * Adds a copy of `watcher`; watchers run in the order they were added. -ENOSPC when there are too many. Not
 * to be called from a watcher.
 */
int tfs_cache_watch(struct tfs_cache *cache, const struct tfs_cache_watcher *watcher);
/*
 * Removes the watcher with that context, after waiting for its calls under way. The caller holds no lock the
 * watcher takes.
 */
void tfs_cache_unwatch(struct tfs_cache *cache, const void *context);
size_t tfs_cache_bytes(struct tfs_cache *cache);
size_t tfs_cache_documents(struct tfs_cache *cache);

/* The list of a key (a directory's path), counted; a new one is empty and incomplete. -ENOMEM. */
int tfs_cache_list(struct tfs_cache *cache, const char *key, struct tfs_list **ret);
void tfs_list_unref(struct tfs_list *list);

/* The document of that file name, or NULL. The caller owns the reference. */
struct tfs_doc *tfs_list_get(struct tfs_list *list, const char *name);
/*
 * Replaces the version of this name. Same object and same bytes: the old version stays, with the new age. One that
 * is stale stays so.
 * `*ret_doc` (may be NULL) is the version now in the list; the caller owns the reference. -ENOMEM.
 */
int tfs_list_put(struct tfs_list *list, struct tfs_doc *doc, struct tfs_doc **ret_doc);
void tfs_list_drop(struct tfs_list *list, const char *name);
/* A snapshot in name order: an array of counted documents, to be freed with tfs_docs_free. -ENOMEM. */
int tfs_list_all(struct tfs_list *list, struct tfs_doc ***ret_docs, size_t *ret_count);
void tfs_docs_free(struct tfs_doc **docs, size_t count);

/* True when the last complete listing is at most `max_age_ms` old (0: never) and not stale. */
bool tfs_list_fresh(struct tfs_list *list, uint64_t max_age_ms);
/* True when listed completely and not evicted since; `ret_age_ms` may be NULL. */
bool tfs_list_complete(struct tfs_list *list, uint64_t *ret_age_ms);
/* Marks the list and its documents stale. Contents and completeness stay. */
void tfs_list_invalidate(struct tfs_list *list);

/* Notifies watchers that `doc` (NULL: any document of the list) may have changed: they get it as old and as new. */
void tfs_list_notify_stale(struct tfs_list *list, struct tfs_doc *doc);

/*
 * Joins a shared fetch. 1: this caller must fetch and call tfs_list_fetch_end. 0: another one has fetched;
 * `*ret_result` is its result, its error is in `op`. -EINTR, -ETIMEDOUT: the wait ended. When the fetching
 * thread gives up (-EINTR, -ETIMEDOUT), one waiting caller gets 1.
 */
int tfs_list_fetch_begin(struct tfs_list *list, struct tfs_op *op, int *ret_result);
/*
 * Ends the fetch. `result` 0: `docs`, in any order, replace the contents; names put or dropped since
 * tfs_list_fetch_begin keep their newer state, and a COMPLETE version stays where a SHORT one of the same object
 * comes, stale if the list shows another text than before. Else the contents stay. Takes over `docs` in any case.
 * Waiting callers get `result` and `error` (may be NULL).
 */
void tfs_list_fetch_end(struct tfs_list *list, int result, const struct tfs_error *error, struct tfs_doc **docs,
			size_t count);

#endif
