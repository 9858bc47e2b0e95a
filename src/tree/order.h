/* Plans of restore and undo: where a path belongs, and in which order its objects can be put back. */
#ifndef TENANTFS_TREE_ORDER_H
#define TENANTFS_TREE_ORDER_H

#include "place.h"
#include "tenantfs/json.h"

/* The place of a document, by the form of its path alone; NULL: the tree has none. */
const struct place *order_place(const struct place *root, const char *path);

/*
 * Leaves out what is not there because the object it stands below has another name, and will be once that is renamed
 * back: `renamed` has those names as members. 0 or -ENOMEM.
 */
int order_leave_moved(json_t *plan, json_t *renamed);
/*
 * Sorts the items of a plan, each with "action" and the "rank" of its place: what is made comes first, what others name
 * before them; then what is changed; what is removed last, the other way round. What goes with an object that is
 * removed anyway is left out. 0 or -ENOMEM.
 */
int order_plan(json_t *plan);

#endif
