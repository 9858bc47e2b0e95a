/* Listings: the entries of an open directory. */
#ifndef TENANTFS_TREE_LISTING_H
#define TENANTFS_TREE_LISTING_H

#include "node.h"

/*
 * Adds an entry and copies its name. `name` NULL: the path node (found->what) has the name. Takes ownership of
 * found->doc, even on failure. 0 or -ENOMEM.
 */
int tree_listing_add(struct listing *listing, const char *name, const struct found *found);
/*
 * Adds an entry for each document; its name is the document's and the ending of the path node (found->what). Takes
 * ownership of `docs` as returned by tfs_resource_list, even on failure. 0 or -ENOMEM.
 */
int tree_listing_add_docs(struct listing *listing, struct tfs_doc **docs, size_t count, const struct found *found);

#endif
