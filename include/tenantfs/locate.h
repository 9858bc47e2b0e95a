/* Documents by path: how code other than file system requests reads and changes the tree. */
#ifndef TENANTFS_LOCATE_H
#define TENANTFS_LOCATE_H

#include "tenantfs/tree.h"

struct path_node;

/* A path of a document, and the document that is there. */
struct tfs_location {
	const struct tfs_kind *kind;
	struct tfs_resource *resource; /* NULL: an object above the path does not exist */
	struct tfs_doc *doc;           /* the present version, counted; NULL: none */
	const char *ending;            /* follows the object's name in the file name, ".json"; NULL: the file name is
			       fixed */
	unsigned rank;                 /* above the ranks of all kinds that documents here may reference */
	/* Private to the tree. */
	const struct path_node *path_node;
	struct tfs_node *dir; /* one look-up counted, unless it is the root */
	char *name;
};

/*
 * Looks the path up; may call the server. `*ret` is for tfs_location_finish. A document that does not exist
 * is no error. -ENOENT: no document can be at such a path.
 */
int tfs_tree_locate(struct tfs_tree *tree, struct tfs_op *op, const char *path, struct tfs_location *ret);
void tfs_location_finish(struct tfs_tree *tree, struct tfs_location *location);

/* The following need `location->resource`. */

/* Reads the document again from the server. -ENOENT: it does not exist; `location->doc` is NULL then. */
int tfs_location_reload(struct tfs_op *op, struct tfs_location *location);
/*
 * Saves a text as an edit does; a refused text is kept as a draft. `base` is the version the text started
 * from, NULL for a new document. In a dry run (tfs_op_dry_run) nothing is sent and nothing is kept.
 */
int tfs_location_save(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_location *location,
		      struct tfs_doc *base, const char *text, size_t len);
/* Removes the document as unlink does. */
int tfs_location_remove(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_location *location);

#endif
