/* Restore and undo: plan the changes that bring back an earlier state, and make them as ordinary changes. */
#ifndef TENANTFS_RESTORE_H
#define TENANTFS_RESTORE_H

#include "tenantfs/tree.h"

/*
 * `request` is one of
 *   {"revision": …, "paths": [path, …]}  restores the documents at and below the paths
 *   {"undo": revision}                   undoes one change; later changes of other members stay
 *   {"undo": revision, "set": true}      undoes all changes of the set that the revision names or is part of
 * With "dry_run" the changes are only planned. If anything cannot be restored, nothing is done unless "partly" is
 * true. The changes form a new change set. The caller must have flushed the history.
 *
 * `*ret` is {"plan": [{"path", "action": "create"|"change"|"remove", "members": [{"member", "before",
 * "after"}], "cannot": [text, …], "outcome": "done" or an error message}], "cannot": count, "done": count,
 * "refused": count, "change_set": the id of the new set or null, "part_of": the set that an undone single change
 * is part of, or null}. The caller owns it. Returns 0 even if the server refused some of the changes.
 */
int tfs_restore(struct tfs_tree *tree, const struct tfs_config *config, struct tfs_op *op, const json_t *request,
		json_t **ret);

#endif
