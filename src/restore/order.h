/* The order in which the items of a plan can be carried out. */
#ifndef TENANTFS_RESTORE_ORDER_H
#define TENANTFS_RESTORE_ORDER_H

#include <stdbool.h>

#include "tenantfs/json.h"

/* Whether the plan creates an object above `path`. */
bool restore_order_creates_above(const json_t *items, const char *path);
/* The lowest rank of the objects that the plan creates: items up to that rank reference none of them. */
json_int_t restore_order_lowest_created(const json_t *items);
/*
 * Sorts the items by "action" and "rank". First come creations and "early" items: objects below one that is renamed,
 * because the rename changes their paths. Then come changes, then removals from the highest rank down. Items that are
 * removed together with an object above them are dropped. 0 or -ENOMEM.
 */
int restore_order_items(json_t *items);

#endif
