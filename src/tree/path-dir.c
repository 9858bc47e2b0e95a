/* Directories of the path trie. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "generated.h"
#include "listing.h"
#include "node.h"
#include "tenantfs/clock.h"

static bool is_community(const struct tfs_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_communities; i++)
		if (strcmp(config->communities[i], name) == 0)
			return true;
	return false;
}

/* Finds the object called `object` at a path node. -ENOENT: it does not exist. */
static int find_at_path_node(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir,
			     const struct path_node *path_node, const char *object, struct found *ret)
{
	struct found found = { .ops = &tree_path_dir_ops, .what = path_node };
	bool document = tree_path_node_is_document(path_node);
	struct tfs_resource *resource;
	struct tfs_doc *doc = NULL;
	int r;

	if (path_node->type == PATH_COMMUNITY && !is_community(tree->config, object))
		return -ENOENT;
	if (path_node->type != PATH_DIR && path_node->type != PATH_COMMUNITY) {
		r = tree_dir_resource_get(tree, dir, path_node, &resource);
		if (r == 0)
			r = tfs_resource_find(resource, op, object, UINT64_MAX, &doc);
		if (r < 0)
			return r;
		if (document)
			found = (struct found){ &tree_document_ops, path_node, resource, steal_pointer(&doc) };
		tfs_doc_unref(doc);
	}
	*ret = found;
	return 0;
}

static int path_dir_find(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
			 struct found *ret)
{
	const struct path_node *here = dir->what, *path_node = NULL;
	int r = -ENOENT;

	if (tree_find_extra(tree, dir, name, ret))
		return 0;
	/* No document's name starts with a dot, so programs that look for their dot files cause no call. */
	if (name[0] == '.')
		return tfs_fail(op, -ENOENT, "tree", "no such entry");
	while (r == -ENOENT) {
		cleanup_free char *object = NULL;

		path_node = tree_path_node_match(here, path_node, name, &object);
		if (!path_node)
			break;
		r = find_at_path_node(tree, op, dir, path_node, object, ret);
	}
	return r < 0 && tfs_op_error(op)->code == 0 ? tfs_fail(op, r, "tree", "no such entry") : r;
}

static int list_communities(struct tfs_tree *tree, const struct path_node *path_node, struct listing *listing)
{
	int r = 0;

	for (size_t i = 0; i < tree->config->n_communities && r == 0; i++)
		r = tree_listing_add(listing, tree->config->communities[i],
				     &(struct found){ .ops = &tree_path_dir_ops, .what = path_node });
	return r;
}

static int list_objects(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir,
			const struct path_node *path_node, struct listing *listing)
{
	struct found found = { .ops = path_node->type == PATH_SET ? &tree_document_ops : &tree_path_dir_ops,
			       .what = path_node };
	struct tfs_resource *resource;
	struct tfs_doc **docs;
	size_t count;
	int r;

	if (!tfs_kind_listed(path_node->kind))
		return 0;
	r = tree_dir_resource_get(tree, dir, path_node, &resource);
	if (r == 0)
		r = tfs_resource_list(resource, op, UINT64_MAX, &docs, &count);
	if (r < 0)
		return r;
	found.resource = path_node->type == PATH_SET ? resource : NULL;
	return tree_listing_add_docs(listing, docs, count, &found);
}

/* A document at a fixed path is listed whether it was read or not. If it is cached, the entry has its attributes. */
static int list_document(struct tfs_tree *tree, struct tfs_node *dir, const struct path_node *path_node,
			 struct listing *listing)
{
	cleanup_free char *object = NULL;
	struct found found = { .ops = &tree_document_ops, .what = path_node };
	int r;

	tree_path_node_match(dir->what, NULL, path_node->name, &object);
	r = object ? tree_dir_resource_get(tree, dir, path_node, &found.resource) : -ENOMEM;
	if (r < 0)
		return r;
	found.doc = tree_cached_doc(tree, found.resource, object);
	return tree_listing_add(listing, NULL, &found);
}

static int list_path_node(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir,
			  const struct path_node *path_node, struct listing *listing)
{
	if (path_node->unlisted)
		return 0;
	switch (path_node->type) {
	case PATH_DIR:
		return tree_listing_add(listing, path_node->name,
					&(struct found){ .ops = &tree_path_dir_ops, .what = path_node });
	case PATH_COMMUNITY:
		return list_communities(tree, path_node, listing);
	case PATH_DOC:
		return list_document(tree, dir, path_node, listing);
	case PATH_OBJECTS:
	case PATH_SET:
		return list_objects(tree, op, dir, path_node, listing);
	case PATH_BELOW:
		break;
	}
	return 0;
}

static int path_dir_list(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, struct listing *listing)
{
	const struct path_node *here = dir->what;
	int r = tree_list_extras(tree, dir, listing);

	for (const struct path_node *path_node = here->children; path_node && r == 0; path_node = path_node->next)
		r = list_path_node(tree, op, dir, path_node, listing);
	return r;
}

/* Whether the kernel has cached the entries and they are fresh. */
static bool path_dir_nowait(struct tfs_tree *tree, struct tfs_node *dir)
{
	bool known;

	tree_lock(tree);
	known = dir->dir->kernel_version == dir->dir->version;
	tree_unlock(tree);
	return known && tree_dir_resources_fresh(tree, dir);
}

const struct node_ops tree_path_dir_ops = {
	.kind = KIND_PATH_DIR,
	.type = S_IFDIR,
	.state = "listed",
	.free = tree_dir_payload_free,
	.attr = tree_directory_attr,
	.nowait = path_dir_nowait,
	.find = path_dir_find,
	.list = path_dir_list,
};
