/* Commit points: save a text, or keep it as a draft with the error. */
#ifndef TENANTFS_TREE_COMMIT_H
#define TENANTFS_TREE_COMMIT_H

#include "node.h"

/* The document that a text is saved as. */
struct target {
	struct tfs_resource *resource;
	char object[NAME_ROOM];
	char *path; /* owned */
};

/* The cache's name of a document: its file name without the ending. */
void tree_object_name(const char *name, const struct path_node *path_node, char out[NAME_ROOM]);
/* Sets `target` to the document `name` of a directory. 0 or -ENOMEM; the caller ends it with tree_target_finish. */
int tree_target_make(struct target *target, const struct tfs_node *dir, const char *name, struct tfs_resource *resource,
		     const struct path_node *path_node);
void tree_target_finish(struct target *target);

/* Called before a change: gives the operation its user's reason and its program's change set. */
void tree_change_begin(struct tfs_tree *tree, struct tfs_op *op) TFS_LACKS(tree->lock);
/* Whether the text is that of `base`, which may be NULL. */
bool tree_text_unchanged(const struct tfs_doc *base, const char *text, size_t len);
/* Saves the text; on failure keeps it as a draft. `*ret` is the saved version, counted. */
int tree_commit_text(struct tfs_tree *tree, struct tfs_op *op, const struct target *target, struct tfs_doc *base,
		     const char *text, size_t len, struct tfs_doc **ret) TFS_LACKS(tree->lock);

/* -EROFS: a document of that kind at that path may not be written. */
int tree_check_writable(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_kind *kind, const char *path);
bool tree_is_writable(const struct tfs_tree *tree, const struct tfs_kind *kind, const struct tfs_node *node);

#endif
