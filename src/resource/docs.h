/* The documents of one listing. */
#ifndef TENANTFS_RESOURCE_DOCS_H
#define TENANTFS_RESOURCE_DOCS_H

#include "tenantfs/cache.h"

/* Growing array of documents. */
struct docs {
	struct tfs_doc **all;
	size_t count, room, bytes, ceiling;
};
/* Takes the reference over, also on failure. -ENOMEM; -EFBIG: past the ceiling. */
int resource_docs_add(struct docs *docs, struct tfs_doc *doc);
void resource_docs_finish(struct docs *docs);
/* Sorts by name, drops repeated objects, and appends the end of the id to names that several objects have. */
int resource_docs_distinct(struct docs *docs);

#endif
