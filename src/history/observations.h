/* What the cache tells: documents that came, changed, went, and lists that were listed. */
#ifndef TENANTFS_HISTORY_OBSERVATIONS_H
#define TENANTFS_HISTORY_OBSERVATIONS_H

#include "record.h"
#include "tenantfs/catalogue.h"
#include "tenantfs/hash.h"

/* A list of the cache, by its key. Never goes. */
struct observed_list {
	UT_hash_handle hh;
	const struct tfs_kind *kind; /* NULL: what it holds is not recorded */
	const char *suffix;          /* of the files of a set; NULL: the key is the document's path */
	bool listed;                 /* its whole directory is recorded: what is new there somebody made */
	bool dropped; /* what was seen of it was not all compared: a listing does not make it `listed` */
	char key[];
};
struct observed_list *observed_list_new(const char *key);

struct snapshot {
	struct tfs_doc **docs;
	size_t count;
	char **made; /* paths of documents made since */
	size_t n_made;
};
void snapshot_free(struct snapshot *snapshot);

struct observation {
	struct observed_list *list;
	struct tfs_doc *doc;       /* counted; of one that is gone its last version */
	struct snapshot *snapshot; /* of a listing; else NULL */
	bool gone;
	uint16_t place; /* where the layout puts it, and which of several it is: while they are compared */
	uint32_t order;
	uint64_t after; /* number of the change that was settled last when it was seen */
};
struct observations {
	struct observation *all;
	size_t count, room;
};
/* Takes the observation's references over, on failure too. */
int observations_add(struct observations *observations, const struct observation *observation);
/* Puts all of `from` behind; `from` is empty then. */
int observations_move(struct observations *to, struct observations *from);
void observations_finish(struct observations *observations);
/* How many documents they keep in memory. */
size_t observations_documents(const struct observations *observations);
/* Lets all of them go without having compared them, and notes that of their lists. */
void observations_drop(struct observations *observations);

/*
 * What was seen of a document before a change that is recorded now says nothing any more; what was seen once
 * that was settled does, even if it looks as before. 0 or -ENOMEM.
 */
int observations_forget(struct observations *observations, const struct tfs_change *change);

/* Compares with what is recorded, commits what is new and what others did. */
int observations_record(struct recorder *recorder, struct observations *observations,
			struct tfs_error *error);

#endif
