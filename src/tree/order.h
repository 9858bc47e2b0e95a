/* Plans of restore and undo: where a path belongs, and in which order its objects can be put back. */
#ifndef TENANTFS_TREE_ORDER_H
#define TENANTFS_TREE_ORDER_H

#include "place.h"
#include "tenantfs/json.h"

/* The place of a document, by the form of its path alone; NULL: the tree has none. */
const struct place *order_place(const struct place *root, const char *path);

/* Whether the plan makes an object that the path stands below. */
bool order_makes_above(const json_t *plan, const char *path);
/*
 * Sorts the items of a plan, each with "action" and the "rank" of its place: what is made comes first, what others name
 * before them, and what is "early", as its path ends with a change; then what is changed; what is removed last, the
 * other way round. What goes with an object that is removed anyway is left out. 0 or -ENOMEM.
 */
int order_plan(json_t *plan);

#endif
