/* Local files: scratch files, and hidden documents. */
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
	bool timed;            /* `mtime` was set by utimens */
	struct hidden *backup; /* the document that a backup rename made this file of; borrowed, points back */
	struct target *became; /* the document this file was renamed onto; owned */
	uint64_t serial;       /* rises with each change of the text */
	uint64_t sent;         /* the serial last sent as that document */
};

/*
 * Whether a new file of that name is local: editors and tools use it for temporary files, or no document of the
 * directory can have it.
 */
bool tree_name_is_local(const struct tfs_node *dir, const char *name);
/* Whether a rename to that name is to a local file. A document's ending shows that a document was meant. */
bool tree_new_name_is_local(const struct tfs_node *dir, const char *name);
struct scratch *tree_scratch_new(uid_t uid, mode_t mode);
void tree_scratch_unref(struct tfs_tree *tree, struct scratch *scratch) TFS_HOLDS(tree->lock);
int tree_scratch_set(struct tfs_tree *tree, struct scratch *scratch, const char *text, size_t len)
	TFS_HOLDS(tree->lock);
/* Adds a scratch file to a directory and takes a reference to `scratch`. `*ret` is counted. -ENOSPC: too many files. */
int tree_scratch_add(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
		     struct scratch *scratch, struct tfs_node **ret) TFS_HOLDS(tree->lock);
/* Makes or replaces the scratch file of that name. 0 or a negative errno. */
int tree_scratch_put(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name, const char *text,
		     size_t len) TFS_HOLDS(tree->lock);
/* Removes the name; open files keep the text. */
void tree_scratch_remove(struct tfs_tree *tree, struct tfs_node *node) TFS_HOLDS(tree->lock);

/* The hidden document `name`; NULL: none. The tree's lock is held. */
struct hidden *tree_hidden_find(const struct tfs_node *dir, const char *name);
/*
 * Hides a document. `holder`: the scratch file that it was renamed to, or NULL. Takes ownership of `doc`, even on
 * failure. 0 or -ENOMEM.
 */
int tree_hidden_add(struct tfs_tree *tree, struct tfs_node *dir, const char *name, struct tfs_doc *doc,
		    struct scratch *holder, struct hidden **ret) TFS_HOLDS(tree->lock);
/* The document has its own name again. `hidden` may be NULL. */
void tree_hidden_end(struct tfs_tree *tree, struct hidden *hidden) TFS_HOLDS(tree->lock);

#endif
