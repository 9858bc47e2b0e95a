/* Editors: documents open for writing, each with its own edit. */
#ifndef TENANTFS_TREE_EDITOR_H
#define TENANTFS_TREE_EDITOR_H

#include "node.h"

/* Protected by the tree's lock. */
struct editor {
	struct tfs_file file;
	struct editor *next;  /* in the node's list */
	struct tfs_doc *base; /* the version the edit is based on; NULL: a new document */
	struct tfs_buf text;  /* once `owned` */
	uid_t uid;            /* the user who opened the file */
	bool owned;           /* `text` is used; before the first change the text is the base's */
	bool append;
	bool committing;
	uint64_t serial; /* rises with each change of the text */
	uint64_t tried;  /* the serial that `verdict` is about */
	struct tfs_error verdict;
	struct timespec touched; /* when the text was changed */
	bool timed;              /* `touched` was set by utimens */
};

/* Takes ownership of `base`, even on failure. `cut`: the edit starts with an empty text. */
int tree_editor_open(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, struct tfs_doc *base, int flags,
		     bool cut, struct tfs_file **ret) TFS_HOLDS(tree->lock);
/* The only unsent edit of the node; NULL: none or several. The tree's lock is held. */
struct editor *tree_editor_shown(const struct tfs_node *node);
size_t tree_editor_size(const struct editor *editor);
/* The file as an editor; NULL: it is none. `file` may be NULL. */
struct editor *tree_editor_of(struct tfs_file *file);

#endif
