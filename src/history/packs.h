/* The packs of the repository: few, though each batch writes one. */
#ifndef TENANTFS_HISTORY_PACKS_H
#define TENANTFS_HISTORY_PACKS_H

#include "repo.h"

/* Packs that are to go, by their names without ending. */
struct packs_list {
	char **names;
	size_t count;
};
int packs_add(struct packs_list *list, const char *name);
void packs_forget(struct packs_list *list);
/* Removes the files, and forgets the names. */
void packs_remove(const char *folder, struct packs_list *list);

/*
 * Kept in a file of the repository, so that they go although the process ends before. `state` tells whether the list
 * still holds: the newest commit at that time, or the pack they were merged into. Without names the file is removed.
 * Read: a file that is not there has none.
 */
int packs_save(const char *repository, const char *file, const git_oid *state, const struct packs_list *list);
void packs_load(const char *repository, const char *file, git_oid *ret_state, struct packs_list *ret_list);

size_t packs_count(const char *folder);
/* Those that merging is for. */
size_t packs_small(const char *folder);
/*
 * Merges what is small. 1: merged, 0: there was no need, or libgit2's code. Those merged are added to the doomed, which
 * are to go a while later: somebody may be reading them. `ret_name` is the one they became.
 */
int packs_merge(git_repository *repo, const char *folder, struct packs_list *doomed, git_oid *ret_name);
/* Whether the pack of that name is there, with its index. */
bool packs_have(const char *folder, const git_oid *name);

#endif
