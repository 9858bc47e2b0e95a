/* Plans carried out. */
#ifndef TENANTFS_RESTORE_APPLY_H
#define TENANTFS_RESTORE_APPLY_H

#include "plan.h"

struct plan_counts {
	json_int_t cannot, done, refused;
};

/*
 * Saves each item that does not depend on another one as a dry run. What the save would be refused for goes
 * into the item's "cannot".
 */
int restore_plan_dry_run(struct plan *plan);
/* Carries the items out in their order as one change set, sets "outcome" of each and counts them. */
int restore_plan_apply(struct plan *plan, struct plan_counts *counts);

#endif
