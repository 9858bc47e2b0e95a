/* Plans that restore documents from a source. */
#ifndef TENANTFS_RESTORE_PLAN_RESTORE_H
#define TENANTFS_RESTORE_PLAN_RESTORE_H

#include "plan.h"

/* Adds the items for each document at and below `path` to be as it is in the source. */
int restore_plan_restore(struct plan *plan, struct source *source, const char *path);
/*
 * After all paths: what is planned below the old name of an object that is renamed back is planned below its
 * present name, before the rename.
 */
int restore_plan_move_below_renamed(struct plan *plan);

#endif
