/* A directory of the mount in a tree of the repository. */
#ifndef TENANTFS_HISTORY_TREE_ENTRIES_H
#define TENANTFS_HISTORY_TREE_ENTRIES_H

#include "repo.h"

/* Other than 0 ends it with that. */
typedef int (*tree_entry_fn)(void *context, const char *name, const git_tree_entry *entry);
/* Entries of `directory` ("" the root), those of a wide one gathered. GIT_ENOTFOUND where there is none. */
int tree_entries_each(git_repository *repo, const git_oid *tree, const char *directory, tree_entry_fn each,
		      void *context);

#endif
