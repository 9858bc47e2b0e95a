/* Directories: their payload, and those that stand for a place. */
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

/* Whether the thing at a place is there; a document comes with it. `object` is its name. */
static int find_at_place(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir,
			 const struct place *place, const char *object, struct found *ret)
{
	struct found found = { .ops = &place_dir_ops, .what = place };
	bool document = place_is_document(place);
	struct tfs_resource *resource;
	struct tfs_doc *doc = NULL;
	int r;

	if (place->type == PLACE_COMMUNITY && !is_community(tree->config, object))
		return -ENOENT;
	if (place->type != PLACE_DIR && place->type != PLACE_COMMUNITY) {
		r = dir_resource_get(tree, dir, place, &resource);
		if (r == 0)
			r = tfs_resource_get(resource, op, object, UINT64_MAX, &doc);
		if (r < 0)
			return r;
		if (document)
			found = (struct found){ &document_ops, place, resource, steal_pointer(&doc) };
		tfs_doc_unref(doc);
	}
	*ret = found;
	return 0;
}

static int place_find(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
		      struct found *ret)
{
	const struct place *here = dir->what, *place = NULL;
	int r = -ENOENT;

	if (find_extra(tree, dir, name, ret))
		return 0;
	/* No document's name starts with a dot: programs that look for theirs everywhere cost no call. */
	if (name[0] == '.')
		return tfs_fail(op, -ENOENT, "tree", "no such entry");
	while (r == -ENOENT) {
		cleanup_free char *object = NULL;

		place = place_match(here, place, name, &object);
		if (place == NULL)
			break;
		r = find_at_place(tree, op, dir, place, object, ret);
	}
	return r < 0 && tfs_op_error(op)->code == 0 ? tfs_fail(op, r, "tree", "no such entry") : r;
}

static int list_communities(struct tfs_tree *tree, const struct place *place, struct listing *listing)
{
	int r = 0;

	for (size_t i = 0; i < tree->config->n_communities && r == 0; i++)
		r = listing_add(listing, tree->config->communities[i],
				&(struct found){ .ops = &place_dir_ops, .what = place });
	return r;
}

static int list_objects(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir,
			const struct place *place, struct listing *listing)
{
	struct found found = { .ops = place->type == PLACE_SET ? &document_ops : &place_dir_ops,
			       .what = place };
	struct tfs_resource *resource;
	struct tfs_doc **docs;
	size_t count;
	int r;

	if (!tfs_kind_listed(place->kind))
		return 0;
	r = dir_resource_get(tree, dir, place, &resource);
	if (r == 0)
		r = tfs_resource_list(resource, op, UINT64_MAX, &docs, &count);
	if (r < 0)
		return r;
	found.resource = place->type == PLACE_SET ? resource : NULL;
	return listing_add_docs(listing, docs, count, &found);
}

/* A document of its own is listed whether it was read yet or not; its attributes come along when it was. */
static int list_document(struct tfs_tree *tree, struct tfs_node *dir, const struct place *place,
			 struct listing *listing)
{
	cleanup_free char *object = NULL;
	struct found found = { .ops = &document_ops, .what = place };
	int r;

	place_match(dir->what, NULL, place->name, &object);
	r = object != NULL ? dir_resource_get(tree, dir, place, &found.resource) : -ENOMEM;
	if (r < 0)
		return r;
	found.doc = cached_doc(tree, found.resource, object);
	return listing_add(listing, NULL, &found);
}

static int list_place(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir,
		      const struct place *place, struct listing *listing)
{
	if (place->unlisted)
		return 0;
	switch (place->type) {
	case PLACE_DIR:
		return listing_add(listing, place->name,
				   &(struct found){ .ops = &place_dir_ops, .what = place });
	case PLACE_COMMUNITY:
		return list_communities(tree, place, listing);
	case PLACE_DOC:
		return list_document(tree, dir, place, listing);
	case PLACE_OBJECTS:
	case PLACE_SET:
		return list_objects(tree, op, dir, place, listing);
	case PLACE_BELOW:
		break;
	}
	return 0;
}

static int place_list(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, struct listing *listing)
{
	const struct place *here = dir->what;
	int r = list_extras(tree, dir, listing);

	for (const struct place *place = here->children; place != NULL && r == 0; place = place->next)
		r = list_place(tree, op, dir, place, listing);
	return r;
}

/* The kernel remembers the entries, and they are fresh: nothing has to be listed. */
static bool place_nowait(struct tfs_tree *tree, struct tfs_node *dir)
{
	bool known;

	tree_lock(tree);
	known = dir->dir->kernel_version == dir->dir->version;
	tree_unlock(tree);
	return known && dir_resources_fresh(tree, dir);
}

const struct node_ops place_dir_ops = {
	.kind = KIND_PATH_DIR,
	.type = S_IFDIR,
	.state = "listed",
	.free = dir_payload_free,
	.attr = directory_attr,
	.nowait = place_nowait,
	.find = place_find,
	.list = place_list,
};
