/* What becomes a commit: changes of the journal, and what was seen. */
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
	tfs_history_actor actor;
	void *actor_context;
	bool asked;       /* the audit log was looked at for what is recorded now */
	uint64_t last;    /* number of the journal of the newest change committed */
	uint64_t flushed; /* the same as it was at the last flush */
};

/*
 * Reads the last number from the repository. -EKEYREJECTED: its commits were to be signed, and cannot be. The recorder
 * stays where it is until it is finished.
 */
int recorder_init(struct recorder *recorder, const struct tfs_config *config, const char *path,
		  struct tfs_error *error);
void recorder_finish(struct recorder *recorder);
/* Forgets what was not flushed. */
void recorder_rewind(struct recorder *recorder);

/*
 * One commit, by the caller. When the server had something else before than what is recorded, that is a commit of its
 * own first. One that failed is left out.
 */
int record_change(struct recorder *recorder, const struct tfs_change *change, struct tfs_error *error);

/* A document as it was seen; `text` NULL: it is gone. */
struct observed_doc {
	const char *path;
	const char *text;
	size_t len;
	time_t time; /* the server's, of its last change; 0: unknown */
};
enum observed_state {
	OBSERVED_SAME,    /* as recorded, but for what only the server sets */
	OBSERVED_NEW,     /* not recorded */
	OBSERVED_CHANGED, /* another text */
	OBSERVED_GONE,    /* recorded, and no more there */
};
int record_compare(struct recorder *recorder, const struct observed_doc *observed, enum observed_state *ret,
		   struct tfs_error *error);
/* A commit for what others did. */
int record_drift(struct recorder *recorder, const struct observed_doc *observed, enum observed_state state,
		 struct tfs_error *error);

/* Documents nobody had looked at before: one commit for those of a listing. */
struct baseline {
	struct edit *edits;
	size_t count;     /* in `edits` */
	size_t documents; /* since the last commit */
	char *path;       /* of the first */
};
int baseline_add(struct recorder *recorder, const struct observed_doc *observed, struct baseline *baseline,
		 struct tfs_error *error);
/* With nothing added: 0, no commit. */
int baseline_commit(struct recorder *recorder, const char *directory, struct baseline *baseline,
		    struct tfs_error *error);
void baseline_finish(struct baseline *baseline);

#endif
