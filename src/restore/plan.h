/* A plan: the changes that restore the state of a source, or undo earlier changes. */
#ifndef TENANTFS_RESTORE_PLAN_H
#define TENANTFS_RESTORE_PLAN_H

#include "source.h"
#include "tenantfs/locate.h"

enum {
	PLAN_TEXT = 64 << 20, /* maximum bytes of a document */
	PLAN_RENAMES = 32,    /* maximum renames of one object that are followed */
};

struct plan {
	struct tfs_tree *tree;
	struct tfs_op *op;
	/*
	 * Array of {"path", "action": "create"|"change"|"remove", "members", "cannot", "outcome"} as in restore.h.
	 * Internal members: "beyond": not carried out; "rank", "early": see order.h; "text": the text to save; "base",
	 * "base_id": the version the item is based on.
	 */
	json_t *items;
	json_t *renamed; /* {old path: current path} of the objects that are renamed back */
};

/* Appends the source's document to `out`; nothing if the source has none. */
int restore_plan_read(struct plan *plan, struct source *source, const char *path, struct tfs_buf *out);
/* Appends the text that restores the document to the text `then`. Adds to `cannot` the members that cannot be. */
int restore_plan_revert_to(const struct plan *plan, const struct tfs_location *location, const char *then,
			   struct tfs_buf *out, json_t *cannot);
/*
 * Adds an item that saves `text`, or removes the document (NULL). Takes ownership of `cannot`, an array of sentences.
 * Adds nothing if nothing would change and `cannot` is empty.
 */
int restore_plan_add(struct plan *plan, const char *path, const struct tfs_location *location, const char *text,
		     size_t len, json_t *cannot);

#endif
