/* What the journal is told of a change before its first call and after its last. */
#ifndef TENANTFS_CHANGE_INTENT_H
#define TENANTFS_CHANGE_INTENT_H

#include "save.h"

/*
 * Before the first call of a save that writes: 0 and the journal has it, or nothing may be sent. What was
 * announced once, or where nothing keeps a journal: 0.
 */
int save_announce(struct save *save, const struct tfs_step *step);
/*
 * After the last: the outcome. Where nobody knows whether the server did it, it is looked at: done is done, and
 * 0 is returned with `*ret`; else `r`. The slot is held.
 */
int save_conclude(struct save *save, int r, struct tfs_doc **ret);

/* The same of a removal; `*ret_intent` 0: nothing keeps a journal. */
int remove_announce(struct tfs_resource *resource, struct tfs_op *op, const struct tfs_doc *doc, uint64_t *ret_intent);
int remove_conclude(struct tfs_resource *resource, struct tfs_op *op, const char *name, uint64_t intent, int r);

/* The same of a call that is no document's. What it did cannot be looked at. */
int call_announce(struct tfs_store *store, struct tfs_op *op, const struct tfs_api_call *call, uint64_t *ret_intent);
void call_conclude(struct tfs_store *store, struct tfs_op *op, const struct tfs_endpoint *endpoint, uint64_t intent,
		   int r);

#endif
