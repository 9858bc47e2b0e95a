/* A commit of the history as a source. */
#ifndef TENANTFS_RESTORE_COMMIT_SOURCE_H
#define TENANTFS_RESTORE_COMMIT_SOURCE_H

#include "source.h"
#include "tenantfs/history-view.h"

struct commit_source {
	struct source source;
	struct tfs_history_view *view;
	char id[TFS_HISTORY_ID]; /* "": the empty state before the first commit */
	json_t *created_since;
};

/* Borrows `view`. `id` is a full id, or "". */
void restore_commit_source_init(struct commit_source *source, struct tfs_history_view *view, const char *id);
void restore_commit_source_finish(struct commit_source *source);

#endif
