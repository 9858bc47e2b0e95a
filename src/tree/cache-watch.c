/* Cache events: update nodes and directories when a cached document is added, changed or removed. */
#include <stdio.h>

#include "file-lock.h"
#include "node.h"
#include "version.h"

/* The entries may be outdated: makes the kernel look them up again. */
static void entries_stale(struct tfs_tree *tree, const struct dir_resource *link, const struct tfs_doc *doc)
	TFS_HOLDS(tree->lock)
{
	const struct path_node *path_node = link->path_node;
	char name[NAME_ROOM];

	if (path_node->type == PATH_DOC) {
		tree_node_tell_gone(tree, link->dir, path_node->name);
		return;
	}
	if (doc) {
		snprintf(name, sizeof(name), "%s%s", doc->name, path_node->name);
		tree_node_tell_gone(tree, link->dir, name);
		return;
	}
	for (struct tfs_node *node = tree->nodes; node; node = node->hh.next)
		if (node_parent(node) == link->dir && node->ops->kind == KIND_DOCUMENT)
			tree_node_tell_gone(tree, link->dir, node_name(node));
}

/* One entry of one directory was added (no `old`), changed, or removed (no `new`). */
static void entry_changed(struct tfs_tree *tree, struct dir_resource *link, struct tfs_doc *old, struct tfs_doc *new)
	TFS_HOLDS(tree->lock)
{
	const struct path_node *path_node = link->path_node;
	bool document = tree_path_node_is_document(path_node);
	char name[NAME_ROOM];
	struct tfs_node *node;

	if (path_node->type == PATH_DOC)
		snprintf(name, sizeof(name), "%s", path_node->name);
	else
		snprintf(name, sizeof(name), "%s%s", (new ? new : old)->name, path_node->name);
	/* A document at a fixed path is listed whether it exists or not. */
	if ((!old || !new) && path_node->type != PATH_DOC && path_node->type != PATH_BELOW && !path_node->unlisted)
		tree_dir_changed(tree, link->dir);
	if (document)
		tree_locks_follow(tree, link->dir, name, new);
	node = tree_node_find(tree, link->dir, name);
	if (!node)
		return;
	tree_node_get(node);
	if (document && new && node->ops->kind == KIND_DOCUMENT)
		tree_version_follow(tree, node, new, old);
	else if (!new && (!document || node->ops->kind == KIND_DOCUMENT))
		tree_node_orphan(tree, node);
	tree_node_put(tree, node);
}

void tree_cache_changed(void *context, const char *list, struct tfs_doc *old, struct tfs_doc *new)
{
	struct tfs_tree *tree = context;

	tree_lock(tree);
	for (struct dir_resource *link = tree_dirs_of_resource(tree, list); link; link = link->next)
		if (old == new)
			entries_stale(tree, link, new);
		else
			entry_changed(tree, link, old, new);
	tree_unlock(tree);
}
