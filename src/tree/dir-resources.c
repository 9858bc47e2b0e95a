/* The resources that a directory's entries come from, and the directories that show a resource. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "node.h"

/* All directories with entries of one resource. */
struct resource_dirs {
	UT_hash_handle hh;
	struct dir_resource *dirs;
	struct tfs_resource *resource; /* its path is the key */
};

/* The objects of a path, innermost first. */
struct chain {
	struct tfs_scope scopes[PATH_SEGMENTS];
	char names[PATH_SEGMENTS][NAME_ROOM];
	unsigned count;
};

static int chain_add(struct chain *chain, const struct tfs_node *node, const struct path_node *path_node)
{
	size_t len = strlen(node_name(node)) - strlen(path_node->name);
	struct tfs_scope *scope;

	assert(len < NAME_ROOM);
	if (chain->count == PATH_SEGMENTS)
		return -ENAMETOOLONG;
	scope = &chain->scopes[chain->count];
	memcpy(chain->names[chain->count], node_name(node), len);
	chain->names[chain->count][len] = '\0';
	scope->kind = path_node->type == PATH_COMMUNITY ? "community" : path_node->kind->name;
	scope->name = chain->names[chain->count];
	scope->parent = NULL;
	if (chain->count > 0)
		chain->scopes[chain->count - 1].parent = scope;
	chain->count++;
	return 0;
}

static int chain_make(struct chain *chain, const struct tfs_node *dir)
{
	int r = 0;

	chain->count = 0;
	for (; node_parent(dir) && r == 0; dir = node_parent(dir)) {
		const struct path_node *path_node = dir->what;

		if (path_node->type != PATH_DIR)
			r = chain_add(chain, dir, path_node);
	}
	return r;
}

static int dir_resource_add(struct tfs_tree *tree, struct dir_resource *link, struct tfs_resource *resource)
	TFS_HOLDS(tree->lock)
{
	const char *path = tfs_resource_path(resource);
	struct resource_dirs *all;

	if (link->resource)
		return 0;
	HASH_FIND_STR(tree->resource_dirs, path, all);
	if (!all) {
		all = calloc(1, sizeof(*all));
		if (!all)
			return -ENOMEM;
		all->resource = resource;
		HASH_ADD_KEYPTR(hh, tree->resource_dirs, path, strlen(path), all);
		if (!tfs_hash_added(all)) {
			free(all);
			return -ENOMEM;
		}
	}
	link->resource = resource;
	link->next = all->dirs;
	all->dirs = link;
	return 0;
}

int tree_dir_resource_get(struct tfs_tree *tree, struct tfs_node *dir, const struct path_node *path_node,
			  struct tfs_resource **ret)
{
	struct dir_resource *link = &dir->dir->resources[path_node->index];
	struct tfs_resource *resource;
	struct chain chain;
	int r;

	assert(path_node->index < dir->dir->n_resources && link->path_node == path_node);
	tree_lock(tree);
	resource = link->resource;
	tree_unlock(tree);
	if (!resource) {
		r = chain_make(&chain, dir);
		if (r == 0)
			r = tfs_store_resource(tree->store, path_node->kind, chain.count > 0 ? chain.scopes : NULL,
					       &resource);
		if (r < 0)
			return r;
		tree_lock(tree);
		r = dir_resource_add(tree, link, resource);
		tree_unlock(tree);
		if (r < 0)
			return r;
	}
	*ret = resource;
	return 0;
}

static void dir_resource_drop(struct tfs_tree *tree, struct dir_resource *link)
{
	const char *path = tfs_resource_path(link->resource);
	struct resource_dirs *all;
	struct dir_resource **at;

	HASH_FIND_STR(tree->resource_dirs, path, all);
	assert(all);
	for (at = &all->dirs; *at != link; at = &(*at)->next)
		;
	*at = link->next;
	if (!all->dirs) {
		HASH_DEL(tree->resource_dirs, all);
		free(all);
	}
}

struct dir_resource *tree_dirs_of_resource(struct tfs_tree *tree, const char *path)
{
	struct resource_dirs *all;

	HASH_FIND_STR(tree->resource_dirs, path, all);
	return all ? all->dirs : NULL;
}

void tree_dir_resources_drop(struct tfs_tree *tree, struct dir *dir)
{
	for (unsigned i = 0; i < dir->n_resources; i++)
		if (dir->resources[i].resource)
			dir_resource_drop(tree, &dir->resources[i]);
}

uint64_t tree_freshness_ms(const struct tfs_tree *tree, const struct tfs_kind *kind)
{
	return kind->freshness_s > 0 ? (uint64_t)kind->freshness_s * 1000 : tree->config->freshness_ms;
}

static bool is_fresh(struct tfs_tree *tree, struct tfs_resource *resource)
{
	struct tfs_list *list;
	bool fresh;

	if (tfs_cache_list(tree->cache, tfs_resource_path(resource), &list) < 0)
		return false;
	fresh = tfs_list_fresh(list, tree_freshness_ms(tree, tfs_resource_kind(resource)));
	tfs_list_unref(list);
	return fresh;
}

bool tree_dir_resources_fresh(struct tfs_tree *tree, struct tfs_node *dir)
{
	const struct path_node *path_node = dir->what;
	bool fresh = true;

	if (dir->ops->kind != KIND_PATH_DIR)
		return true;
	for (path_node = path_node->children; path_node && fresh; path_node = path_node->next) {
		struct tfs_resource *resource;

		if (!path_node->kind || !tfs_kind_listed(path_node->kind) ||
		    (path_node->type != PATH_SET && path_node->type != PATH_OBJECTS))
			continue;
		tree_lock(tree);
		resource = dir->dir->resources[path_node->index].resource;
		tree_unlock(tree);
		fresh = resource && is_fresh(tree, resource);
	}
	return fresh;
}

struct tfs_doc *tree_cached_doc(struct tfs_tree *tree, struct tfs_resource *resource, const char *name)
{
	struct tfs_list *list;
	struct tfs_doc *doc;

	if (tfs_cache_list(tree->cache, tfs_resource_path(resource), &list) < 0)
		return NULL;
	doc = tfs_list_get(list, name);
	tfs_list_unref(list);
	return doc;
}
