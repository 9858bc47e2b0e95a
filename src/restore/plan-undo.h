/* Plans that take changes back. */
#ifndef TENANTFS_RESTORE_PLAN_UNDO_H
#define TENANTFS_RESTORE_PLAN_UNDO_H

#include "plan.h"

/*
 * Adds the item that takes back the change of one document from `before` to `after`, which was at `old_path`
 * before and is at `path` after. Later changes of other members stay. -ENOENT: the document was removed or
 * renamed since.
 */
int restore_plan_undo(struct plan *plan, struct source *before, const char *old_path, struct source *after,
		      const char *path);

#endif
