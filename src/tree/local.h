/* Local files: scratch files, and documents renamed to a backup's name. */
#ifndef TENANTFS_TREE_LOCAL_H
#define TENANTFS_TREE_LOCAL_H

#include "node.h"

/* Bytes of a scratch file, shared by its node and its open files. Protected by the tree's lock. */
struct scratch {
	unsigned refs;
	struct tfs_buf text;
	uid_t uid;
	mode_t mode;
	struct timespec mtime;
	bool timed;                   /* `mtime` was set by utimens */
	struct backup_rename *backup; /* the backup rename that made this file; borrowed, points back */
	struct target *became;        /* the document this file was renamed onto; owned */
	uint64_t serial;              /* rises with each change of the text */
	uint64_t sent;                /* the serial last sent as that document */
};

struct scratch *tree_scratch_new(uid_t uid, mode_t mode);
void tree_scratch_unref(struct tfs_tree *tree, struct scratch *scratch) TFS_HOLDS(tree->lock);
int tree_scratch_set(struct tfs_tree *tree, struct scratch *scratch, const char *text, size_t len)
	TFS_HOLDS(tree->lock);
/* Adds a scratch file to a directory and takes a reference to `scratch`. `*ret` is counted. -ENOSPC: too many files. */
int tree_scratch_add(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
		     struct scratch *scratch, struct tfs_node **ret) TFS_HOLDS(tree->lock);
/* Removes the name; open files keep the text. */
void tree_scratch_remove(struct tfs_tree *tree, struct tfs_node *node) TFS_HOLDS(tree->lock);

/* The backup rename of the document `name`; NULL: none. The tree's lock is held. */
struct backup_rename *tree_backup_find(const struct tfs_node *dir, const char *name);
/* Records that a document was renamed to the scratch file `holder`. Takes ownership of `doc`, even on failure. */
int tree_backup_add(struct tfs_tree *tree, struct tfs_node *dir, const char *name, struct tfs_doc *doc,
		    struct scratch *holder) TFS_HOLDS(tree->lock);
/* Ends a backup rename: the document has its own name again. `backup` may be NULL. */
void tree_backup_end(struct tfs_tree *tree, struct backup_rename *backup) TFS_HOLDS(tree->lock);

#endif
