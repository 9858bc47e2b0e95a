/* Path nodes: the path templates of the catalogue's kinds as a trie. */
#ifndef TENANTFS_TREE_PATH_NODE_H
#define TENANTFS_TREE_PATH_NODE_H

#include <stdbool.h>

#include "tenantfs/catalogue.h"
#include "tenantfs/error.h"

enum path_node_type {
	PATH_DIR,       /* a directory `name` */
	PATH_COMMUNITY, /* one directory for each configured community */
	PATH_OBJECTS,   /* one directory for each object of `kind`, named like the object */
	PATH_BELOW,     /* one directory for each object of `kind`: its name and `name` (".d"); never listed */
	PATH_DOC,       /* one document of `kind` with the file name `name` */
	PATH_SET,       /* the documents of `kind`: the object's name and `name` (".json") */
};

/* Immutable once created. */
struct path_node {
	enum path_node_type type;
	char *name;
	const struct tfs_kind *kind;
	bool unlisted;
	struct path_node *parent, *next;
	struct path_node *children; /* literal names first, then long endings before short ones */
	unsigned n_children;
	unsigned index; /* among its parent's children */
	unsigned rank;  /* above the ranks of all kinds that the listed documents here may reference */
};

int tree_path_nodes_new(const struct tfs_kind *kinds, size_t n_kinds, struct path_node **ret, struct tfs_error *error);
void tree_path_nodes_free(struct path_node *root);

/*
 * The next child after `after` (NULL: the first child) that matches `name`; the object need not exist. `*ret_object`
 * is the object's name, NULL for a PATH_DIR; the caller frees it.
 */
const struct path_node *tree_path_node_match(const struct path_node *parent, const struct path_node *after,
					     const char *name, char **ret_object);

bool tree_path_node_is_document(const struct path_node *path_node);
/* The PATH_DOC or PATH_SET that matches `name`; NULL: no document in the directory can have such a name. */
const struct path_node *tree_path_node_find_document(const struct path_node *directory, const char *name);
/* Whether the kind is a view: the API can neither create, change nor remove its documents. */
bool tree_kind_is_view(const struct tfs_kind *kind);
/* The first PATH_SET of a directory, or NULL. */
const struct path_node *tree_path_node_find_set(const struct path_node *directory);

#endif
