/* Memory: what the lists cost, and the eviction of the least recently used ones past the ceiling. */
#include <assert.h>
#include <stdlib.h>

#include "list.h"

size_t tfs_cache_bytes(struct tfs_cache *cache)
{
	return atomic_load(&cache->bytes);
}

size_t tfs_cache_documents(struct tfs_cache *cache)
{
	return atomic_load(&cache->documents);
}

void cache_list_use(struct tfs_list *list)
{
	uint64_t tick = atomic_fetch_add_explicit(&list->cache->tick, 1, memory_order_relaxed);

	atomic_store_explicit(&list->used, tick, memory_order_relaxed);
}

void cache_list_account(struct tfs_list *list, size_t came, size_t n_came, size_t went, size_t n_went)
{
	assert(went <= list->bytes + came);
	/* Unsigned arithmetic: the sum is right even when more went than came. */
	list->bytes += came - went;
	atomic_fetch_add(&list->cache->bytes, came - went);
	atomic_fetch_add(&list->cache->documents, n_came - n_went);
}

void cache_list_destroy(struct tfs_list *list)
{
	assert(list->refs == 0 && !list->waiters);
	tfs_mutex_lock(&list->lock);
	cache_list_account(list, 0, 0, list->bytes, list->count);
	tfs_docs_free(list->docs, list->count);
	cache_list_forget_changed(list);
	tfs_mutex_unlock(&list->lock);
	tfs_mutex_destroy(&list->lock);
	free(list);
}

void cache_list_release(struct tfs_list *list)
{
	if (list->refs > 0 || list->count > 0 || list->complete)
		return;
	HASH_DEL(list->cache->lists, list);
	cache_list_destroy(list);
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

/* All lists but `spare`, the least recently used first. NULL when out of memory. */
static struct victim *find_victims(struct tfs_cache *cache, const struct tfs_list *spare, size_t *ret_count)
	TFS_HOLDS(cache->lock)
{
	struct victim *victims = calloc(HASH_COUNT(cache->lists) + 1, sizeof(*victims));
	struct tfs_list *list, *next;
	size_t count = 0;

	if (!victims)
		return NULL;
	HASH_ITER (hh, cache->lists, list, next) {
		if (list != spare)
			victims[count++] = (struct victim){ list, atomic_load(&list->used) };
	}
	qsort(victims, count, sizeof(*victims), compare_victims);
	*ret_count = count;
	return victims;
}

static void empty_list(struct tfs_list *list) TFS_HOLDS(list->cache->lock)
{
	struct tfs_doc **docs = NULL;
	size_t count = 0;

	tfs_mutex_lock(&list->lock);
	if (!list->fetching && list->count > 0) {
		docs = steal_pointer(&list->docs);
		count = list->count;
		cache_list_account(list, 0, 0, list->bytes, count);
		list->count = list->room = 0;
		list->complete = list->fresh = false;
	}
	tfs_mutex_unlock(&list->lock);
	tfs_docs_free(docs, count);
	cache_list_release(list);
}

void cache_shrink(struct tfs_cache *cache, struct tfs_list *spare)
{
	/* To an eighth below the ceiling, so that the next document does not start another eviction. */
	size_t wanted = cache->ceiling - cache->ceiling / 8, count = 0;
	struct victim *victims;

	if (tfs_cache_bytes(cache) <= cache->ceiling)
		return;
	tfs_mutex_lock(&cache->lock);
	victims = find_victims(cache, spare, &count);
	for (size_t i = 0; victims && i < count && tfs_cache_bytes(cache) > wanted; i++)
		empty_list(victims[i].list);
	tfs_mutex_unlock(&cache->lock);
	free(victims);
}
