/* A list of documents in name order: single documents are put, found and dropped. */
#include "list.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/clock.h"
#include "tenantfs/lock.h"

/* The index of `name`, or the one to insert it at. */
static size_t find_place(const struct tfs_list *list, const char *name, bool *ret_found) TFS_HOLDS(list->lock)
{
	size_t low = 0, high = list->count;

	*ret_found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = strcmp(list->docs[middle]->name, name);

		if (order == 0) {
			*ret_found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct tfs_doc *tfs_list_get(struct tfs_list *list, const char *name)
{
	struct tfs_doc *doc = NULL;
	bool found;
	size_t at;

	cache_list_use(list);
	tfs_mutex_lock(&list->lock);
	at = find_place(list, name, &found);
	if (found)
		doc = tfs_doc_ref(list->docs[at]);
	tfs_mutex_unlock(&list->lock);
	return doc;
}

static int make_room(struct tfs_list *list) TFS_HOLDS(list->lock)
{
	size_t room = list->count + 1 + list->count / 8;
	struct tfs_doc **docs;

	if (list->count < list->room)
		return 0;
	docs = realloc(list->docs, room * sizeof(struct tfs_doc *));
	if (!docs)
		return -ENOMEM;
	list->docs = docs;
	list->room = room;
	return 0;
}

/* `*ret_old` is the replaced version; the caller owns its reference. */
static int put_locked(struct tfs_list *list, struct tfs_doc *doc, struct tfs_doc **ret_old, bool *ret_changed)
	TFS_HOLDS(list->lock)
{
	bool found;
	size_t at;
	int r = cache_list_note_changed(list, doc->name);

	if (r == 0)
		r = make_room(list);
	if (r < 0)
		return r;
	at = find_place(list, doc->name, &found);
	if (found && cache_doc_same(list->docs[at], doc)) {
		atomic_store(&list->docs[at]->fetched_ms, atomic_load(&doc->fetched_ms));
		atomic_store(&list->docs[at]->stale, atomic_load(&doc->stale));
		return 0;
	}
	if (found) {
		*ret_old = list->docs[at];
		atomic_store(&doc->listed_hash, cache_doc_listed_hash(*ret_old));
		cache_list_account(list, cache_doc_cost(doc), 1, cache_doc_cost(*ret_old), 1);
	} else {
		memmove(list->docs + at + 1, list->docs + at, (list->count - at) * sizeof(struct tfs_doc *));
		list->count++;
		cache_list_account(list, cache_doc_cost(doc), 1, 0, 0);
	}
	list->docs[at] = tfs_doc_ref(doc);
	*ret_changed = true;
	return 0;
}

int tfs_list_put(struct tfs_list *list, struct tfs_doc *doc, struct tfs_doc **ret_doc)
{
	struct tfs_doc *old = NULL, *current = NULL;
	bool changed = false, found;
	size_t at;
	int r;

	cache_list_use(list);
	tfs_mutex_lock(&list->lock);
	r = put_locked(list, doc, &old, &changed);
	if (r == 0) {
		at = find_place(list, doc->name, &found);
		assert(found);
		current = tfs_doc_ref(list->docs[at]);
	}
	tfs_mutex_unlock(&list->lock);
	if (r < 0)
		return r;
	if (changed) {
		cache_list_notify(list, old, doc);
		cache_shrink(list->cache, list);
	}
	tfs_doc_unref(old);
	if (ret_doc)
		*ret_doc = current;
	else
		tfs_doc_unref(current);
	return 0;
}

void tfs_list_drop(struct tfs_list *list, const char *name)
{
	struct tfs_doc *old = NULL;
	bool found;
	size_t at;

	tfs_mutex_lock(&list->lock);
	at = find_place(list, name, &found);
	/* Without memory for this note, a fetch under way brings the document back until the next listing. */
	cache_list_note_changed(list, name);
	if (found) {
		old = list->docs[at];
		list->count--;
		memmove(list->docs + at, list->docs + at + 1, (list->count - at) * sizeof(struct tfs_doc *));
		cache_list_account(list, 0, 0, cache_doc_cost(old), 1);
	}
	tfs_mutex_unlock(&list->lock);
	if (old)
		cache_list_notify(list, old, NULL);
	tfs_doc_unref(old);
}

int tfs_list_all(struct tfs_list *list, struct tfs_doc ***ret_docs, size_t *ret_count)
{
	struct tfs_doc **docs;
	size_t count;

	cache_list_use(list);
	tfs_mutex_lock(&list->lock);
	count = list->count;
	docs = malloc((count + 1) * sizeof(struct tfs_doc *));
	for (size_t i = 0; docs && i < count; i++)
		docs[i] = tfs_doc_ref(list->docs[i]);
	tfs_mutex_unlock(&list->lock);
	if (!docs)
		return -ENOMEM;
	*ret_docs = docs;
	*ret_count = count;
	return 0;
}

bool tfs_list_fresh(struct tfs_list *list, uint64_t max_age_ms)
{
	uint64_t now = tfs_clock_ms();
	bool fresh;

	tfs_mutex_lock(&list->lock);
	fresh = max_age_ms > 0 && list->complete && list->fresh &&
		(now < list->listed_ms ? 0 : now - list->listed_ms) <= max_age_ms;
	tfs_mutex_unlock(&list->lock);
	return fresh;
}

bool tfs_list_complete(struct tfs_list *list, uint64_t *ret_age_ms)
{
	uint64_t now = tfs_clock_ms();
	bool complete;

	tfs_mutex_lock(&list->lock);
	complete = list->complete;
	if (complete && ret_age_ms)
		*ret_age_ms = now < list->listed_ms ? 0 : now - list->listed_ms;
	tfs_mutex_unlock(&list->lock);
	return complete;
}

void tfs_list_invalidate(struct tfs_list *list)
{
	tfs_mutex_lock(&list->lock);
	list->fresh = false;
	list->invalidated = list->fetching;
	for (size_t i = 0; i < list->count; i++)
		atomic_store(&list->docs[i]->stale, true);
	tfs_mutex_unlock(&list->lock);
}

void tfs_list_notify_stale(struct tfs_list *list, struct tfs_doc *doc)
{
	cache_list_notify(list, doc, doc);
}
