/* The walker: reads the whole tree in the background for the history. */
#ifndef TENANTFS_WALKER_H
#define TENANTFS_WALKER_H

#include "tenantfs/tenant.h"
#include "tenantfs/tree.h"

struct tfs_walker;
/*
 * Without `history-full` or a history returns 0, and `*ret` is NULL. Watches the cache, so create it before
 * other threads use the cache. Borrows both.
 */
int tfs_walker_new(struct tfs_tenant *tenant, struct tfs_tree *tree, struct tfs_walker **ret, struct tfs_error *error);
/* Starts the thread, which resumes an interrupted round. NULL: returns 0. */
int tfs_walker_start(struct tfs_walker *walker, struct tfs_error *error);
/* Cancels the running operation and joins the thread. */
void tfs_walker_free(struct tfs_walker *walker);
/* {"begun", "completed" (null: running), "places", "refused", "at"}; null without a walker. The caller's. */
json_t *tfs_walker_status(struct tfs_walker *walker);

#endif
