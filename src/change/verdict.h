/* The outcome of an intent, found from the server's present state. */
#ifndef TENANTFS_CHANGE_VERDICT_H
#define TENANTFS_CHANGE_VERDICT_H

#include "resource/object.h"
#include "tenantfs/journal.h"

enum verdict {
	VERDICT_DONE,
	VERDICT_NOT_DONE,
	VERDICT_PARTIAL,
	VERDICT_CONFLICTING, /* somebody else's object has the name */
};
/*
 * Reads the object and compares it with the intent. A change is not done only if it is not there at `until_ms` (of
 * tfs_clock_ms), since a read may be behind it. `now` (finish it) is the object, empty if there is none;
 * `why` gets the members that differ. The name is locked. Negative: the outcome stays unknown.
 */
int change_intent_verify(struct tfs_resource *resource, struct tfs_op *op, const struct tfs_journal_entry *entry,
			 const char *name, uint64_t until_ms, struct object *now, struct tfs_buf *why,
			 enum verdict *ret);
/*
 * The base for the rest of a new object that lacks some of its members: the object without what the server added,
 * since its writer took none of that away.
 */
int change_verdict_made_base(const struct tfs_change *change, const struct tfs_doc *now, struct tfs_buf *out);

#endif
