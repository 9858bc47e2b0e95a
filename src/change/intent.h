/* Intents: a change is announced to the journal before its first call, and its outcome noted after the last. */
#ifndef TENANTFS_CHANGE_INTENT_H
#define TENANTFS_CHANGE_INTENT_H

#include "save.h"

/*
 * Before the first call of a save that changes something. 0: the journal has the intent on disk, or it was
 * announced before, or no journal is kept. On an error nothing may be sent.
 */
int change_save_announce(struct save *save, const struct tfs_step *step);
/*
 * After the last call, whose result is `r`: notes the outcome. If it is unknown whether the server did it, the
 * object is read: if the change was done, returns 0 with `*ret`, else `r`. The name is locked.
 */
int change_save_conclude(struct save *save, int r, struct tfs_doc **ret);

/* The same for a removal. `*ret_intent` 0: no journal is kept. */
int change_remove_announce(struct tfs_resource *resource, struct tfs_op *op, const struct tfs_doc *doc,
			   uint64_t *ret_intent);
int change_remove_conclude(struct tfs_resource *resource, struct tfs_op *op, const char *name, uint64_t intent, int r);

/* The same for a bare call. Its effect cannot be checked. */
int change_call_announce(struct tfs_store *store, struct tfs_op *op, const struct tfs_api_call *call,
			 uint64_t *ret_intent);
void change_call_conclude(struct tfs_store *store, struct tfs_op *op, const struct tfs_endpoint *endpoint,
			  uint64_t intent, int r);

#endif
