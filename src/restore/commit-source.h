/* A commit of the history as a source. */
#ifndef TENANTFS_RESTORE_COMMIT_SOURCE_H
#define TENANTFS_RESTORE_COMMIT_SOURCE_H

#include "source.h"
#include "tenantfs/past.h"

struct commit_source {
	struct source source;
	struct tfs_past *past;
	char id[TFS_PAST_ID]; /* "": the state before the first commit, which has no documents */
	json_t *created_since;
};

/* Borrows `past`. `id` is a full id, or "". */
void commit_source_init(struct commit_source *source, struct tfs_past *past, const char *id);
void commit_source_finish(struct commit_source *source);

#endif
