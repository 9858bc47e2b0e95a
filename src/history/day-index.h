/* The days there are states of, and the newest state of each: a list of days need not walk through all
 * commits. */
#ifndef TENANTFS_HISTORY_DAY_INDEX_H
#define TENANTFS_HISTORY_DAY_INDEX_H

#include "repo.h"

enum { DAY_LENGTH = 10 };
struct day {
	char name[DAY_LENGTH + 1]; /* "2026-11-23", UTC */
	git_oid newest;
};
struct day_index {
	struct day *all; /* oldest first; where the clock was set back, a day stands there twice */
	size_t count, room;
	git_oid head; /* the newest state they tell of; all zero: none */
};
void day_index_finish(struct day_index *days);

/* Kept in a file beside the repository's own. None, or not one of ours: no days, and the commits are gone
 * through. */
void day_index_load(git_repository *repo, struct day_index *days);
int day_index_save(git_repository *repo, const struct day_index *days, struct tfs_error *error);
/* Adds what came since; `*ret_walked` commits were looked at for it. Libgit2's codes. */
int day_index_update(git_repository *repo, struct day_index *days, size_t *ret_walked);

#endif
