/*
 * The days that have states, with the newest state of each, so that listing days needs no walk through all
 * commits.
 */
#ifndef TENANTFS_HISTORY_DAY_INDEX_H
#define TENANTFS_HISTORY_DAY_INDEX_H

#include "repo.h"

enum { DAY_LENGTH = 10 };
struct day {
	char name[DAY_LENGTH + 1]; /* "2026-11-23", UTC */
	git_oid newest;
};
struct day_index {
	struct day *all; /* oldest first; a day occurs twice if the clock was set back */
	size_t count, room;
	git_oid head; /* the newest state in the index; all zero: none */
};
void history_day_index_finish(struct day_index *days);

/* Reads the file beside the repository's own. The index is empty if the file is missing or invalid. */
void history_day_index_load(git_repository *repo, struct day_index *days);
int history_day_index_save(git_repository *repo, const struct day_index *days, struct tfs_error *error);
/* Adds later states; `*ret_walked` is the number of commits read for it. Returns libgit2's codes. */
int history_day_index_update(git_repository *repo, struct day_index *days, size_t *ret_walked);

#endif
