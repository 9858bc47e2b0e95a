/* Editors: documents open for writing, each with its own edit. */
#ifndef TENANTFS_TREE_EDITOR_H
#define TENANTFS_TREE_EDITOR_H

#include "node.h"

/* Protected by the tree's lock. */
struct editor {
	struct tfs_file file;
	struct editor *next;  /* in the node's list */
	struct tfs_doc *base; /* the version it started from; NULL: the document is to be created */
	struct tfs_buf text;  /* once `owned`; before that the text is the base's */
	uid_t uid;            /* of who opened it */
	bool owned;
	bool append;
	bool committing;
	uint64_t serial; /* rises with each change of the text */
	uint64_t tried;  /* the serial that `verdict` is about */
	struct tfs_error verdict;
	struct timespec touched; /* when the text was changed */
	bool timed;              /* `touched` was set by utimens */
};

/* Takes over `base`, on failure too. `cut`: starts from nothing. */
int tree_editor_open(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, struct tfs_doc *base, int flags,
		     bool cut, struct tfs_file **ret) TFS_HOLDS(tree->lock);
/* The tree's lock is held. The one edit of the node that was not sent yet; NULL when there is none or several. */
struct editor *tree_editor_shown(const struct tfs_node *node);
size_t tree_editor_size(const struct editor *editor);
/* The file as an editor, or NULL when it is none. */
struct editor *tree_editor_of(struct tfs_file *file);

#endif
