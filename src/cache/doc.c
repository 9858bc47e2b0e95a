/* One version of a document: text, name and id in one block of memory. */
#include "tenantfs/cache.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "list.h"
#include "tenantfs/clock.h"

/* malloc's header and rounding, and the pointer in the list. */
enum { BLOCK_OVERHEAD = 16 + sizeof(struct tfs_doc *) };

static uint64_t next_generation(void)
{
	static atomic_uint_fast64_t last;

	return atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
}

static char *append(char *at, const char *bytes, size_t len)
{
	memcpy(at, bytes, len);
	at[len] = '\0';
	return at + len + 1;
}

struct tfs_doc *tfs_doc_new(const char *name, const char *id, const char *text, size_t len, struct timespec mtime)
{
	size_t name_len = strlen(name), id_len = strlen(id), tail = name_len + id_len + 3;
	struct tfs_doc *doc;
	char *at;

	if (name_len > UINT16_MAX || len > SIZE_MAX / 2 || id_len > SIZE_MAX / 4)
		return NULL;
	doc = malloc(sizeof(*doc) + len + tail);
	if (!doc)
		return NULL;
	atomic_init(&doc->refs, 1);
	atomic_init(&doc->stale, false);
	atomic_init(&doc->listed_hash, 0);
	doc->origin = TFS_DOC_READ;
	doc->appeared = false;
	atomic_init(&doc->fetched_ms, tfs_clock_ms());
	doc->name_len = (uint16_t)name_len;
	doc->generation = next_generation();
	doc->mtime = mtime;
	doc->len = len;
	at = append(doc->data, text, len);
	doc->name = at;
	at = append(at, name, name_len);
	doc->id = at;
	append(at, id, id_len);
	return doc;
}

struct tfs_doc *tfs_doc_ref(struct tfs_doc *doc)
{
	unsigned before = atomic_fetch_add_explicit(&doc->refs, 1, memory_order_relaxed);

	assert(before > 0);
	return doc;
}

void tfs_doc_unref(struct tfs_doc *doc)
{
	unsigned before = doc ? atomic_fetch_sub_explicit(&doc->refs, 1, memory_order_acq_rel) : 0;

	assert(!doc || before > 0);
	if (before == 1)
		free(doc);
}

void tfs_docs_free(struct tfs_doc **docs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		tfs_doc_unref(docs[i]);
	free(docs);
}

bool tfs_doc_fresh(const struct tfs_doc *doc, uint64_t max_age_ms)
{
	uint64_t now = tfs_clock_ms(), fetched = atomic_load(&doc->fetched_ms);
	uint64_t age = now > fetched ? now - fetched : 0;

	return max_age_ms > 0 && !atomic_load(&doc->stale) && age <= max_age_ms;
}

size_t cache_doc_cost(const struct tfs_doc *doc)
{
	return sizeof(*doc) + BLOCK_OVERHEAD + doc->len + doc->name_len + strlen(doc->id) + 3;
}

uint64_t cache_doc_listed_hash(const struct tfs_doc *doc)
{
	return doc->origin == TFS_DOC_SHORT ? tfs_hash(doc->data, doc->len) : atomic_load(&doc->listed_hash);
}

bool cache_doc_same(const struct tfs_doc *a, const struct tfs_doc *b)
{
	return (a->origin == TFS_DOC_SHORT) == (b->origin == TFS_DOC_SHORT) && a->len == b->len &&
	       memcmp(a->data, b->data, a->len) == 0 && strcmp(a->id, b->id) == 0;
}
