/* The writer of a store: its journal, its drafts, its gates, and the intents with an unknown outcome. */
#ifndef TENANTFS_CHANGE_WRITER_H
#define TENANTFS_CHANGE_WRITER_H

#include "resource/store.h"
#include "tenantfs/lock.h"
#include "tenantfs/save.h"

struct gates;

/* An intent with an unknown outcome. */
struct pending {
	struct pending *next;
	uint64_t intent;
	bool reported; /* its caller got an error and keeps the text as a draft */
	char path[];
};

struct tfs_writer {
	struct tfs_store *store;
	struct tfs_journal *journal; /* NULL: none is kept */
	struct tfs_drafts *drafts;   /* NULL: none are kept */
	struct gates *gates;
	uint64_t started_ms;
	struct tfs_mutex lock; /* of `pending`; a leaf */
	struct pending *pending;
};

/* Leaves an intent to be reconciled later. Without memory for it the next start finds it in the journal. */
void change_pending_add(struct tfs_writer *writer, uint64_t intent, const char *path, bool reported);
/* The next intent after `after`, of this `path` (NULL: of any); 0: none. */
uint64_t change_pending_next(struct tfs_writer *writer, uint64_t after, const char *path, bool *ret_reported);
void change_pending_forget(struct tfs_writer *writer, uint64_t intent);
void change_pending_clear(struct tfs_writer *writer);

#endif
