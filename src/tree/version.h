/* Versions: which text of a document a node shows, and what writers started from. All with the tree's lock held. */
#ifndef TENANTFS_TREE_VERSION_H
#define TENANTFS_TREE_VERSION_H

#include "node.h"

/*
 * The node shows `doc` from now on, unless it shows it or a newer one already.
 * Where readers are in the middle of another version they keep the node, and
 * the name goes to a new one: nobody reads half of two versions. `old` is what
 * stood before, where known.
 */
void version_take(struct tfs_tree *tree, struct tfs_node *node, struct tfs_doc *doc, struct tfs_doc *old);

/* Notes that `op` reads the version shown. */
void version_read(struct tfs_node *node, const struct tfs_op *op);

/*
 * What a writer who replaces the whole text started from, when that is not what
 * is shown now: the version it read before others changed it. Yours; NULL: none.
 */
struct tfs_doc *version_base(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_resource *resource,
			     const char *name, const struct tfs_node *node);
void versions_forget(struct tfs_tree *tree, const struct tfs_resource *resource, const char *name);
void versions_free(struct tfs_tree *tree);

/* Sets the time a user gave; it holds until the bytes change. */
void version_set_time(struct tfs_node *node, struct timespec mtime);

#endif
