/* Open files: snapshots, edits, commit points. */
#ifndef TENANTFS_OPEN_H
#define TENANTFS_OPEN_H

#include "tenantfs/tree.h"

struct tfs_open_result {
	bool keep_cache; /* the kernel's cached pages of this node are those of the snapshot */
	bool direct_io;  /* bypass the page cache: an edit, or a text whose size is not known before the read */
};
int tfs_tree_open(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, int flags, struct tfs_file **ret,
		  struct tfs_open_result *ret_result);
int tfs_tree_create(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *parent, const char *name, mode_t mode,
		    int flags, struct tfs_node **ret_node, struct tfs_attr *ret_attr, struct tfs_file **ret_file,
		    struct tfs_open_result *ret_result);
/*
 * Reads up to `size` bytes at `offset`; fewer at the end. If the bytes may change at any time, `*ret_copy` holds them
 * and the caller frees it. Else it is NULL and `*ret_bytes` is borrowed from the file.
 */
int tfs_tree_read(struct tfs_file *file, struct tfs_op *op, uint64_t offset, size_t size, const char **ret_bytes,
		  size_t *ret_len, char **ret_copy);
/* Whether a read may wait for a call to the server. */
bool tfs_file_waits(const struct tfs_file *file);
int tfs_tree_write(struct tfs_file *file, struct tfs_op *op, uint64_t offset, const void *bytes, size_t len);
/* The commit points: return the server's verdict. The kernel sends flush at every close of a descriptor. */
/* Whether a flush may wait for a call to the server. */
bool tfs_file_commits(const struct tfs_file *file);
int tfs_file_flush(struct tfs_file *file, struct tfs_op *op);
int tfs_file_fsync(struct tfs_file *file, struct tfs_op *op);
void tfs_file_release(struct tfs_file *file);

#endif
