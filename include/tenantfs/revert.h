/* The text of a document that puts an earlier state back, or takes one change back. Pure functions of texts. */
#ifndef TENANTFS_REVERT_H
#define TENANTFS_REVERT_H

#include "tenantfs/catalogue.h"
#include "tenantfs/json.h"

/*
 * Each appends the document to be saved to `out`. `cannot` is an array of sentences; one is added for each member
 * that cannot be put back. A text that is no JSON object is taken as a whole. Elements of an array are paired by the
 * key their field declares, else by index.
 */

/* Adds "MEMBER: REASON". 0 or -ENOMEM. */
int tfs_revert_note(json_t *cannot, const char *member, const char *reason);
/* Whether a new object gets the secret of a digest. */
struct tfs_revert_secrets {
	bool (*known)(void *data, const char *digest);
	void *data;
};
/*
 * The document as it was `then`. `now` is the present text, NULL when the object does not exist. `secrets` NULL: none
 * is known. -EINVAL: not JSON.
 */
int tfs_revert_to(const struct tfs_kind *kind, const char *then, const char *now,
		  const struct tfs_revert_secrets *secrets, struct tfs_buf *out, json_t *cannot);
/* `now` without the change from `before` to `after`. A member that was changed again since keeps its value. */
int tfs_revert_change(const struct tfs_kind *kind, const char *before, const char *after, const char *now,
		      struct tfs_buf *out, json_t *cannot);

#endif
