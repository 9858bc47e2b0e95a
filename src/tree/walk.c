/* The walk: follows the path trie for each community and each object. */
#include "tenantfs/walk.h"

#include <errno.h>

#include "path-node.h"
#include "state.h"

struct walk {
	struct tfs_tree *tree;
	tfs_walk_fn visit;
	void *context;
};

/* Whether the history records the documents and a listing shows them. */
static bool is_wanted(const struct path_node *path_node)
{
	return tree_path_node_is_document(path_node) && !tree_kind_is_view(path_node->kind) &&
	       (path_node->type == PATH_DOC || tfs_kind_listed(path_node->kind));
}

/* Whether there are documents to visit at or below a path node. */
static bool leads_on(const struct path_node *path_node)
{
	if (path_node->unlisted || path_node->type == PATH_BELOW)
		return false;
	if (tree_path_node_is_document(path_node))
		return is_wanted(path_node);
	for (const struct path_node *child = path_node->children; child; child = child->next)
		if (leads_on(child))
			return true;
	return false;
}

static int walk_below(const struct walk *walk, const struct path_node *path_node, const struct tfs_scope *scope);

static int walk_communities(const struct walk *walk, const struct path_node *path_node)
{
	const struct tfs_config *config = walk->tree->config;
	int r = 0;

	for (size_t i = 0; i < config->n_communities && r == 0; i++)
		r = walk_below(walk, path_node,
			       &(struct tfs_scope){ .kind = "community", .name = config->communities[i] });
	return r;
}

static int walk_objects(const struct walk *walk, const struct path_node *path_node, const struct tfs_scope *scope)
{
	struct tfs_resource *resource;
	struct tfs_doc **docs = NULL;
	size_t count = 0;
	int r = tfs_store_resource(walk->tree->store, path_node->kind, scope, &resource);

	if (r == 0)
		r = walk->visit(walk->context, resource, NULL, &docs, &count);
	if (r != 0)
		return r == -EINTR || r == -ENOMEM ? r : 0;
	for (size_t i = 0; i < count && r == 0; i++)
		r = walk_below(walk, path_node, &(struct tfs_scope){ scope, path_node->kind->name, docs[i]->name });
	tfs_docs_free(docs, count);
	return r;
}

static int walk_documents(const struct walk *walk, const struct path_node *path_node, const struct tfs_scope *scope)
{
	cleanup_free char *object = NULL;
	struct tfs_resource *resource;
	int r = tfs_store_resource(walk->tree->store, path_node->kind, scope, &resource);

	if (path_node->type == PATH_DOC && r == 0 &&
	    !tree_path_node_match(path_node->parent, NULL, path_node->name, &object))
		r = -ENOMEM;
	if (r == 0)
		r = walk->visit(walk->context, resource, object, NULL, NULL);
	return r == -EINTR || r == -ENOMEM ? r : 0;
}

static int walk_below(const struct walk *walk, const struct path_node *path_node, const struct tfs_scope *scope)
{
	int r = 0;

	for (path_node = path_node->children; path_node && r == 0; path_node = path_node->next) {
		if (!leads_on(path_node))
			continue;
		if (tree_path_node_is_document(path_node))
			r = walk_documents(walk, path_node, scope);
		else if (path_node->type == PATH_COMMUNITY)
			r = walk_communities(walk, path_node);
		else if (path_node->type == PATH_OBJECTS)
			r = walk_objects(walk, path_node, scope);
		else
			r = walk_below(walk, path_node, scope);
	}
	return r;
}

int tfs_tree_walk(struct tfs_tree *tree, tfs_walk_fn visit, void *context)
{
	const struct walk walk = { tree, visit, context };

	return walk_below(&walk, tree->path_root, NULL);
}
