/* What a document shall be so that an earlier state or an earlier change is put back. Pure functions of texts. */
#ifndef TENANTFS_TREE_WANTED_H
#define TENANTFS_TREE_WANTED_H

#include "tenantfs/json.h"

/* What cannot be put back is added to `cannot`, an array of sentences. Texts that are no objects are taken whole. */

/* "MEMBER: WHAT". 0 or -ENOMEM. */
int wanted_say(json_t *cannot, const char *member, const char *what);
/* As it was `then`; `now` NULL: there is none. `*ret` is yours. -EINVAL: not a document. */
int wanted_restore(const char *then, const char *now, struct tfs_buf *out, json_t *cannot);
/* `now` without what made `after` of `before`: members others have changed since stay. */
int wanted_undo(const char *before, const char *after, const char *now, struct tfs_buf *out, json_t *cannot);

#endif
