/* The table of lists, what they cost together, and which go when that is too much. */
#include "tenantfs/cache.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"

int tfs_cache_new(size_t ceiling, struct tfs_cache **ret)
{
	struct tfs_cache *cache = calloc(1, sizeof(*cache));

	if (cache == NULL)
		return -ENOMEM;
	if (pthread_mutex_init(&cache->lock, NULL) != 0) {
		free(cache);
		return -ENOMEM;
	}
	if (pthread_rwlock_init(&cache->watching, NULL) != 0) {
		pthread_mutex_destroy(&cache->lock);
		free(cache);
		return -ENOMEM;
	}
	cache->ceiling = ceiling;
	*ret = cache;
	return 0;
}

static void list_destroy(struct tfs_list *list)
{
	list_account(list, 0, 0, list->bytes, list->count);
	tfs_docs_free(list->docs, list->count);
	list_forget_touched(list);
	pthread_mutex_destroy(&list->lock);
	free(list);
}

void tfs_cache_free(struct tfs_cache *cache)
{
	struct tfs_list *list, *next;

	if (cache == NULL)
		return;
	HASH_ITER(hh, cache->lists, list, next)
	{
		HASH_DEL(cache->lists, list);
		list_destroy(list);
	}
	pthread_rwlock_destroy(&cache->watching);
	pthread_mutex_destroy(&cache->lock);
	free(cache);
}

int tfs_cache_watch(struct tfs_cache *cache, const struct tfs_cache_watcher *watcher)
{
	int r = -ENOSPC;

	pthread_rwlock_wrlock(&cache->watching);
	for (int i = 0; i < CACHE_WATCHERS && r < 0; i++) {
		if (cache->watchers[i].changed != NULL)
			continue;
		cache->watchers[i] = *watcher;
		r = 0;
	}
	pthread_rwlock_unlock(&cache->watching);
	return r;
}

void tfs_cache_unwatch(struct tfs_cache *cache, const void *context)
{
	pthread_rwlock_wrlock(&cache->watching);
	for (int i = 0; i < CACHE_WATCHERS; i++)
		if (cache->watchers[i].context == context)
			cache->watchers[i] = (struct tfs_cache_watcher){ 0 };
	pthread_rwlock_unlock(&cache->watching);
}

size_t tfs_cache_bytes(struct tfs_cache *cache)
{
	return atomic_load(&cache->bytes);
}

size_t tfs_cache_documents(struct tfs_cache *cache)
{
	return atomic_load(&cache->documents);
}

static struct tfs_list *list_new(struct tfs_cache *cache, const char *key)
{
	size_t len = strlen(key);
	struct tfs_list *list = calloc(1, sizeof(*list) + len + 1);

	if (list == NULL)
		return NULL;
	if (pthread_mutex_init(&list->lock, NULL) != 0) {
		free(list);
		return NULL;
	}
	list->cache = cache;
	memcpy(list->key, key, len + 1);
	return list;
}

int tfs_cache_list(struct tfs_cache *cache, const char *key, struct tfs_list **ret)
{
	struct tfs_list *list;

	pthread_mutex_lock(&cache->lock);
	HASH_FIND_STR(cache->lists, key, list);
	if (list == NULL) {
		list = list_new(cache, key);
		if (list != NULL)
			HASH_ADD_KEYPTR(hh, cache->lists, list->key, strlen(list->key), list);
		if (list != NULL && !tfs_hash_added(list)) {
			list_destroy(list);
			list = NULL;
		}
	}
	if (list != NULL)
		list->refs++;
	pthread_mutex_unlock(&cache->lock);
	if (list == NULL)
		return -ENOMEM;
	list_use(list);
	*ret = list;
	return 0;
}

/* cache->lock is held. A list nobody holds that has nothing to remember goes. */
static void release_list(struct tfs_list *list)
{
	if (list->refs > 0 || list->count > 0 || list->complete)
		return;
	HASH_DEL(list->cache->lists, list);
	list_destroy(list);
}

void tfs_list_unref(struct tfs_list *list)
{
	struct tfs_cache *cache;

	if (list == NULL)
		return;
	cache = list->cache;
	pthread_mutex_lock(&cache->lock);
	list->refs--;
	release_list(list);
	pthread_mutex_unlock(&cache->lock);
}

void list_use(struct tfs_list *list)
{
	uint64_t tick = atomic_fetch_add_explicit(&list->cache->tick, 1, memory_order_relaxed);

	atomic_store_explicit(&list->used, tick, memory_order_relaxed);
}

void list_account(struct tfs_list *list, size_t came, size_t n_came, size_t went, size_t n_went)
{
	/* Wraps around where more went than came, which is what is wanted. */
	list->bytes += came - went;
	atomic_fetch_add(&list->cache->bytes, came - went);
	atomic_fetch_add(&list->cache->documents, n_came - n_went);
}

void list_tell(struct tfs_list *list, struct tfs_doc *old, struct tfs_doc *new)
{
	pthread_rwlock_rdlock(&list->cache->watching);
	for (int i = 0; i < CACHE_WATCHERS; i++) {
		const struct tfs_cache_watcher *watcher = &list->cache->watchers[i];

		if (watcher->changed != NULL)
			watcher->changed(watcher->context, list->key, old, new);
	}
	pthread_rwlock_unlock(&list->cache->watching);
}

void list_tell_listed(struct tfs_list *list)
{
	pthread_rwlock_rdlock(&list->cache->watching);
	for (int i = 0; i < CACHE_WATCHERS; i++) {
		const struct tfs_cache_watcher *watcher = &list->cache->watchers[i];

		if (watcher->listed != NULL)
			watcher->listed(watcher->context, list->key, list);
	}
	pthread_rwlock_unlock(&list->cache->watching);
}

struct victim {
	struct tfs_list *list;
	uint64_t used;
};

static int compare_victims(const void *a, const void *b)
{
	const struct victim *left = a, *right = b;

	return (left->used > right->used) - (left->used < right->used);
}

/* cache->lock is held. All lists that hold something, the least recently used first; NULL when out of memory.
 */
static struct victim *find_victims(struct tfs_cache *cache, const struct tfs_list *spare, size_t *ret_count)
{
	struct victim *victims = calloc(HASH_COUNT(cache->lists) + 1, sizeof(*victims));
	struct tfs_list *list, *next;
	size_t count = 0;

	if (victims == NULL)
		return NULL;
	HASH_ITER(hh, cache->lists, list, next)
	{
		if (list != spare)
			victims[count++] = (struct victim){ list, atomic_load(&list->used) };
	}
	qsort(victims, count, sizeof(*victims), compare_victims);
	*ret_count = count;
	return victims;
}

/* cache->lock is held. */
static void empty_list(struct tfs_list *list)
{
	struct tfs_doc **docs = NULL;
	size_t count = 0;

	pthread_mutex_lock(&list->lock);
	if (!list->fetching && list->count > 0) {
		docs = steal_pointer(&list->docs);
		count = list->count;
		list_account(list, 0, 0, list->bytes, count);
		list->count = list->room = 0;
		list->complete = list->fresh = false;
	}
	pthread_mutex_unlock(&list->lock);
	tfs_docs_free(docs, count);
	release_list(list);
}

void cache_shrink(struct tfs_cache *cache, struct tfs_list *spare)
{
	/* An eighth below the ceiling, so that not every further document starts this anew. */
	size_t wanted = cache->ceiling - cache->ceiling / 8, count = 0;
	struct victim *victims;

	if (tfs_cache_bytes(cache) <= cache->ceiling)
		return;
	pthread_mutex_lock(&cache->lock);
	victims = find_victims(cache, spare, &count);
	for (size_t i = 0; victims != NULL && i < count && tfs_cache_bytes(cache) > wanted; i++)
		empty_list(victims[i].list);
	pthread_mutex_unlock(&cache->lock);
	free(victims);
}
