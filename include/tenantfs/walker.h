/* The whole tree looked at in the background, for the history's sake. */
#ifndef TENANTFS_WALKER_H
#define TENANTFS_WALKER_H

#include "tenantfs/tenant.h"
#include "tenantfs/tree.h"

struct tfs_walker;
/*
 * None without `history-full`, or without a history: 0 and NULL. Watches the cache: to be made before that is shared
 * with other threads. Borrows both.
 */
int tfs_walker_new(struct tfs_tenant *tenant, struct tfs_tree *tree, struct tfs_walker **ret,
		   struct tfs_error *error);
/* Begins in a thread of its own, where an earlier one left off. NULL: 0. */
int tfs_walker_start(struct tfs_walker *walker, struct tfs_error *error);
/* Ends what it is at, joins. */
void tfs_walker_free(struct tfs_walker *walker);
/* {"begun", "completed" (null: under way), "places", "refused", "at"}; null without one. Yours. */
json_t *tfs_walker_status(struct tfs_walker *walker);

#endif
