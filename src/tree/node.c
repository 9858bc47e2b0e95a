/* Nodes: creation, search by name, reference counts, attributes, and events for the kernel. */
#include "node.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static size_t key_len(const char *name)
{
	return sizeof(struct node_key) + strlen(name);
}

struct tfs_node *tree_node_find(struct tfs_tree *tree, const struct tfs_node *parent, const char *name)
{
	struct {
		const struct tfs_node *parent;
		char name[NAME_ROOM];
	} probe = { .parent = parent };
	struct tfs_node *node = NULL;
	size_t len = strlen(name);

	if (len >= NAME_ROOM)
		return NULL;
	memcpy(probe.name, name, len);
	HASH_FIND(hh, tree->nodes, &probe, key_len(name), node);
	return node;
}

struct tfs_node *tree_node_new(struct tfs_tree *tree, struct tfs_node *parent, const char *name,
			       const struct node_ops *ops, const void *what)
{
	size_t len = strlen(name);
	struct tfs_node *node;

	assert(ops->attr);
	if (len >= NAME_ROOM)
		return NULL;
	node = calloc(1, sizeof(*node) + len + 1);
	if (!node)
		return NULL;
	node->ops = ops;
	node->what = what;
	node->refs = 1;
	node->generation = ++tree->next_generation;
	node->key.parent = parent;
	memcpy(node->key.name, name, len + 1);
	HASH_ADD_KEYPTR(hh, tree->nodes, &node->key, key_len(name), node);
	if (!tfs_hash_added(node)) {
		free(node);
		return NULL;
	}
	if (parent)
		tree_node_get(parent);
	return node;
}

struct tfs_node *tree_node_get(struct tfs_node *node)
{
	assert(node->refs > 0 || node->lookups > 0);
	node->refs++;
	return node;
}

static void node_free(struct tfs_tree *tree, struct tfs_node *node)
{
	if (node->ops->free)
		node->ops->free(tree, node);
	free(node);
}

void tree_node_put(struct tfs_tree *tree, struct tfs_node *node)
{
	struct tfs_node *parent;

	assert(node->refs > 0);
	node->refs--;
	while (node && node->refs == 0 && node->lookups == 0) {
		parent = node->key.parent;
		if (!(node->flags & NODE_ORPHAN))
			HASH_DELETE(hh, tree->nodes, node);
		else if (tfs_hash_added(node))
			HASH_DELETE(hh, tree->orphans, node);
		node_free(tree, node);
		node = parent;
		assert(!node || node->refs > 0);
		if (node)
			node->refs--;
	}
}

static void tell_replaced(struct tfs_tree *tree, const struct tfs_node *node) TFS_HOLDS(tree->lock)
{
	const struct tfs_tree_events *events = &tree->options.events;

	if (node->ops->kind == KIND_DOCUMENT && node->lookups > 0 && events->entry_replaced)
		events->entry_replaced(events->context, tfs_node_ino(node_parent(node)), tfs_node_ino(node),
				       node_name(node));
	else
		tree_node_tell_gone(tree, node_parent(node), node_name(node));
}

void tree_node_orphan(struct tfs_tree *tree, struct tfs_node *node)
{
	assert(node != tree->root);
	if (node->flags & NODE_ORPHAN)
		return;
	HASH_DELETE(hh, tree->nodes, node);
	node->flags |= NODE_ORPHAN;
	/* Keys in `orphans` need not be unique: nobody searches by them. */
	HASH_ADD_KEYPTR(hh, tree->orphans, &node->key, key_len(node_name(node)), node);
	tell_replaced(tree, node);
}

void tree_nodes_free(struct tfs_tree *tree)
{
	struct tfs_node *node, *next;

	HASH_ITER (hh, tree->nodes, node, next) {
		HASH_DELETE(hh, tree->nodes, node);
		node_free(tree, node);
	}
	HASH_ITER (hh, tree->orphans, node, next) {
		HASH_DELETE(hh, tree->orphans, node);
		node_free(tree, node);
	}
}

static int path_length(const struct tfs_node *node)
{
	int len = 0;

	for (; node_parent(node); node = node_parent(node))
		len += (int)strlen(node_name(node)) + 1;
	return len;
}

char *tree_child_path(const struct tfs_node *dir, const char *name)
{
	size_t above = (size_t)path_length(dir), at = above, len = strlen(name);
	char *path = malloc(above + len + 1);

	if (!path)
		return NULL;
	memcpy(path + at, name, len + 1);
	for (; node_parent(dir); dir = node_parent(dir)) {
		len = strlen(node_name(dir));
		path[--at] = '/';
		at -= len;
		memcpy(path + at, node_name(dir), len);
	}
	assert(at == 0);
	return path;
}

char *tree_node_path(const struct tfs_node *node)
{
	return node_parent(node) ? tree_child_path(node_parent(node), node_name(node)) : strdup("");
}

struct tfs_node *tfs_tree_node(struct tfs_tree *tree, uint64_t ino)
{
	return ino == ROOT_INO ? tree->root : (struct tfs_node *)(uintptr_t)ino;
}

uint64_t tfs_node_ino(const struct tfs_node *node)
{
	return !node_parent(node) ? ROOT_INO : (uint64_t)(uintptr_t)node;
}

uint64_t tfs_node_generation(const struct tfs_node *node)
{
	return node->generation;
}

void tfs_tree_forget(struct tfs_tree *tree, struct tfs_node *node, uint64_t count)
{
	tree_lock(tree);
	if (node != tree->root) {
		tree_node_get(node);
		node->lookups -= count < node->lookups ? count : node->lookups;
		tree_node_put(tree, node);
	}
	tree_unlock(tree);
}

void tree_node_tell_changed(struct tfs_tree *tree, const struct tfs_node *node)
{
	const struct tfs_tree_events *events = &tree->options.events;

	if (node->lookups > 0 && events->node_changed)
		events->node_changed(events->context, tfs_node_ino(node));
}

void tree_node_tell_gone(struct tfs_tree *tree, const struct tfs_node *parent, const char *name)
{
	const struct tfs_tree_events *events = &tree->options.events;

	if (parent->lookups > 0 && events->entry_gone)
		events->entry_gone(events->context, tfs_node_ino(parent), name);
}

/*
 * Programs that copy a tree take the entries of a directory in the order of their inode numbers. So documents that
 * others reference get lower numbers: the rank is stored in the bits above those of an address.
 */
uint64_t tree_ino_in_order(const struct node_ops *ops, const void *what, uint64_t ino)
{
	bool placed = ops->kind == KIND_PATH_DIR || ops->kind == KIND_DOCUMENT;
	const struct path_node *path_node = placed ? what : NULL;

	return path_node && path_node->parent ? ino | (uint64_t)path_node->rank << 48 : ino;
}

/* Copies the owner's bits to the group and others, as far as the mount shares them. */
static mode_t shared_mode(const struct tfs_tree *tree, mode_t mode)
{
	return mode | (((mode & 0700) >> 3 | (mode & 0700) >> 6) & tree->options.shared);
}

void tree_base_attr(struct tfs_tree *tree, struct tfs_node *node, mode_t mode, uint64_t size, struct timespec mtime,
		    struct tfs_attr *ret)
{
	*ret = (struct tfs_attr){ .stable = true };
	ret->stat.st_ino = tree_ino_in_order(node->ops, node->what, tfs_node_ino(node));
	ret->stat.st_mode = node->ops->type | shared_mode(tree, mode);
	ret->stat.st_nlink = S_ISDIR(node->ops->type) ? 2 : 1;
	ret->stat.st_uid = tree->options.uid;
	ret->stat.st_gid = tree->options.gid;
	ret->stat.st_size = (off_t)size;
	ret->stat.st_blksize = 4096;
	ret->stat.st_blocks = (blkcnt_t)((size + 511) / 512);
	ret->stat.st_atim = ret->stat.st_mtim = ret->stat.st_ctim = mtime;
}

void tree_node_attr(struct tfs_tree *tree, struct tfs_node *node, struct tfs_attr *ret)
{
	node->ops->attr(tree, node, ret);
	if (ret->stable)
		node->flags |= NODE_ATTR_CACHED;
	else
		node->flags &= ~(uint32_t)NODE_ATTR_CACHED;
}

int tree_node_update_size(struct tfs_tree *tree, struct tfs_node *node)
{
	return node->ops->update_size ? node->ops->update_size(tree, node) : 0;
}

void tree_directory_attr(struct tfs_tree *tree, struct tfs_node *node, struct tfs_attr *ret)
{
	tree_base_attr(tree, node, 0700, 0, node->dir->mtime, ret);
}
