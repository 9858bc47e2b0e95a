/* The recorder: makes commits of the journal's changes and of observations. */
#ifndef TENANTFS_HISTORY_RECORD_H
#define TENANTFS_HISTORY_RECORD_H

#include "batch.h"
#include "message.h"
#include "tenantfs/history.h"

/* Used by one thread. */
struct recorder {
	const struct tfs_config *config;
	struct batch *batch;
	struct signer signer;
	tfs_history_find_actor actor;
	void *actor_context;
	bool asked;       /* the audit log was read for the present pass */
	uint64_t last;    /* journal number of the newest committed change */
	uint64_t flushed; /* the same at the last flush */
};

/*
 * Reads the last number from the repository. -EKEYREJECTED: signing is configured and does not work. The
 * recorder must not move in memory until history_recorder_finish.
 */
int history_recorder_init(struct recorder *recorder, const struct tfs_config *config, const char *path,
			  struct tfs_error *error);
void history_recorder_finish(struct recorder *recorder);
/* Discards the commits not flushed. */
void history_recorder_rewind(struct recorder *recorder);

/*
 * Makes one commit by the user of the change. If the server's text before it differs from the recorded one,
 * that is committed first, as a change by others. Failed changes are skipped.
 */
int history_record_change(struct recorder *recorder, const struct tfs_change *change, struct tfs_error *error);

/* A document as the cache saw it; `text` NULL: deleted. */
struct observed_doc {
	const char *path;
	const char *text;
	size_t len;
	time_t time; /* of its last change, by the server; 0: unknown */
};
enum observed_state {
	OBSERVED_SAME,    /* same as recorded, but for members that only the server sets */
	OBSERVED_NEW,     /* not recorded */
	OBSERVED_CHANGED, /* differs from the recorded text */
	OBSERVED_GONE,    /* recorded, and now deleted */
};
int history_record_compare(struct recorder *recorder, const struct observed_doc *observed, enum observed_state *ret,
			   struct tfs_error *error);
/* Makes a commit for a change by others. */
int history_record_drift(struct recorder *recorder, const struct observed_doc *observed, enum observed_state state,
			 struct tfs_error *error);

/* Documents seen for the first time: one commit for all of a listing. */
struct baseline {
	struct edit *edits;
	size_t count;     /* in `edits` */
	size_t documents; /* since the last commit */
	char *path;       /* of the first */
	time_t at;        /* the time of the commit; 0: now */
};
int history_baseline_add(struct recorder *recorder, const struct observed_doc *observed, struct baseline *baseline,
			 struct tfs_error *error);
/* 0 without a commit when nothing was added. */
int history_baseline_commit(struct recorder *recorder, const char *directory, struct baseline *baseline,
			    struct tfs_error *error);
void history_baseline_finish(struct baseline *baseline);

#endif
