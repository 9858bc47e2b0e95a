/* What a document shall be so that an earlier state or an earlier change is put back. Pure functions of texts. */
#ifndef TENANTFS_TREE_WANTED_H
#define TENANTFS_TREE_WANTED_H

#include "tenantfs/field.h"

/*
 * What cannot be put back is added to `cannot`, an array of sentences. Texts that are no objects are taken whole.
 * The declared members say by which member of theirs the elements of an array are told apart.
 */
struct wanted_fields {
	const struct tfs_field *all;
	size_t count;
};

/* "MEMBER: WHAT". 0 or -ENOMEM. */
int wanted_say(json_t *cannot, const char *member, const char *what);
/* As it was `then`; `now` NULL: there is none. `*ret` is yours. -EINVAL: not a document. */
int wanted_restore(struct wanted_fields fields, const char *then, const char *now, struct tfs_buf *out,
		   json_t *cannot);
/* `now` without what made `after` of `before`: members others have changed since stay. */
int wanted_undo(struct wanted_fields fields, const char *before, const char *after, const char *now,
		struct tfs_buf *out, json_t *cannot);

#endif
