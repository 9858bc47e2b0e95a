/* Restore and undo: plans changes that bring back an earlier state, and carries them out as ordinary changes.
 */
#ifndef TENANTFS_RESTORE_H
#define TENANTFS_RESTORE_H

#include "tenantfs/tree.h"

/*
 * `request` is one of
 *   {"revision": …, "paths": [path, …]}  documents at and below the paths become as they were in that state
 *   {"undo": revision}                   takes one change back; later changes of other members stay
 *   {"undo": revision, "set": true}      takes all changes back of the set that the revision is part of
 * With "dry_run" the changes are only planned. Where something cannot be restored nothing is done, unless
 * "partly" is true. The changes are a change set of their own. The history must have been flushed.
 *
 * `*ret` is {"plan": [{"path", "action": "create"|"change"|"remove", "members": [{"member", "before",
 * "after"}], "cannot": [text, …], "outcome": "done" or an error message}], "cannot": count, "done": count,
 * "refused": count, "change_set": of these changes or null, "part_of": the set that an undone single change
 * is part of, or null}. 0 also when the server refused some of the changes.
 */
int tfs_restore(struct tfs_tree *tree, const struct tfs_config *config, struct tfs_op *op, const json_t *request,
		json_t **ret);

#endif
