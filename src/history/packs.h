/* The packs of the repository: few, though each batch writes one. */
#ifndef TENANTFS_HISTORY_PACKS_H
#define TENANTFS_HISTORY_PACKS_H

#include "repo.h"

/* Packs whose objects are in another one by now. They go with the next merge: somebody may be reading them. */
struct packs_doomed {
	char **names;
	size_t count;
};
void packs_forget(struct packs_doomed *doomed);

size_t packs_count(const char *folder);
/* Removes the doomed, merges what is small. 1: merged, 0: there was no need, or libgit2's code. */
int packs_merge(git_repository *repo, const char *folder, struct packs_doomed *doomed);

#endif
