/* The walk: down the places of the catalogue, a directory for each community and each object there is. */
#include "tenantfs/walk.h"

#include <errno.h>

#include "place.h"
#include "state.h"

struct walk {
	struct tfs_tree *tree;
	tfs_walk_fn visit;
	void *context;
};

/* What the history records and a listing shows. */
static bool is_wanted(const struct place *place)
{
	return place_is_document(place) && !kind_is_view(place->kind) &&
	       (place->type == PLACE_DOC || tfs_kind_listed(place->kind));
}

/* Whether something wanted stands at or below a place. */
static bool leads_on(const struct place *place)
{
	if (place->unlisted || place->type == PLACE_BELOW)
		return false;
	if (place_is_document(place))
		return is_wanted(place);
	for (const struct place *child = place->children; child != NULL; child = child->next)
		if (leads_on(child))
			return true;
	return false;
}

static int walk_below(const struct walk *walk, const struct place *place, const struct tfs_scope *scope);

static int walk_communities(const struct walk *walk, const struct place *place)
{
	const struct tfs_config *config = walk->tree->config;
	int r = 0;

	for (size_t i = 0; i < config->n_communities && r == 0; i++)
		r = walk_below(walk, place,
			       &(struct tfs_scope){ .kind = "community", .name = config->communities[i] });
	return r;
}

static int walk_objects(const struct walk *walk, const struct place *place, const struct tfs_scope *scope)
{
	struct tfs_resource *resource;
	struct tfs_doc **docs = NULL;
	size_t count = 0;
	int r = tfs_store_resource(walk->tree->store, place->kind, scope, &resource);

	if (r == 0)
		r = walk->visit(walk->context, resource, NULL, &docs, &count);
	if (r != 0)
		return r == -EINTR || r == -ENOMEM ? r : 0;
	for (size_t i = 0; i < count && r == 0; i++)
		r = walk_below(walk, place,
			       &(struct tfs_scope){ scope, place->kind->name, docs[i]->name });
	tfs_docs_free(docs, count);
	return r;
}

static int walk_documents(const struct walk *walk, const struct place *place, const struct tfs_scope *scope)
{
	cleanup_free char *object = NULL;
	struct tfs_resource *resource;
	int r = tfs_store_resource(walk->tree->store, place->kind, scope, &resource);

	if (place->type == PLACE_DOC && r == 0 && place_match(place->parent, NULL, place->name, &object) == NULL)
		r = -ENOMEM;
	if (r == 0)
		r = walk->visit(walk->context, resource, object, NULL, NULL);
	return r == -EINTR || r == -ENOMEM ? r : 0;
}

static int walk_below(const struct walk *walk, const struct place *place, const struct tfs_scope *scope)
{
	int r = 0;

	for (place = place->children; place != NULL && r == 0; place = place->next) {
		if (!leads_on(place))
			continue;
		if (place_is_document(place))
			r = walk_documents(walk, place, scope);
		else if (place->type == PLACE_COMMUNITY)
			r = walk_communities(walk, place);
		else if (place->type == PLACE_OBJECTS)
			r = walk_objects(walk, place, scope);
		else
			r = walk_below(walk, place, scope);
	}
	return r;
}

int tfs_tree_walk(struct tfs_tree *tree, tfs_walk_fn visit, void *context)
{
	const struct walk walk = { tree, visit, context };

	return walk_below(&walk, tree->places, NULL);
}
