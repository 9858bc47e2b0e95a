/* The entries of a directory of the mount, in a tree of the repository. */
#ifndef TENANTFS_HISTORY_TREE_ENTRIES_H
#define TENANTFS_HISTORY_TREE_ENTRIES_H

#include "repo.h"

/* A result other than 0 ends the walk and is returned. */
typedef int (*tree_entry_fn)(void *context, const char *name, const git_tree_entry *entry);
/*
 * Calls `each` for the entries of `directory` ("" the root), wide ones included. GIT_ENOTFOUND when there is
 * none.
 */
int history_tree_entries_each(git_repository *repo, const git_oid *tree, const char *directory, tree_entry_fn each,
			      void *context);

#endif
