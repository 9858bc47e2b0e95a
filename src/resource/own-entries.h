/* The table of our recent writes, by object. */
#ifndef TENANTFS_RESOURCE_OWN_ENTRIES_H
#define TENANTFS_RESOURCE_OWN_ENTRIES_H

#include "own-writes.h"

enum {
	OWN_KEEP_MS = 60000, /* what is read later is not taken for ours */
	OWN_REPLACED = 8,
};

/* A version that is not the newest. */
struct replaced {
	struct tfs_doc *doc;
	uint64_t at_ms; /* when it was replaced */
	bool certain;   /* it was read; else the server may have had it in another form */
};

struct own_entry {
	UT_hash_handle hh;
	struct tfs_doc *doc;     /* the newest version; NULL: removed */
	json_t *record;          /* of `doc`, with its secrets, while reads may be behind; NULL: unknown */
	struct tfs_doc *written; /* what was expected before `doc` settled; NULL: the same */
	json_t *sent;            /* the names of the members that were sent; NULL: unknown */
	struct replaced old[OWN_REPLACED];
	size_t n_old;
	bool answered, confirmed;
	bool by_others; /* `doc` is a change by others */
	bool made;      /* the name is new: a read may not find it yet */
	uint64_t at_ms;
	size_t events; /* of the audit log, known at the time */
	uid_t uid;
	char id[];
};

/* The entry of an object, made if there is none. NULL: out of memory. */
struct own_entry *resource_own_entry(struct own_writes *own, const char *id) TFS_HOLDS(own->lock);
/* Drops what is too old to matter: entries, and records older than `lag_ms`. */
void resource_own_entries_expire(struct own_writes *own, uint64_t lag_ms) TFS_HOLDS(own->lock);
/* Drops the record when it is older than `lag_ms`: a read is no longer behind, and it may hold secrets. */
void resource_own_entry_forget(struct own_entry *entry, uint64_t lag_ms);
/* Adds a replaced version; NULL: does nothing. `certain`: a read has shown it in this form. */
void resource_own_entry_replace(struct own_entry *entry, struct tfs_doc *doc, bool certain, uint64_t at_ms);
/* Makes it the newest version. Either may be NULL. */
void resource_own_entry_set(struct own_entry *entry, struct tfs_doc *doc, json_t *record);

#endif
