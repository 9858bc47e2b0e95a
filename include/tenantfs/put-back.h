/* Putting back: what was recorded is made so again, by ordinary changes. */
#ifndef TENANTFS_PUT_BACK_H
#define TENANTFS_PUT_BACK_H

#include "tenantfs/tree.h"

/*
 * `request` is {"revision": …, "paths": [path, …]}: what is at and below the paths becomes as it was then; or
 * {"undo": revision}: what that change did is taken back, later changes of other members stay; with "set" what all
 * changes of the set did that it is part of. With "dry_run" it is only planned; where something cannot be put back
 * nothing is done, unless "partly". What is done is a change set itself.
 *
 * `*ret` is {"plan": [{"path", "action": "create"|"change"|"remove", "members": [{"member", "before", "after"}],
 * "cannot": [text, …], "outcome": "done" or what refused it}], "cannot": count, "done": count, "refused": count,
 * "change_set": of what was done, "part_of": the set of the change alone that was to be undone (both may be null)}.
 * 0 also when some of it was refused.
 */
int tfs_tree_put_back(struct tfs_tree *tree, struct tfs_op *op, const json_t *request, json_t **ret);

#endif
