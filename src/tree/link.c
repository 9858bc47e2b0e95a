/* Where a directory's entries come from, and what happens to its nodes when those change. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node.h"
#include "version.h"

/* All directories that have entries of one resource. */
struct watch {
	UT_hash_handle hh;
	struct link *links;
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
static int link_add(struct tfs_tree *tree, struct link *link, struct tfs_resource *resource)
{
	const char *path = tfs_resource_path(resource);
	struct watch *watch;

	if (link->resource != NULL)
		return 0;
	HASH_FIND_STR(tree->watches, path, watch);
	if (watch == NULL) {
		watch = calloc(1, sizeof(*watch));
		if (watch == NULL)
			return -ENOMEM;
		watch->resource = resource;
		HASH_ADD_KEYPTR(hh, tree->watches, path, strlen(path), watch);
		if (!tfs_hash_added(watch)) {
			free(watch);
			return -ENOMEM;
		}
	}
	link->resource = resource;
	link->next = watch->links;
	watch->links = link;
	return 0;
}

int link_resource(struct tfs_tree *tree, struct tfs_node *dir, const struct place *place,
		  struct tfs_resource **ret)
{
	struct link *link = &dir->dir->links[place->index];
	struct tfs_resource *resource;
	struct chain chain;
	int r;

	tree_lock(tree);
	resource = link->resource;
	tree_unlock(tree);
	if (resource == NULL) {
		r = chain_make(&chain, dir);
		if (r == 0)
			r = tfs_store_resource(tree->store, place->kind, chain.count > 0 ? chain.scopes : NULL,
					       &resource);
		if (r < 0)
			return r;
		tree_lock(tree);
		r = link_add(tree, link, resource);
		tree_unlock(tree);
		if (r < 0)
			return r;
	}
	*ret = resource;
	return 0;
}

static void link_drop(struct tfs_tree *tree, struct link *link)
{
	const char *path = tfs_resource_path(link->resource);
	struct watch *watch;
	struct link **at;

	HASH_FIND_STR(tree->watches, path, watch);
	for (at = &watch->links; *at != link; at = &(*at)->next)
		;
	*at = link->next;
	if (watch->links == NULL) {
		HASH_DEL(tree->watches, watch);
		free(watch);
	}
}

void links_drop(struct tfs_tree *tree, struct dir *dir)
{
	for (unsigned i = 0; i < dir->n_links; i++)
		if (dir->links[i].resource != NULL)
			link_drop(tree, &dir->links[i]);
}

/* The lock is held. Entries that may be others by now: the kernel asks again before it shows them. */
static void entries_stale(struct tfs_tree *tree, const struct link *link, const struct tfs_doc *doc)
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
static void entry_changed(struct tfs_tree *tree, struct link *link, struct tfs_doc *old, struct tfs_doc *new)
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
	struct watch *watch;

	tree_lock(tree);
	HASH_FIND_STR(tree->watches, list, watch);
	for (struct link *link = watch != NULL ? watch->links : NULL; link != NULL; link = link->next)
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

static bool link_fresh(struct tfs_tree *tree, struct tfs_resource *resource)
{
	struct tfs_list *list;
	bool fresh;

	if (tfs_cache_list(tree->cache, tfs_resource_path(resource), &list) < 0)
		return false;
	fresh = tfs_list_fresh(list, freshness_ms(tree, tfs_resource_kind(resource)));
	tfs_list_unref(list);
	return fresh;
}

bool links_fresh(struct tfs_tree *tree, struct tfs_node *dir)
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
		resource = dir->dir->links[place->index].resource;
		tree_unlock(tree);
		fresh = resource != NULL && link_fresh(tree, resource);
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
