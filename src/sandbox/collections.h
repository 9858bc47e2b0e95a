/* The tables of collections, and the look-up of a row in them. */
#ifndef SANDBOX_COLLECTIONS_H
#define SANDBOX_COLLECTIONS_H

#include "collection.h"

/* One table per file collections-*.c. */
extern const struct collection sandbox_collections_connect[], sandbox_collections_modules[];

/* The row of a kind; NULL: there is none. */
const struct collection *sandbox_collections_find(const char *kind);
/*
 * The row with a route that serves the endpoint, and that route; NULL: no row has one, `*ret_route` is
 * untouched.
 */
const struct collection *sandbox_collections_route(const struct tfs_endpoint *endpoint, const struct route **ret_route);

#endif
