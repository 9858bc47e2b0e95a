/* What the files that read the history share. */
#ifndef TENANTFS_HISTORY_PAST_H
#define TENANTFS_HISTORY_PAST_H

#include "days.h"
#include "repo.h"
#include "tenantfs/past.h"

struct tfs_past {
	git_repository *repo;
	struct days days;
	bool days_loaded;
	size_t walked; /* commits looked at by the last list of states or days */
};

/* Twelve digits tell one of a million objects. */
enum { STATE_ABBREVIATION = 12 };
void state_name(const git_commit *commit, char out[TFS_PAST_STATE]);

int past_commit(struct tfs_past *past, const char *revision, git_commit **ret, struct tfs_error *error);
/* The first parent; NULL of the first commit. libgit2's codes. */
int past_parent(const git_commit *commit, git_commit **ret);
/* A text of whatever bytes as JSON. */
json_t *past_text(const char *text);

/* As tfs_past_diff of two trees, `from` may be NULL. Libgit2's codes. */
int past_compare(struct tfs_past *past, const git_oid *from, const git_oid *to, const char *path, json_t *into);
/* Whether `path` is `above` or below it; "" is above all. */
bool past_is_below(const char *path, const char *above);

#endif
