/* Plans that restore documents from a source. */
#ifndef TENANTFS_RESTORE_PLAN_RESTORE_H
#define TENANTFS_RESTORE_PLAN_RESTORE_H

#include "plan.h"

/* Adds the items that restore each document at and below `path` to its state in the source. */
int restore_plan_restore(struct plan *plan, struct source *source, const char *path);
/*
 * Called after all paths. If an object is renamed back, moves the items below its old name to its current name and
 * before the rename.
 */
int restore_plan_move_below_renamed(struct plan *plan);

#endif
