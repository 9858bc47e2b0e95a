/* Open files: snapshots, edits, commit points. */
#ifndef TENANTFS_OPEN_H
#define TENANTFS_OPEN_H

#include "tenantfs/tree.h"

struct tfs_open_result {
	bool keep_cache; /* the kernel's pages of this node are of the snapshot's version */
	bool no_flush;   /* read-only: flush need not be sent */
	bool direct_io;  /* pages must not be used: an edit, or the size is not known before the read */
};
int tfs_tree_open(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, int flags, struct tfs_file **ret,
		  struct tfs_open_result *ret_result);
int tfs_tree_create(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *parent, const char *name, mode_t mode,
		    int flags, struct tfs_node **ret_node, struct tfs_attr *ret_attr, struct tfs_file **ret_file,
		    struct tfs_open_result *ret_result);
/*
 * Bytes at `offset`, fewer at the end. `*ret_bytes` is borrowed from the file,
 * or `*ret_copy` (yours, else NULL) where they may change at any time.
 */
int tfs_tree_read(struct tfs_file *file, struct tfs_op *op, uint64_t offset, size_t size, const char **ret_bytes,
		  size_t *ret_len, char **ret_copy);
/* Whether reading may have to wait for a call. */
bool tfs_file_waits(const struct tfs_file *file);
int tfs_tree_write(struct tfs_file *file, struct tfs_op *op, uint64_t offset, const void *bytes, size_t len);
/* The commit points, each with the server's verdict. `tfs_file_flush` comes at every close of a descriptor. */
int tfs_file_flush(struct tfs_file *file, struct tfs_op *op);
int tfs_file_fsync(struct tfs_file *file, struct tfs_op *op);
void tfs_file_release(struct tfs_file *file);

#endif
