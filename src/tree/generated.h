/* Generated files, and the entries of directories that are in no path template. */
#ifndef TENANTFS_TREE_GENERATED_H
#define TENANTFS_TREE_GENERATED_H

#include "node.h"

/* A file whose text is made for each look-up. */
struct generator {
	const char *name;
	bool constant; /* the text never changes while mounted */
	int (*make)(struct tfs_tree *tree, const struct tfs_node *node, struct tfs_buf *out);
	/* Of one that is not everybody's who may enter: whose it is; -ENOENT. */
	int (*owner)(struct tfs_tree *tree, const struct tfs_node *node, uid_t *ret);
};

/* special-entries.c: README.md, .api, .tenantfs and .history; .schema.json and the templates of a set. */
bool tree_find_extra(struct tfs_tree *tree, const struct tfs_node *dir, const char *name, struct found *ret);
/* Those of them that are listed. */
int tree_list_extras(struct tfs_tree *tree, const struct tfs_node *dir, struct listing *listing);

int tree_make_readme(struct tfs_tree *tree, const struct tfs_node *node, struct tfs_buf *out);
int tree_make_metrics(struct tfs_tree *tree, const struct tfs_node *node, struct tfs_buf *out) TFS_LACKS(tree->lock);

/* A file over a text that was made for it; takes over `text`. */
int tree_text_file_open(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, char *text, size_t len,
			bool direct, struct tfs_file **ret, struct tfs_open_result *ret_result) TFS_LACKS(tree->lock);

#endif
