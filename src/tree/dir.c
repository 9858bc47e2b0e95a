/* The payload of a directory: its version, resources and local files. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "node.h"
#include "tenantfs/clock.h"

int tree_dir_payload_new(struct tfs_tree *tree, struct tfs_node *node, const struct path_node *path_node)
{
	unsigned count = node->ops->kind == KIND_PATH_DIR ? path_node->n_children : 0;
	struct dir *dir = calloc(1, sizeof(*dir) + count * sizeof(struct dir_resource));
	const struct path_node *child = count > 0 ? path_node->children : NULL;

	if (!dir)
		return -ENOMEM;
	dir->version = ++tree->next_version;
	dir->mtime = tfs_clock_wall();
	dir->n_resources = count;
	for (; child; child = child->next) {
		dir->resources[child->index].dir = node;
		dir->resources[child->index].path_node = child;
	}
	node->dir = dir;
	return 0;
}

void tree_dir_payload_free(struct tfs_tree *tree, struct tfs_node *node)
{
	struct dir *dir = node->dir;

	if (!dir)
		return;
	tree_dir_resources_drop(tree, dir);
	while (dir->hidden) {
		struct hidden *hidden = dir->hidden;

		dir->hidden = hidden->next;
		tfs_doc_unref(hidden->doc);
		free(hidden->name);
		free(hidden);
	}
	free(dir->locals);
	free(dir);
	node->dir = NULL;
}

void tree_dir_changed(struct tfs_tree *tree, struct tfs_node *node)
{
	struct dir *dir = node->dir;
	bool known = node->flags & NODE_ATTR_CACHED || dir->kernel_version == dir->version;

	dir->version = ++tree->next_version;
	if (dir->listed)
		dir->mtime = tfs_clock_wall();
	if (!known)
		return;
	/* One event is enough until the kernel asks again: a first listing changes a directory once per entry. */
	node->flags &= ~(uint32_t)NODE_ATTR_CACHED;
	tree_node_tell_changed(tree, node);
}

int tree_dir_add_local(struct tfs_tree *tree, struct tfs_node *dir, struct tfs_node *node)
{
	struct dir *payload = dir->dir;
	struct tfs_node **locals = realloc(payload->locals, (payload->n_locals + 1) * sizeof(struct tfs_node *));

	if (!locals)
		return -ENOMEM;
	payload->locals = locals;
	locals[payload->n_locals++] = tree_node_get(node);
	tree->scratch_files++;
	tree_dir_changed(tree, dir);
	return 0;
}

void tree_dir_remove_local(struct tfs_tree *tree, struct tfs_node *dir, struct tfs_node *node)
{
	struct dir *payload = dir->dir;

	for (size_t i = 0; i < payload->n_locals; i++) {
		if (payload->locals[i] != node)
			continue;
		assert(tree->scratch_files > 0);
		payload->locals[i] = payload->locals[--payload->n_locals];
		tree->scratch_files--;
		tree_dir_changed(tree, dir);
		tree_node_put(tree, node);
		return;
	}
}
