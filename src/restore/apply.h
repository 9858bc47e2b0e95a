/* Carries plans out. */
#ifndef TENANTFS_RESTORE_APPLY_H
#define TENANTFS_RESTORE_APPLY_H

#include "plan.h"

struct plan_counts {
	json_int_t cannot, done, refused;
};

/*
 * Saves each item that does not depend on another one as a dry run. The reason of a refusal is added to the item's
 * "cannot". 0, or an error that is not about an item: no connection, interrupted, out of memory.
 */
int restore_plan_dry_run(struct plan *plan);
/* Carries the items out in their order as one change set, sets "outcome" of each, and counts the outcomes. */
int restore_plan_apply(struct plan *plan, struct plan_counts *counts);

#endif
