/* A plan: the changes that bring the tenant to the state of a source, or take changes back. */
#ifndef TENANTFS_RESTORE_PLAN_H
#define TENANTFS_RESTORE_PLAN_H

#include "source.h"
#include "tenantfs/locate.h"

enum {
	PLAN_TEXT = 64 << 20, /* most bytes of a document */
	PLAN_RENAMES = 32,    /* most renames of one object that are followed */
};

struct plan {
	struct tfs_tree *tree;
	struct tfs_op *op;
	/*
	 * Array of {"path", "action": "create"|"change"|"remove", "members", "cannot", "outcome"} as in
	 * restore.h, and until the answer is made: "beyond": not to be carried out; "rank", "early": see
	 * order.h; "text": to be saved; "base", "base_id": the version the item was planned on.
	 */
	json_t *items;
	json_t *renamed; /* {old path: present path} of the objects that are renamed back */
};

/* Appends the document of the source to `out`; nothing where it has none. */
int restore_plan_read(struct plan *plan, struct source *source, const char *path, struct tfs_buf *out);
/* Appends the text to be saved at `location` for it to be as it was `then`. */
int restore_plan_revert_to(const struct tfs_location *location, const char *then, struct tfs_buf *out, json_t *cannot);
/*
 * Adds an item: the document is to have `text`, or to be removed (NULL). Takes over `cannot`, an array of
 * sentences. Adds nothing where nothing would change and `cannot` is empty.
 */
int restore_plan_add(struct plan *plan, const char *path, const struct tfs_location *location, const char *text,
		     size_t len, json_t *cannot);

#endif
