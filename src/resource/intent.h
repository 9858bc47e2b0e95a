/* What the journal is told of a change before its first call and after its last. */
#ifndef TENANTFS_RESOURCE_INTENT_H
#define TENANTFS_RESOURCE_INTENT_H

#include "object.h"
#include "save.h"
#include "tenantfs/drafts.h"
#include "tenantfs/journal.h"

/* An intent whose outcome nobody knows yet. In store->pending, protected by its lock. */
struct pending {
	struct pending *next;
	uint64_t intent;
	bool told; /* its writer was told of a failure and has the text as a draft */
	char path[];
};

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

/* Path from the mount's root; yours. */
char *document_path(const struct tfs_resource *resource, const char *name);

enum verdict {
	VERDICT_DONE,
	VERDICT_NOT_DONE,
	VERDICT_HALF,  /* some of it */
	VERDICT_OTHER, /* of that name there is what somebody else made */
};
/*
 * Looks at the server: what became of an intent. `now` (finish it) is the object as it is, empty when there is
 * none; `why` gets the members that tell. The slot is held. Negative: it cannot be told.
 */
int intent_look(struct tfs_resource *resource, struct tfs_op *op, const struct tfs_journal_entry *entry,
		const char *name, struct object *now, struct tfs_buf *why, enum verdict *ret);
/* Leaves an intent to be settled later. */
void intent_leave(struct tfs_store *store, uint64_t intent, const char *path, bool told);
/* Before the next write of the same document: what was left of the last is settled first. The slot is held. */
int intent_settle_before(struct tfs_resource *resource, struct tfs_op *op, const char *name);
void intents_forget(struct tfs_store *store);

#endif
