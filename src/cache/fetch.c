/*
 * Shared fetches: one thread fetches, others wait for its result, and one of them takes over when it gives
 * up.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "tenantfs/clock.h"
#include "tenantfs/lock.h"

static void add_waiter(struct tfs_list *list, struct fetch_waiter *waiter) TFS_HOLDS(list->lock)
{
	struct fetch_waiter **at = &list->waiters;

	while (*at)
		at = &(*at)->next;
	*at = waiter;
}

static void remove_waiter(struct tfs_list *list, struct fetch_waiter *waiter) TFS_HOLDS(list->lock)
{
	struct fetch_waiter **at = &list->waiters;

	while (*at && *at != waiter)
		at = &(*at)->next;
	if (*at)
		*at = waiter->next;
}

/* The fetching thread was interrupted or ran out of time: that says nothing about the server. */
static bool gave_up(int result)
{
	return result == -EINTR || result == -ETIMEDOUT || result == -ECANCELED;
}

/* A waiter leaves only under it, so its operation is alive here. */
static void finish_fetch(struct tfs_list *list, int result, const struct tfs_error *error) TFS_HOLDS(list->lock)
{
	struct fetch_waiter *waiter;

	assert(list->fetching);
	cache_list_forget_changed(list);
	if (gave_up(result) && list->waiters) {
		waiter = list->waiters;
		list->waiters = waiter->next;
		waiter->elected = true;
		list->invalidated = false;
		tfs_op_signal(waiter->op, &waiter->done);
		return;
	}
	list->fetching = false;
	while ((waiter = list->waiters)) {
		list->waiters = waiter->next;
		waiter->result = result;
		if (error)
			waiter->error = *error;
		tfs_op_signal(waiter->op, &waiter->done);
	}
}

/* Returns as tfs_list_fetch_begin does; `waited` is the result of the wait. */
static int end_wait(struct tfs_list *list, struct fetch_waiter *waiter, int waited) TFS_HOLDS(list->lock)
{
	if (!atomic_load(&waiter->done)) {
		remove_waiter(list, waiter);
		return waited;
	}
	if (waiter->elected && waited < 0) {
		finish_fetch(list, waited, NULL);
		return waited;
	}
	return waiter->elected ? 1 : 0;
}

int tfs_list_fetch_begin(struct tfs_list *list, struct tfs_op *op, int *ret_result)
{
	struct fetch_waiter waiter = { .op = op };
	int r;

	tfs_mutex_lock(&list->lock);
	if (!list->fetching) {
		list->fetching = true;
		list->invalidated = false;
		tfs_mutex_unlock(&list->lock);
		return 1;
	}
	add_waiter(list, &waiter);
	tfs_mutex_unlock(&list->lock);
	r = tfs_op_wait(op, &waiter.done);
	tfs_mutex_lock(&list->lock);
	r = end_wait(list, &waiter, r);
	tfs_mutex_unlock(&list->lock);
	if (r != 0)
		return r;
	if (waiter.error.code != 0)
		*tfs_op_error(op) = waiter.error;
	*ret_result = waiter.result;
	return 0;
}

/* One change a listing made. Watchers are notified outside the lock. */
struct change {
	struct tfs_doc *old, *new;
};

struct list_merger {
	struct tfs_list *list;
	struct tfs_doc **docs; /* the new contents of the list */
	size_t count, bytes;
	struct change *changes;
	size_t n_changes;
	bool first; /* the list was not complete before */
};

/* Takes over the reference of `old`, and one of `new`, until watchers are notified. */
static void note_change(struct list_merger *merger, struct tfs_doc *old, struct tfs_doc *new)
{
	merger->changes[merger->n_changes++] = (struct change){
		.old = old,
		.new = !new ? NULL : tfs_doc_ref(new),
	};
}

static void keep(struct list_merger *merger, struct tfs_doc *doc)
{
	assert(merger->count == 0 || strcmp(merger->docs[merger->count - 1]->name, doc->name) < 0);
	merger->docs[merger->count++] = doc;
	merger->bytes += cache_doc_cost(doc);
}

/* The fetched version is a part of the cached one. The list may show that the object has changed. */
static void keep_complete(struct list_merger *merger, struct tfs_doc *old, struct tfs_doc *new)
{
	uint64_t shown = cache_doc_listed_hash(new), before = atomic_exchange(&old->listed_hash, shown);

	if (before != 0 && before != shown) {
		atomic_store(&old->stale, true);
		note_change(merger, tfs_doc_ref(old), old);
	}
	tfs_doc_unref(new);
	keep(merger, old);
}

/* Merges the cached and the fetched version of one name, either may be NULL. Takes over both references. */
static void merge_one(struct list_merger *merger, struct tfs_doc *old, struct tfs_doc *new)
	TFS_HOLDS(merger->list->lock)
{
	const char *name = old ? old->name : new->name;

	if (cache_list_is_changed(merger->list, name)) {
		tfs_doc_unref(new);
		if (old)
			keep(merger, old);
	} else if (old && new && old->origin == TFS_DOC_COMPLETE &&new->origin == TFS_DOC_SHORT &&
		   strcmp(old->id, new->id) == 0) {
		keep_complete(merger, old, new);
	} else if (old && new &&cache_doc_same(old, new)) {
		atomic_store(&old->fetched_ms, atomic_load(&new->fetched_ms));
		atomic_store(&old->stale, merger->list->invalidated || atomic_load(&new->stale));
		tfs_doc_unref(new);
		keep(merger, old);
	} else {
		if (new &&new->origin == TFS_DOC_SHORT)
			new->appeared = old ? old->appeared : merger->list->complete;
		note_change(merger, old, new);
		if (new) {
			if (merger->list->invalidated)
				atomic_store(&new->stale, true);
			keep(merger, new);
		}
	}
}

static int compare_docs(const void *a, const void *b)
{
	const struct tfs_doc *const *left = a, *const *right = b;

	return strcmp((*left)->name, (*right)->name);
}

/* Sorts, and keeps the first of several documents with one name. Returns how many are left. */
static size_t sort_docs(struct tfs_doc **docs, size_t count)
{
	size_t kept = 0;

	for (size_t i = 1; i < count; i++) {
		if (compare_docs(&docs[i - 1], &docs[i]) > 0) {
			qsort(docs, count, sizeof(struct tfs_doc *), compare_docs);
			break;
		}
	}
	for (size_t i = 0; i < count; i++) {
		if (kept > 0 && strcmp(docs[kept - 1]->name, docs[i]->name) == 0)
			tfs_doc_unref(docs[i]);
		else
			docs[kept++] = docs[i];
	}
	return kept;
}

/* Both arrays are sorted. */
static void merge_lists(struct list_merger *merger, struct tfs_doc **docs, size_t count) TFS_HOLDS(merger->list->lock)
{
	struct tfs_list *list = merger->list;
	size_t i = 0, j = 0;

	while (i < list->count || j < count) {
		int order = i == list->count ? 1 : j == count ? -1 : compare_docs(&list->docs[i], &docs[j]);

		merge_one(merger, order <= 0 ? list->docs[i] : NULL, order >= 0 ? docs[j] : NULL);
		i += order <= 0;
		j += order >= 0;
	}
}

/* 0: `docs` is taken over; -ENOMEM: nothing is changed. */
static int replace_docs(struct tfs_list *list, struct tfs_doc **docs, size_t count, struct list_merger *merger)
	TFS_HOLDS(list->lock)
{
	size_t most = list->count + count + 1, had = list->count, had_bytes = list->bytes;
	struct tfs_doc **exact;

	assert(list->fetching);
	merger->list = list;
	merger->docs = malloc(most * sizeof(struct tfs_doc *));
	merger->changes = malloc(most * sizeof(*merger->changes));
	if (!merger->docs || !merger->changes) {
		free(merger->docs);
		free(merger->changes);
		return -ENOMEM;
	}
	merge_lists(merger, docs, count);
	exact = realloc(merger->docs, (merger->count + 1) * sizeof(struct tfs_doc *));
	free(list->docs);
	list->docs = exact ? exact : merger->docs;
	list->count = merger->count;
	list->room = merger->count + 1;
	list->bytes = had_bytes;
	cache_list_account(list, merger->bytes, merger->count, had_bytes, had);
	merger->first = !list->complete;
	list->complete = true;
	list->fresh = !list->invalidated;
	list->listed_ms = tfs_clock_ms();
	return 0;
}

static void notify_changes(struct tfs_list *list, struct list_merger *merger)
{
	for (size_t i = 0; i < merger->n_changes; i++) {
		cache_list_notify(list, merger->changes[i].old, merger->changes[i].new);
		tfs_doc_unref(merger->changes[i].old);
		tfs_doc_unref(merger->changes[i].new);
	}
	free(merger->changes);
}

void tfs_list_fetch_end(struct tfs_list *list, int result, const struct tfs_error *error, struct tfs_doc **docs,
			size_t count)
{
	struct list_merger merger = { 0 };

	cache_list_use(list);
	if (result == 0)
		count = sort_docs(docs, count);
	tfs_mutex_lock(&list->lock);
	if (result == 0) {
		result = replace_docs(list, docs, count, &merger);
		if (result == 0)
			count = 0;
	}
	finish_fetch(list, result, error);
	tfs_mutex_unlock(&list->lock);
	tfs_docs_free(docs, count);
	if (merger.n_changes > 0)
		cache_shrink(list->cache, list);
	notify_changes(list, &merger);
	if (merger.first)
		cache_list_notify_listed(list);
}
