/* Listings: the names of a directory as one open directory sees them. */
#ifndef TENANTFS_TREE_LISTING_H
#define TENANTFS_TREE_LISTING_H

#include "node.h"

/*
 * Copies the name; NULL for a document at a place of its own, which bears it. 0
 * or -ENOMEM; takes over found->doc, on failure too.
 */
int tree_listing_add(struct listing *listing, const char *name, const struct found *found);
/*
 * One entry for each document, called by its name and the place's (found->what).
 * Takes over `docs` (as from tfs_resource_list), on failure too.
 */
int tree_listing_add_docs(struct listing *listing, struct tfs_doc **docs, size_t count, const struct found *found);

#endif
