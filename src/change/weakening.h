/* Which changes make signing on less safe, by the member `weakens` of the rows. */
#ifndef TENANTFS_CHANGE_WEAKENING_H
#define TENANTFS_CHANGE_WEAKENING_H

#include "tenantfs/buf.h"
#include "tenantfs/catalogue.h"

/*
 * Appends the first member of `next` that is weaker than in `base`, with its new value: "rules/min: 4". Both are
 * documents of the kind. 1: there is one; 0: none; -ENOMEM.
 */
int change_weakening_find(const struct tfs_kind *kind, const json_t *base, const json_t *next, struct tfs_buf *out);
/*
 * The same for the body of a call that changes objects of the kind. What is there now is unknown, so a number or an
 * array with a weaker direction counts as weaker.
 */
int change_weakening_find_in_body(const struct tfs_kind *kind, const json_t *body, struct tfs_buf *out);

#endif
