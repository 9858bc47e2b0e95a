/* Where a directory's entries come from, and what happens to its nodes when those change. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node.h"
#include "version.h"

/* All directories that have entries of one resource. */
struct resource_dirs {
	UT_hash_handle hh;
	struct dir_resource *dirs;
	struct tfs_resource *resource; /* its path is the key */
};

/* The objects that a path runs through, innermost first. */
struct chain {
	struct tfs_scope scopes[PATH_SEGMENTS];
	char names[PATH_SEGMENTS][NAME_ROOM];
	unsigned count;
};

static int chain_add(struct chain *chain, const struct tfs_node *node, const struct place *place)
{
	size_t len = strlen(node_name(node)) - strlen(place->name);
	struct tfs_scope *scope;

	if (chain->count == PATH_SEGMENTS)
		return -ENAMETOOLONG;
	scope = &chain->scopes[chain->count];
	memcpy(chain->names[chain->count], node_name(node), len);
	chain->names[chain->count][len] = '\0';
	scope->kind = place->type == PLACE_COMMUNITY ? "community" : place->kind->name;
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
	for (; node_parent(dir) != NULL && r == 0; dir = node_parent(dir)) {
		const struct place *place = dir->what;

		if (place->type != PLACE_DIR)
			r = chain_add(chain, dir, place);
	}
	return r;
}

/* The lock is held. */
static int dir_resource_add(struct tfs_tree *tree, struct dir_resource *link, struct tfs_resource *resource)
{
	const char *path = tfs_resource_path(resource);
	struct resource_dirs *all;

	if (link->resource != NULL)
		return 0;
	HASH_FIND_STR(tree->resource_dirs, path, all);
	if (all == NULL) {
		all = calloc(1, sizeof(*all));
		if (all == NULL)
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

int dir_resource_get(struct tfs_tree *tree, struct tfs_node *dir, const struct place *place,
		     struct tfs_resource **ret)
{
	struct dir_resource *link = &dir->dir->resources[place->index];
	struct tfs_resource *resource;
	struct chain chain;
	int r;

	tree_lock(tree);
	resource = link->resource;
	tree_unlock(tree);
	if (resource == NULL) {
		r = chain_make(&chain, dir);
		if (r == 0)
			r = tfs_store_resource(tree->store, place->kind,
					       chain.count > 0 ? chain.scopes : NULL, &resource);
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
	for (at = &all->dirs; *at != link; at = &(*at)->next)
		;
	*at = link->next;
	if (all->dirs == NULL) {
		HASH_DEL(tree->resource_dirs, all);
		free(all);
	}
}

void dir_resources_drop(struct tfs_tree *tree, struct dir *dir)
{
	for (unsigned i = 0; i < dir->n_resources; i++)
		if (dir->resources[i].resource != NULL)
			dir_resource_drop(tree, &dir->resources[i]);
}

/* The lock is held. Entries that may be others by now: the kernel asks again before it shows them. */
static void entries_stale(struct tfs_tree *tree, const struct dir_resource *link, const struct tfs_doc *doc)
{
	const struct place *place = link->place;
	char name[NAME_ROOM];

	if (place->type == PLACE_DOC) {
		node_tell_gone(tree, link->dir, place->name);
		return;
	}
	if (doc != NULL) {
		snprintf(name, sizeof(name), "%s%s", doc->name, place->name);
		node_tell_gone(tree, link->dir, name);
		return;
	}
	for (struct tfs_node *node = tree->nodes; node != NULL; node = node->hh.next)
		if (node_parent(node) == link->dir && node->ops == &document_ops)
			node_tell_gone(tree, link->dir, node_name(node));
}

/* The lock is held. One entry of one directory came (no `old`), changed, or went (no `new`). */
static void entry_changed(struct tfs_tree *tree, struct dir_resource *link, struct tfs_doc *old,
			  struct tfs_doc *new)
{
	const struct place *place = link->place;
	bool document = place->type == PLACE_DOC || place->type == PLACE_SET;
	char name[NAME_ROOM];
	struct tfs_node *node;

	if (place->type == PLACE_DOC)
		snprintf(name, sizeof(name), "%s", place->name);
	else
		snprintf(name, sizeof(name), "%s%s", (new != NULL ? new : old)->name, place->name);
	/* One at a fixed place is always an entry, seen or not. */
	if ((old == NULL || new == NULL) && place->type != PLACE_DOC && place->type != PLACE_BELOW &&
	    !place->unlisted)
		dir_changed(tree, link->dir);
	node = node_find(tree, link->dir, name);
	if (node == NULL)
		return;
	node_get(node);
	if (document && new != NULL && node->ops == &document_ops)
		version_follow(tree, node, new, old);
	else if (new == NULL && (!document || node->ops == &document_ops))
		node_orphan(tree, node);
	node_put(tree, node);
}

void tree_cache_changed(void *context, const char *list, struct tfs_doc *old, struct tfs_doc *new)
{
	struct tfs_tree *tree = context;
	struct resource_dirs *all;

	tree_lock(tree);
	HASH_FIND_STR(tree->resource_dirs, list, all);
	for (struct dir_resource *link = all != NULL ? all->dirs : NULL; link != NULL; link = link->next)
		if (old == new)
			entries_stale(tree, link, new);
		else
			entry_changed(tree, link, old, new);
	tree_unlock(tree);
}

uint64_t freshness_ms(const struct tfs_tree *tree, const struct tfs_kind *kind)
{
	return kind->freshness_s > 0 ? (uint64_t)kind->freshness_s * 1000 : tree->config->freshness_ms;
}

static bool is_fresh(struct tfs_tree *tree, struct tfs_resource *resource)
{
	struct tfs_list *list;
	bool fresh;

	if (tfs_cache_list(tree->cache, tfs_resource_path(resource), &list) < 0)
		return false;
	fresh = tfs_list_fresh(list, freshness_ms(tree, tfs_resource_kind(resource)));
	tfs_list_unref(list);
	return fresh;
}

bool dir_resources_fresh(struct tfs_tree *tree, struct tfs_node *dir)
{
	const struct place *place = dir->what;
	bool fresh = true;

	if (dir->ops != &place_dir_ops)
		return true;
	for (place = place->children; place != NULL && fresh; place = place->next) {
		struct tfs_resource *resource;

		if (place->kind == NULL || !tfs_kind_listed(place->kind) ||
		    (place->type != PLACE_SET && place->type != PLACE_OBJECTS))
			continue;
		tree_lock(tree);
		resource = dir->dir->resources[place->index].resource;
		tree_unlock(tree);
		fresh = resource != NULL && is_fresh(tree, resource);
	}
	return fresh;
}

struct tfs_doc *cached_doc(struct tfs_tree *tree, struct tfs_resource *resource, const char *name)
{
	struct tfs_list *list;
	struct tfs_doc *doc;

	if (tfs_cache_list(tree->cache, tfs_resource_path(resource), &list) < 0)
		return NULL;
	doc = tfs_list_get(list, name);
	tfs_list_unref(list);
	return doc;
}
