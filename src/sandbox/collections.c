/* Finds a row in the tables of collections: by its kind or by an endpoint. */
#include "collections.h"

#include <string.h>

static const struct collection *const tables[] = { sandbox_collections_connect, sandbox_collections_modules };
enum { TABLES = sizeof(tables) / sizeof(*tables) };

const struct collection *sandbox_collections_find(const char *kind)
{
	for (size_t i = 0; i < TABLES; i++)
		for (const struct collection *row = tables[i]; row->kind; row++)
			if (!strcmp(row->kind, kind))
				return row;
	return NULL;
}

static const struct route *find_route(const struct collection *row, const struct tfs_endpoint *endpoint)
{
	for (const struct route *route = row->routes; route->method; route++)
		if (sandbox_route_serves(route, endpoint))
			return route;
	return NULL;
}

const struct collection *sandbox_collections_route(const struct tfs_endpoint *endpoint, const struct route **ret_route)
{
	for (size_t i = 0; i < TABLES; i++)
		for (const struct collection *row = tables[i]; row->kind; row++) {
			const struct route *route = find_route(row, endpoint);

			if (!route)
				continue;
			*ret_route = route;
			return row;
		}
	return NULL;
}
