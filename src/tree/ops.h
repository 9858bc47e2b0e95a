/* The kinds of nodes, and their operations. */
#ifndef TENANTFS_TREE_OPS_H
#define TENANTFS_TREE_OPS_H

#include "path-node.h"
#include "tenantfs/open.h"

struct found;
struct listing;

/* The kinds that other files tell apart. */
enum node_kind {
	KIND_OTHER,
	KIND_PATH_DIR, /* a directory that the catalogue places */
	KIND_DOCUMENT,
	KIND_SCRATCH,
	KIND_CALL,
	KIND_CONTROL, /* a file of .tenantfs that is written to */
};

/* A missing operation is refused. Operations are called without the tree's lock unless noted. */
struct node_ops {
	enum node_kind kind;
	mode_t type;
	const char *state;
	/* Frees the payload; NULL: none. The tree's lock is held. */
	void (*free)(struct tfs_tree *tree, struct tfs_node *node);
	/* Generates the text whose size `attr` reports; NULL: the size is known. */
	int (*update_size)(struct tfs_tree *tree, struct tfs_node *node);
	/* The tree's lock is held. */
	void (*attr)(struct tfs_tree *tree, struct tfs_node *node, struct tfs_attr *ret);
	int (*open)(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, int flags, struct tfs_file **ret,
		    struct tfs_open_result *ret_result);
	/* Whether `open` completes now without a call to the server; NULL: always. */
	bool (*nowait)(struct tfs_tree *tree, struct tfs_node *node);
	/* Directories: resolves a name; lists all names. */
	int (*find)(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
		    struct found *ret);
	int (*list)(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, struct listing *listing);
	bool no_change_events; /* names change without an event: the kernel may not cache the listing */
	/* Directories: unlink of an entry other than a document; NULL: refused. */
	int (*remove)(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name);
};

/* The result of a look-up: what the node is made of. `doc` is owned. */
struct found {
	const struct node_ops *ops;
	const void *what;
	struct tfs_resource *resource;
	struct tfs_doc *doc;
};

#endif
