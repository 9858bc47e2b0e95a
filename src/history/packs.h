/* The packs of the repository. Each batch writes one; merging keeps them few. */
#ifndef TENANTFS_HISTORY_PACKS_H
#define TENANTFS_HISTORY_PACKS_H

#include "repo.h"

/* Packs to delete, by name without the file's ending. */
struct packs_list {
	char **names;
	size_t count;
};
int history_packs_add(struct packs_list *list, const char *name);
void history_packs_forget(struct packs_list *list);
/* Deletes the packs and empties the list. */
void history_packs_remove(const char *folder, struct packs_list *list);

/*
 * Saves the list in a file of the repository, so that the next process can delete the packs. `state` tells
 * whether the list is still valid: the newest commit at that time, or the pack they were merged into. An
 * empty list removes the file; a missing file is read as an empty list.
 */
int history_packs_save(const char *repository, const char *file, const git_oid *state, const struct packs_list *list);
void history_packs_load(const char *repository, const char *file, git_oid *ret_state, struct packs_list *ret_list);

size_t history_packs_count(const char *folder);
/* The number of packs that are small enough to be merged. */
size_t history_packs_small(const char *folder);
/*
 * Merges small packs. 1: merged; 0: not necessary; else libgit2's code. The merged packs are added to
 * `doomed`, to be deleted later, as readers may use them. `ret_name` is the new pack.
 */
int history_packs_merge(git_repository *repo, const char *folder, struct packs_list *doomed, git_oid *ret_name);
/* True when the pack of that name exists, with its index. */
bool history_packs_have(const char *folder, const git_oid *name);

#endif
