/* The documents of one listing. */
#ifndef TENANTFS_RESOURCE_DOCS_H
#define TENANTFS_RESOURCE_DOCS_H

#include "tenantfs/cache.h"

/* Growing array of documents. */
struct docs {
	struct tfs_doc **all;
	size_t count, room, bytes, ceiling;
};
/* Takes the reference over, on failure too. -ENOMEM, -EFBIG past the ceiling. */
int docs_add(struct docs *docs, struct tfs_doc *doc);
void docs_finish(struct docs *docs);
/* Sorts by name; objects of one name get the end of their id, the same object twice goes. */
int docs_distinct(struct docs *docs);

#endif
