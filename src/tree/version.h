/*
 * Versions: a node represents one version of a document for its whole life. A new version is a new node, as if a file
 * were renamed onto the name. So sizes and pages that the kernel caches stay valid, and no reader gets a mixture of
 * two versions. A node of which the list shows only a part becomes that of the whole document once it is read.
 */
#ifndef TENANTFS_TREE_VERSION_H
#define TENANTFS_TREE_VERSION_H

#include "node.h"

/* Sets the version of a new node. */
void tree_version_begin(struct tfs_tree *tree, struct tfs_node *node, const struct tfs_doc *doc) TFS_HOLDS(tree->lock);
/* Detaches a node with an older version than `doc` from its name. `old` is the version before `doc`, or NULL. */
void tree_version_follow(struct tfs_tree *tree, struct tfs_node *node, const struct tfs_doc *doc, struct tfs_doc *old)
	TFS_HOLDS(tree->lock);
/* Called after an edit was saved: its node shows the saved version, and the name goes to a new node. */
void tree_version_saved(struct tfs_tree *tree, struct tfs_node *node, const struct tfs_doc *doc) TFS_HOLDS(tree->lock);
/* Called after a new document was sent: it is no longer pending. */
void tree_version_sent(struct tfs_tree *tree, struct tfs_node *node) TFS_HOLDS(tree->lock);

/* Records that a process (tfs_op_pid) reads the node's version `doc`. */
void tree_version_read(struct tfs_tree *tree, struct tfs_node *node, pid_t pid, struct tfs_doc *doc)
	TFS_HOLDS(tree->lock);
/*
 * The base of a writer that replaces the whole text: the version it read before others changed the document. Counted.
 * NULL: none, the current version is the base.
 */
struct tfs_doc *tree_version_base(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_resource *resource,
				  const char *name, const struct tfs_node *node) TFS_HOLDS(tree->lock);
/* Called after a successful save: if the process of `op` read an earlier version, it now counts as reader of `doc`. */
void tree_version_written(struct tfs_tree *tree, const struct tfs_op *op, const struct tfs_resource *resource,
			  struct tfs_doc *doc) TFS_HOLDS(tree->lock);
/* The version of a document that the process of `op` itself read last, counted; NULL: none. */
struct tfs_doc *tree_version_read_by(struct tfs_tree *tree, const struct tfs_op *op,
				     const struct tfs_resource *resource, const char *name) TFS_HOLDS(tree->lock);
/* Whether the process has read a document since `started_ms`, its start on the clock of tfs_caller. */
bool tree_version_reads_since(const struct tfs_tree *tree, pid_t pid, uint64_t started_ms) TFS_HOLDS(tree->lock);
/* Drops the replaced versions of a document. */
void tree_versions_forget(struct tfs_tree *tree, const struct tfs_resource *resource, const char *name)
	TFS_HOLDS(tree->lock);
int tree_versions_new(struct tfs_tree *tree);
void tree_versions_free(struct tfs_tree *tree) TFS_HOLDS(tree->lock);

/* Sets the mtime that a user gave to a document. It is valid for all nodes until the text changes. */
void tree_version_set_time(struct tfs_tree *tree, const struct tfs_resource *resource, const char *name,
			   uint64_t generation, struct timespec mtime) TFS_HOLDS(tree->lock);

#endif
