/* Internals of the history's readers. */
#ifndef HISTORY_VIEW_H
#define HISTORY_VIEW_H

#include "day-index.h"
#include "repo.h"
#include "tenantfs/history-view.h"

struct tfs_history_view {
	git_repository *repo;
	struct day_index days;
	bool days_loaded;
	size_t walked; /* commits read for the last list of states or days */
};

/* Twelve digits are unique among a million objects. */
enum { STATE_ABBREVIATION = 12 };
void history_state_name(const git_commit *commit, char out[TFS_HISTORY_STATE]);

int history_view_commit(struct tfs_history_view *view, const char *revision, git_commit **ret, struct tfs_error *error);
/* The first parent; NULL for the first commit. Returns libgit2's codes. */
int history_view_parent(const git_commit *commit, git_commit **ret);

/* As tfs_view_diff for two trees; `from` may be NULL. Returns libgit2's codes. */
int history_view_compare(struct tfs_history_view *view, const git_oid *from, const git_oid *to, const char *path,
			 json_t *into);

#endif
