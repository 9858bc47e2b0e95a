/* The documents of one listing, each with a file name of its own. */
#include "docs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/hash.h"
#include "tenantfs/name.h"

int resource_docs_add(struct docs *docs, struct tfs_doc *doc)
{
	size_t room = docs->room == 0 ? 64 : docs->room + docs->room / 2;
	struct tfs_doc **all;

	docs->bytes += sizeof(*doc) + doc->len + doc->name_len;
	if (docs->bytes > docs->ceiling) {
		tfs_doc_unref(doc);
		return -EFBIG;
	}
	if (docs->count == docs->room) {
		all = realloc(docs->all, room * sizeof(struct tfs_doc *));
		if (!all) {
			tfs_doc_unref(doc);
			return -ENOMEM;
		}
		docs->all = all;
		docs->room = room;
	}
	docs->all[docs->count++] = doc;
	return 0;
}

void resource_docs_finish(struct docs *docs)
{
	tfs_docs_free(steal_pointer(&docs->all), docs->count);
	docs->count = docs->room = docs->bytes = 0;
}

/* By name, then id; objects without an id by their text. */
static int compare_objects(const struct tfs_doc *a, const struct tfs_doc *b)
{
	int order = strcmp(a->name, b->name);

	if (order == 0)
		order = strcmp(a->id, b->id);
	return order != 0 || *a->id != '\0' ? order : strcmp(a->data, b->data);
}

/* Of one object the newest version first. */
static int compare_docs(const void *a, const void *b)
{
	const struct tfs_doc *const *left = a, *const *right = b;
	int order = compare_objects(*left, *right);

	if (order == 0)
		order = ((*left)->generation < (*right)->generation) - ((*left)->generation > (*right)->generation);
	return order;
}

/* An object may come twice when pages shift while they are read: keeps one. */
static void drop_repeated(struct docs *docs)
{
	size_t kept = 0;

	for (size_t i = 0; i < docs->count; i++) {
		struct tfs_doc *doc = docs->all[i];

		if (kept > 0 && compare_objects(docs->all[kept - 1], doc) == 0)
			tfs_doc_unref(doc);
		else
			docs->all[kept++] = doc;
	}
	docs->count = kept;
}

static int rename_doc(struct tfs_doc **doc)
{
	struct tfs_doc *old = *doc, *new;
	char text_id[17];
	cleanup_free char *name = NULL;

	snprintf(text_id, sizeof(text_id), "%016llx", (unsigned long long)tfs_hash(old->data, old->len));
	name = tfs_name_distinct(old->name, *old->id != '\0' ? old->id : text_id, TFS_NAME_MAX);
	if (!name)
		return -ENOMEM;
	new = tfs_doc_new(name, old->id, old->data, old->len, old->mtime);
	if (!new)
		return -ENOMEM;
	new->origin = old->origin;
	tfs_doc_unref(old);
	*doc = new;
	return 0;
}

/* The number of documents from `start` on that have its name. */
static size_t run_of(const struct docs *docs, size_t start)
{
	size_t end = start + 1;

	while (end < docs->count && strcmp(docs->all[start]->name, docs->all[end]->name) == 0)
		end++;
	return end - start;
}

int resource_docs_distinct(struct docs *docs)
{
	bool again = false;

	if (docs->count < 2)
		return 0;
	qsort(docs->all, docs->count, sizeof(struct tfs_doc *), compare_docs);
	drop_repeated(docs);
	for (size_t i = 0, run; i < docs->count; i += run) {
		run = run_of(docs, i);
		for (size_t j = i; run > 1 && j < i + run; j++) {
			int r = rename_doc(&docs->all[j]);

			if (r < 0)
				return r;
			again = true;
		}
	}
	/* Names still equal (ids with the same end): the cache keeps the first. */
	if (again)
		qsort(docs->all, docs->count, sizeof(struct tfs_doc *), compare_docs);
	return 0;
}
