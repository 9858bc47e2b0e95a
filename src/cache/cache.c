/* The cache: its lists by key, their references. */
#include "tenantfs/cache.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "tenantfs/lock.h"

int tfs_cache_new(size_t ceiling, struct tfs_cache **ret)
{
	struct tfs_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return -ENOMEM;
	if (tfs_mutex_init(&cache->lock) < 0) {
		free(cache);
		return -ENOMEM;
	}
	if (pthread_rwlock_init(&cache->watching, NULL) != 0) {
		tfs_mutex_destroy(&cache->lock);
		free(cache);
		return -ENOMEM;
	}
	cache->ceiling = ceiling;
	*ret = cache;
	return 0;
}

void tfs_cache_free(struct tfs_cache *cache)
{
	struct tfs_list *list, *next;

	if (!cache)
		return;
	HASH_ITER (hh, cache->lists, list, next) {
		HASH_DEL(cache->lists, list);
		cache_list_destroy(list);
	}
	pthread_rwlock_destroy(&cache->watching);
	tfs_mutex_destroy(&cache->lock);
	free(cache);
}

static struct tfs_list *list_new(struct tfs_cache *cache, const char *key)
{
	size_t len = strlen(key);
	struct tfs_list *list = calloc(1, sizeof(*list) + len + 1);

	if (!list)
		return NULL;
	if (tfs_mutex_init(&list->lock) < 0) {
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

	tfs_mutex_lock(&cache->lock);
	HASH_FIND_STR(cache->lists, key, list);
	if (!list) {
		list = list_new(cache, key);
		if (list)
			HASH_ADD_KEYPTR(hh, cache->lists, list->key, strlen(list->key), list);
		if (list && !tfs_hash_added(list)) {
			cache_list_destroy(list);
			list = NULL;
		}
	}
	if (list)
		list->refs++;
	tfs_mutex_unlock(&cache->lock);
	if (!list)
		return -ENOMEM;
	cache_list_use(list);
	*ret = list;
	return 0;
}

void tfs_list_unref(struct tfs_list *list)
{
	struct tfs_cache *cache;

	if (!list)
		return;
	cache = list->cache;
	tfs_mutex_lock(&cache->lock);
	assert(list->refs > 0);
	list->refs--;
	cache_list_release(list);
	tfs_mutex_unlock(&cache->lock);
}
