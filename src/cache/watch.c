/* Watchers: they are notified of changes. */
#include <errno.h>

#include "list.h"

int tfs_cache_watch(struct tfs_cache *cache, const struct tfs_cache_watcher *watcher)
{
	int r = -ENOSPC;

	pthread_rwlock_wrlock(&cache->watching);
	for (int i = 0; i < CACHE_WATCHERS && r < 0; i++) {
		if (cache->watchers[i].changed)
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

void cache_list_notify(struct tfs_list *list, struct tfs_doc *old, struct tfs_doc *new)
{
	pthread_rwlock_rdlock(&list->cache->watching);
	for (int i = 0; i < CACHE_WATCHERS; i++) {
		const struct tfs_cache_watcher *watcher = &list->cache->watchers[i];

		if (watcher->changed)
			watcher->changed(watcher->context, list->key, old, new);
	}
	pthread_rwlock_unlock(&list->cache->watching);
}

void cache_list_notify_listed(struct tfs_list *list)
{
	pthread_rwlock_rdlock(&list->cache->watching);
	for (int i = 0; i < CACHE_WATCHERS; i++) {
		const struct tfs_cache_watcher *watcher = &list->cache->watchers[i];

		if (watcher->listed)
			watcher->listed(watcher->context, list->key, list);
	}
	pthread_rwlock_unlock(&list->cache->watching);
}
