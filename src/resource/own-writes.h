/*
 * Our own recent writes. A server may keep a value in another form than it was sent, and for seconds a read may still
 * show the state before a write. Each version that is read is judged by what we wrote. Thread-safe.
 */
#ifndef TENANTFS_RESOURCE_OWN_WRITES_H
#define TENANTFS_RESOURCE_OWN_WRITES_H

#include "tenantfs/cache.h"
#include "tenantfs/hash.h"
#include "tenantfs/json.h"
#include "tenantfs/lock.h"

struct tfs_op;
struct tfs_resource;
struct own_entry;

/* Of one resource. */
struct own_writes {
	struct tfs_mutex lock; /* a leaf, but for the audit's */
	struct own_entry *entries;
};
void resource_own_writes_init(struct own_writes *own);
void resource_own_writes_finish(struct own_writes *own);

/* One write; all borrowed. */
struct own_write {
	struct tfs_doc *before; /* the version it replaced; NULL: the object is new */
	struct tfs_doc *doc;    /* the version expected now; NULL: it was removed */
	json_t *record;         /* of `doc`; NULL: unknown */
	json_t *sent;           /* object: the names of the members that were sent; NULL: any */
	bool answered;          /* `doc` is what the server answered */
	bool confirmed;         /* `doc` was read since */
	uint64_t at_ms;         /* tfs_clock_ms of the write */
	uid_t uid;              /* whose it was */
};
/* Without memory the write is judged as another's. */
void resource_own_writes_note(struct tfs_resource *resource, const struct own_write *write);

/*
 * Judges a version just read. One that our write replaced gives way to the version we wrote, which is then stale, so
 * that it is read again. What the server made of our write is remembered. 0; 1: leave it out, we removed it; -ENOMEM.
 * Both are the caller's; `*record` becomes NULL where it is unknown. A short version is only left out.
 */
int resource_own_writes_judge(struct tfs_resource *resource, struct tfs_op *op, struct tfs_doc **doc, json_t **record);

/*
 * An object of ours that a read of `name` did not show yet, for some seconds. NULL: none. Both are the caller's.
 */
struct tfs_doc *resource_own_writes_unseen(struct tfs_resource *resource, const char *name, json_t **ret_record);
/*
 * The same for a listing: calls `take`, which takes the document over, for each that is not among `docs`. Stops with
 * its first error.
 */
int resource_own_writes_unlisted(struct tfs_resource *resource, struct tfs_doc *const *docs, size_t count,
				 int (*take)(void *context, struct tfs_doc *doc, const json_t *record), void *context);

/* What we wrote and what the server made of it, where that became known later. False: the same, or unknown. */
bool resource_own_writes_settled(struct tfs_resource *resource, const char *id, struct tfs_doc **ret_written,
				 struct tfs_doc **ret_settled);
/* Whether others changed the object since our last write of it. */
bool resource_own_writes_overtaken(struct tfs_resource *resource, const char *id);

#endif
