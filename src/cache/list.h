/* Internals of the cache: lists, their table, shared fetches. */
#ifndef TENANTFS_CACHE_LIST_H
#define TENANTFS_CACHE_LIST_H

#include "tenantfs/cache.h"
#include "tenantfs/hash.h"
#include "tenantfs/lock.h"

enum { CACHE_WATCHERS = 4 };

/*
 * Lock order: cache->lock, then list->lock. No callback runs and nothing waits under either. Watchers run
 * under `watching`, held for reading; watch and unwatch hold it for writing.
 */
struct tfs_cache {
	size_t ceiling;
	pthread_rwlock_t watching; /* of `watchers`; held for reading while one runs */
	struct tfs_cache_watcher watchers[CACHE_WATCHERS];
	atomic_size_t bytes, documents;
	atomic_uint_fast64_t tick; /* rises with each use of a list */
	struct tfs_mutex lock;
	struct tfs_list *lists; /* by key; protected by `lock` */
};

/* A thread that waits for another's fetch, on its stack. All but `done` are protected by list->lock. */
struct fetch_waiter {
	struct fetch_waiter *next;
	struct tfs_op *op;
	atomic_bool done;
	bool elected; /* fetches now: the fetching thread gave up */
	int result;
	struct tfs_error error;
};

struct tfs_list {
	struct tfs_cache *cache;
	UT_hash_handle hh;
	unsigned refs;             /* held outside the cache; protected by cache->lock */
	atomic_uint_fast64_t used; /* cache->tick when last used */
	struct tfs_mutex lock;     /* of all below */
	struct tfs_doc **docs;     /* in name order */
	size_t count, room;
	size_t bytes;
	uint64_t listed_ms; /* of the last complete listing */
	bool complete, fresh, fetching;
	bool invalidated; /* since the fetch under way began: its answer may be older than the invalidation */
	struct fetch_waiter *waiters; /* in order of arrival */
	char **changed_during_fetch;  /* names that were put or dropped since the fetch under way began */
	size_t n_changed;
	char key[];
};

/* What one document costs, in bytes. */
size_t cache_doc_cost(const struct tfs_doc *doc);
/* Hash of the text that the list shows of the object; 0: not known. */
uint64_t cache_doc_listed_hash(const struct tfs_doc *doc);
/* Same object, same text, both whole or both short. */
bool cache_doc_same(const struct tfs_doc *a, const struct tfs_doc *b);

void cache_list_use(struct tfs_list *list);
/* Adds documents that came to the totals and subtracts those that went. */
void cache_list_account(struct tfs_list *list, size_t came, size_t n_came, size_t went, size_t n_went)
	TFS_HOLDS(list->lock);
/* Remembers `name` if a fetch is under way: this change is newer than its answer. -ENOMEM. */
int cache_list_note_changed(struct tfs_list *list, const char *name) TFS_HOLDS(list->lock);
bool cache_list_is_changed(const struct tfs_list *list, const char *name) TFS_HOLDS(list->lock);
void cache_list_forget_changed(struct tfs_list *list) TFS_HOLDS(list->lock);
/* Runs the watchers, which take locks of their own. */
void cache_list_notify(struct tfs_list *list, struct tfs_doc *old, struct tfs_doc *new)
	TFS_LACKS(list->lock, list->cache->lock);
/* The same for a list that has become complete. */
void cache_list_notify_listed(struct tfs_list *list) TFS_LACKS(list->lock, list->cache->lock);
void cache_list_destroy(struct tfs_list *list);
/* Frees the list if it has no references and nothing to remember. */
void cache_list_release(struct tfs_list *list) TFS_HOLDS(list->cache->lock);
/* Empties lists while the cache is past its ceiling, never `spare`. */
void cache_shrink(struct tfs_cache *cache, struct tfs_list *spare) TFS_LACKS(cache->lock);

#endif
