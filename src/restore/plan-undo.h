/* Plans that undo changes. */
#ifndef TENANTFS_RESTORE_PLAN_UNDO_H
#define TENANTFS_RESTORE_PLAN_UNDO_H

#include "plan.h"

/*
 * Adds the item that undoes the change of one document from `before`, where it is at `old_path`, to `after`, where it
 * is at `path`. Later changes of other members stay. -ENOENT: the document was removed or renamed since.
 */
int restore_plan_undo(struct plan *plan, struct source *before, const char *old_path, struct source *after,
		      const char *path);

#endif
