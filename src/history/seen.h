/* What the cache tells: documents that came, changed, went, and lists that were listed. */
#ifndef TENANTFS_HISTORY_SEEN_H
#define TENANTFS_HISTORY_SEEN_H

#include "record.h"
#include "tenantfs/catalogue.h"
#include "tenantfs/hash.h"

/* A list of the cache, by its key. Never goes. */
struct seen_list {
	UT_hash_handle hh;
	const struct tfs_kind *kind; /* NULL: what it holds is not recorded */
	const char *suffix;          /* of the files of a set; NULL: the key is the document's path */
	bool listed;                 /* its whole directory is recorded: what is new there somebody made */
	bool dropped;                /* what was seen of it was not all compared: a listing does not make it `listed` */
	char key[];
};
struct seen_list *seen_list_new(const char *key);

struct snapshot {
	struct tfs_doc **docs;
	size_t count;
	char **made; /* paths of documents made since */
	size_t n_made;
};
void snapshot_free(struct snapshot *snapshot);

struct event {
	struct seen_list *list;
	struct tfs_doc *doc;       /* counted; of one that is gone its last version */
	struct snapshot *snapshot; /* of a listing; else NULL */
	bool gone;
	uint16_t place;            /* where the layout puts it, and which of several it is: while they are compared */
	uint32_t order;
	uint64_t after; /* number of the change that was settled last when it was seen */
};
struct events {
	struct event *all;
	size_t count, room;
};
/* Takes the event's references over, on failure too. */
int events_add(struct events *events, const struct event *event);
/* Puts all of `from` behind; `from` is empty then. */
int events_move(struct events *to, struct events *from);
void events_finish(struct events *events);
/* How many documents they keep in memory. */
size_t events_documents(const struct events *events);
/* Lets all of them go without having compared them, and notes that of their lists. */
void events_drop(struct events *events);

/*
 * What was seen of a document before a change that is recorded now says nothing any more; what was seen once that was
 * settled does, even if it looks as before. 0 or -ENOMEM.
 */
int events_forget(struct events *events, const struct tfs_change *change);

/* Compares with what is recorded, commits what is new and what others did. */
int events_record(struct recorder *recorder, struct events *events, struct tfs_error *error);

#endif
