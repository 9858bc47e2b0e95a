/* Generated files, and directory entries that no path template has. */
#ifndef TENANTFS_TREE_GENERATED_H
#define TENANTFS_TREE_GENERATED_H

#include "node.h"

/* A file whose text is generated. */
struct generator {
	const char *name;
	bool constant; /* the text does not change while mounted */
	int (*make)(struct tfs_tree *tree, const struct tfs_node *node, struct tfs_buf *out);
	/* The user who owns the file; -ENOENT: it is gone. NULL: everybody who may enter the mount may read it. */
	int (*owner)(struct tfs_tree *tree, const struct tfs_node *node, uid_t *ret);
};

/*
 * special-entries.c: README.md, .api, .tenantfs, .history, .schema.json and the templates of a set. Whether the
 * directory has a special entry of that name.
 */
bool tree_find_extra(struct tfs_tree *tree, const struct tfs_node *dir, const char *name, struct found *ret);
/* Adds the special entries that are listed. */
int tree_list_extras(struct tfs_tree *tree, const struct tfs_node *dir, struct listing *listing);

int tree_make_readme(struct tfs_tree *tree, const struct tfs_node *node, struct tfs_buf *out);
int tree_make_metrics(struct tfs_tree *tree, const struct tfs_node *node, struct tfs_buf *out) TFS_LACKS(tree->lock);

/* Opens a file with a constant text. Takes ownership of `text`, even on failure. `direct`: bypass the page cache. */
int tree_text_file_open(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, char *text, size_t len,
			bool direct, struct tfs_file **ret, struct tfs_open_result *ret_result) TFS_LACKS(tree->lock);

#endif
