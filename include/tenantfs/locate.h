/* Documents by path: reads and changes the tree for callers other than file system requests. */
#ifndef TENANTFS_LOCATE_H
#define TENANTFS_LOCATE_H

#include "tenantfs/tree.h"

struct path_node;

/* The path of a document, and the document at that path. */
struct tfs_location {
	const struct tfs_kind *kind;
	struct tfs_resource *resource; /* NULL: an object above the path does not exist */
	struct tfs_doc *doc;           /* the current version, counted; NULL: it does not exist */
	const char *ending;            /* follows the object's name, as ".json"; NULL: the file name is fixed */
	unsigned rank;                 /* above the ranks of all kinds that documents here may reference */
	/* Private to the tree. */
	const struct path_node *path_node;
	struct tfs_node *dir; /* one look-up counted, unless it is the root */
	char *name;
};

/*
 * Looks the path up; may call the server. The caller ends `*ret` with tfs_location_finish. A document that does not
 * exist is no error. -ENOENT: no document can have such a path.
 */
int tfs_tree_locate(struct tfs_tree *tree, struct tfs_op *op, const char *path, struct tfs_location *ret);
void tfs_location_finish(struct tfs_tree *tree, struct tfs_location *location);

/* Whether the mount remembers the secret of a digest from an object that it removed: a new object gets it. */
bool tfs_tree_knows_secret(const struct tfs_tree *tree, const char *digest);

/* The functions below require `location->resource`. */

/* Fetches the document from the server. -ENOENT: it does not exist, and `location->doc` is NULL. */
int tfs_location_reload(struct tfs_op *op, struct tfs_location *location);
/*
 * Saves a text like an edit; a refused text is kept as a draft. `base` is the version the text is based on, NULL for a
 * new document. In a dry run (tfs_op_dry_run) no change is sent and no draft is kept.
 */
int tfs_location_save(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_location *location,
		      struct tfs_doc *base, const char *text, size_t len);
/* Removes the document like unlink. */
int tfs_location_remove(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_location *location);

#endif
