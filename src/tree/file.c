/* Open files: dispatches requests to the file's operations. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include "file-lock.h"

void *tree_file_new(struct tfs_tree *tree, struct tfs_node *node, const struct file_ops *ops, size_t size)
{
	struct tfs_file *file = calloc(1, size);

	if (!file)
		return NULL;
	file->ops = ops;
	file->tree = tree;
	file->node = tree_node_get(node);
	DL_APPEND(tree->files, file);
	return file;
}

int tfs_tree_open(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, int flags, struct tfs_file **ret,
		  struct tfs_open_result *ret_result)
{
	if (!node->ops->open)
		return tfs_fail(op, -EISDIR, "tree", "a directory");
	return node->ops->open(tree, op, node, flags, ret, ret_result);
}

bool tfs_node_nowait(struct tfs_tree *tree, struct tfs_node *node)
{
	return !node->ops->nowait || node->ops->nowait(tree, node);
}

bool tfs_file_waits(const struct tfs_file *file)
{
	return file->ops->waits;
}

bool tfs_file_commits(const struct tfs_file *file)
{
	return file->ops->commit;
}

int tfs_tree_read(struct tfs_file *file, struct tfs_op *op, uint64_t offset, size_t size, const char **ret_bytes,
		  size_t *ret_len, char **ret_copy)
{
	if (!file->ops->read)
		return tfs_fail(op, -EBADF, "tree", "it can only be written");
	return file->ops->read(file, op, offset, size, ret_bytes, ret_len, ret_copy);
}

int tfs_tree_write(struct tfs_file *file, struct tfs_op *op, uint64_t offset, const void *bytes, size_t len)
{
	if (!file->ops->write)
		return tfs_fail(op, -EBADF, "tree", "it is open for reading");
	return file->ops->write(file, op, offset, bytes, len);
}

int tfs_file_flush(struct tfs_file *file, struct tfs_op *op)
{
	return file->ops->commit ? file->ops->commit(file, op) : 0;
}

int tfs_file_fsync(struct tfs_file *file, struct tfs_op *op)
{
	return tfs_file_flush(file, op);
}

void tfs_file_release(struct tfs_file *file)
{
	struct tfs_tree *tree = file->tree;

	tree_lock(tree);
	file->ops->release(file);
	DL_DELETE(tree->files, file);
	tree_locks_release(tree, file);
	tree_node_put(tree, file->node);
	tree_unlock(tree);
	free(file);
	/* An unsent text has become a draft. */
	tfs_drafts_write(tree->drafts);
}
