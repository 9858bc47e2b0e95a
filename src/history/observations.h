/* What the cache reported: new, changed and deleted documents, and complete listings. */
#ifndef TENANTFS_HISTORY_OBSERVATIONS_H
#define TENANTFS_HISTORY_OBSERVATIONS_H

#include "record.h"
#include "tenantfs/catalogue.h"
#include "tenantfs/hash.h"

/* A list of the cache, by its key. Lives as long as the history. */
struct observed_list {
	UT_hash_handle hh;
	const struct tfs_kind *kind; /* NULL: its documents are not recorded */
	const char *suffix;          /* of the file names of a set; NULL: the key is the document's path */
	bool listed;                 /* its directory is recorded completely: a new document was created */
	bool dropped;                /* observations of it were dropped: the next listing does not make it `listed` */
	char key[];
};
struct observed_list *history_observed_list_new(const char *key);

struct snapshot {
	struct tfs_doc **docs;
	size_t count;
	char **made; /* paths of documents created since */
	size_t n_made;
};
void history_snapshot_free(struct snapshot *snapshot);

struct observation {
	struct observed_list *list;
	struct tfs_doc *doc;       /* counted; the last version of a deleted one */
	struct snapshot *snapshot; /* of a listing; else NULL */
	bool gone;
	bool known;     /* a list had it before, without showing all of it */
	uint16_t place; /* set while comparing: its place in the layout, and its number among several */
	uint32_t order;
	uint64_t after; /* number of the last change that was settled before */
};
struct observations {
	struct observation *all;
	size_t count, room;
};
/* Takes over the observation's references, also on failure. 0 or -ENOMEM. */
int history_observations_add(struct observations *observations, const struct observation *observation);
/* Appends all of `from`, which is empty then. 0 or -ENOMEM. */
int history_observations_move(struct observations *to, struct observations *from);
void history_observations_finish(struct observations *observations);
/* The number of documents they keep in memory. */
size_t history_observations_documents(const struct observations *observations);
/* Drops all of them without comparing, and notes that in their lists. */
void history_observations_drop(struct observations *observations);

/*
 * Drops observations of the state before the recorded `change`. Those made after it was settled stay, even if
 * they look like that state. 0 or -ENOMEM.
 */
int history_observations_forget(struct observations *observations, const struct tfs_change *change);

/* Compares with the recorded state; commits new documents and changes by others. */
int history_observations_record(struct recorder *recorder, struct observations *observations, struct tfs_error *error);

#endif
