/* Locks of open files, for the files of the tree. */
#ifndef TENANTFS_TREE_FILE_LOCK_H
#define TENANTFS_TREE_FILE_LOCK_H

#include "node.h"
#include "tenantfs/file-lock.h"

/* Whether programs use locks on the path. A lock may move readers to a newer version: they use no cached pages. */
bool tree_locks_used(struct tfs_tree *tree, const struct tfs_node *node) TFS_HOLDS(tree->lock);
/* Whether the file's program uses locks but has none now: it does not read. */
bool tree_lock_awaited(struct tfs_tree *tree, const struct tfs_file *file) TFS_HOLDS(tree->lock);
/* The document `name` of a directory has another version; NULL: it was removed. */
void tree_locks_follow(struct tfs_tree *tree, const struct tfs_node *dir, const char *name, struct tfs_doc *doc)
	TFS_HOLDS(tree->lock);
/* Called when the file is closed for the last time. */
void tree_locks_release(struct tfs_tree *tree, const struct tfs_file *file) TFS_HOLDS(tree->lock);
void tree_locks_free(struct tfs_tree *tree) TFS_HOLDS(tree->lock);

#endif
