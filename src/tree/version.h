/*
 * Versions: a node stands for one version of a document, from its first look-up
 * to its last. A new version is a new node, as if it had been renamed onto the
 * name: sizes and pages the kernel remembers never turn wrong, and nobody reads
 * half of two versions.
 */
#ifndef TENANTFS_TREE_VERSION_H
#define TENANTFS_TREE_VERSION_H

#include "node.h"

/* The version of a node that was just made. */
void tree_version_begin(struct tfs_tree *tree, struct tfs_node *node, const struct tfs_doc *doc) TFS_HOLDS(tree->lock);
/* Detaches a node of an older version than `doc` from its name. `old` is the version before, if known. */
void tree_version_follow(struct tfs_tree *tree, struct tfs_node *node, const struct tfs_doc *doc, struct tfs_doc *old)
	TFS_HOLDS(tree->lock);
/* After a writer's edit was saved: its node shows the saved version, and the name goes to a new node. */
void tree_version_saved(struct tfs_tree *tree, struct tfs_node *node, const struct tfs_doc *doc) TFS_HOLDS(tree->lock);
/* A new document was sent: it is no longer pending. */
void tree_version_sent(struct tfs_tree *tree, struct tfs_node *node) TFS_HOLDS(tree->lock);

/* Notes that `op` reads the version shown, which is `doc`. */
void tree_version_read(struct tfs_tree *tree, struct tfs_node *node, const struct tfs_op *op, struct tfs_doc *doc)
	TFS_HOLDS(tree->lock);
/*
 * What a writer who replaces the whole text started from, when that is not what
 * is shown now: the version it read before others changed it. Yours; NULL: none.
 */
struct tfs_doc *tree_version_base(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_resource *resource,
				  const char *name, const struct tfs_node *node) TFS_HOLDS(tree->lock);
/* After a good save: the process of `op`, if it read an earlier version, knows this one. */
void tree_version_written(struct tfs_tree *tree, const struct tfs_op *op, const struct tfs_resource *resource,
			  struct tfs_doc *doc) TFS_HOLDS(tree->lock);
/* What the process of `op` itself read last of a document. Yours; NULL: nothing. */
struct tfs_doc *tree_version_read_by(struct tfs_tree *tree, const struct tfs_op *op,
				     const struct tfs_resource *resource, const char *name) TFS_HOLDS(tree->lock);
void tree_versions_forget(struct tfs_tree *tree, const struct tfs_resource *resource, const char *name)
	TFS_HOLDS(tree->lock);
int tree_versions_new(struct tfs_tree *tree);
void tree_versions_free(struct tfs_tree *tree) TFS_HOLDS(tree->lock);

/* The time a user gave to a document; it holds until the bytes change, whatever node shows them. */
void tree_version_set_time(struct tfs_tree *tree, const struct tfs_resource *resource, const char *name,
			   uint64_t generation, struct timespec mtime) TFS_HOLDS(tree->lock);

#endif
