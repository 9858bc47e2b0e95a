/*
 * Replacement by removal. tar, git, mv and others unlink a file and write it anew. Their unlink sends nothing: it hides
 * the name. What they write under it is saved as a change of the hidden document, so that the object keeps its id,
 * its secrets and what belongs to it. When the program has ended, or is silent for a minute, a thread settles the rest:
 * the name comes back, and the error log tells it. Only if the program also tried to remove the directory, as git does
 * after a file that it means to remove, the object is removed. After a crash in between the object stays.
 */
#ifndef TENANTFS_TREE_REPLACEMENT_H
#define TENANTFS_TREE_REPLACEMENT_H

#include "node.h"
#include "tenantfs/caller.h"

/* One process with removals that are put off. Protected by the tree's lock. */
struct replacement {
	struct replacement *prev, *next; /* in tree->replacements */
	struct tfs_caller caller;
	uid_t uid;
	gid_t gid;
	char change_set[TFS_OP_SET + 1];
	int process;          /* readable once the process has ended; -1: the kernel has no pidfd */
	uint64_t until_ms;    /* the latest end, moved by each unlink and create of the process */
	struct hidden *first; /* in the order of the unlinks */
};

/*
 * Puts the removal of a document off if the caller replaces by removal. 1: put off, the name is hidden. 0: the caller
 * removes. Else a negative errno with the operation's error set: it cannot be put off, and must not be removed.
 */
int tree_replacement_begin(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
			   const struct found *found) TFS_LACKS(tree->lock);
/* The hidden document is written anew: its process has another minute. The tree's lock is held. */
void tree_replacement_touch(const struct hidden *hidden);
/* The caller tries to remove a directory: what it has hidden there is meant to go. */
void tree_replacement_rmdir(struct tfs_tree *tree, const struct tfs_op *op, const struct tfs_node *parent,
			    const char *name) TFS_LACKS(tree->lock);
/* Settles all replacements and ends the thread. What a living process has hidden stays. */
void tree_replacements_end(struct tfs_tree *tree) TFS_LACKS(tree->lock);

#endif
