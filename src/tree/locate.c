/* Documents by path: looked up, saved and removed without a request of the kernel. */
#include "tenantfs/locate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "commit.h"
#include "node.h"

int tree_reach(struct tfs_tree *tree, struct tfs_op *op, const char *path, struct tfs_node **ret, char **ret_name)
{
	cleanup_free char *copy = strdup(path);
	struct tfs_node *at = tree->root;
	char *rest = copy, *name;
	int r = copy ? 0 : tfs_fail_memory(op);

	while (r == 0 && (name = strsep(&rest, "/")) && rest) {
		struct tfs_node *next = NULL;
		struct tfs_attr attr;

		r = tfs_tree_lookup(tree, op, at, name, &next, &attr);
		if (at != tree->root)
			tfs_tree_forget(tree, at, 1);
		at = r == 0 ? next : tree->root;
	}
	if (r == 0)
		*ret_name = strdup(name);
	if (r == 0 && !*ret_name)
		r = tfs_fail_memory(op);
	if (r < 0 && at != tree->root)
		tfs_tree_forget(tree, at, 1);
	*ret = r == 0 ? at : NULL;
	return r;
}

/* Splits `path` at its slashes and restores it. Returns the first match that has a match for the rest of the path. */
static const struct path_node *path_node_below(const struct path_node *at, char *path)
{
	char *rest = strchr(path, '/');
	const struct path_node *path_node = NULL, *found = NULL;

	if (!rest)
		return tree_path_node_find_document(at, path);
	*rest = '\0';
	do {
		cleanup_free char *object = NULL;

		path_node = tree_path_node_match(at, path_node, path, &object);
		if (path_node && !tree_path_node_is_document(path_node))
			found = path_node_below(path_node, rest + 1);
	} while (path_node && !found);
	*rest = '/';
	return found;
}

/* The path node of a path whose objects need not exist. NULL: no document can have such a path. */
static const struct path_node *path_node_of_path(const struct tfs_tree *tree, const char *path)
{
	cleanup_free char *copy = strdup(path);

	return copy ? path_node_below(tree->path_root, copy) : NULL;
}

static void set_path_node(struct tfs_location *location, const struct path_node *path_node)
{
	location->path_node = path_node;
	location->kind = path_node->kind;
	location->rank = path_node->rank;
	location->ending = path_node->type == PATH_SET ? path_node->name : NULL;
}

/* Fills in the path node, the resource and the document of a location whose directory exists. */
static int locate_in_dir(struct tfs_tree *tree, struct tfs_op *op, const char *path, struct tfs_location *location)
{
	const struct tfs_node *dir = location->dir;
	const struct path_node *path_node =
		dir->ops->kind == KIND_PATH_DIR ? tree_path_node_find_document(dir->what, location->name) : NULL;
	struct found found = { 0 };
	int r;

	if (!path_node)
		return tfs_fail(op, -ENOENT, "tree", "%s: no document can have this path", path);
	set_path_node(location, path_node);
	r = tree_dir_resource_get(tree, location->dir, path_node, &location->resource);
	if (r < 0)
		return r;
	r = tree_find_entry(tree, op, location->dir, location->name, &found);
	if (r == 0 && found.ops->kind == KIND_DOCUMENT)
		location->doc = steal_pointer(&found.doc);
	tfs_doc_unref(found.doc);
	if (r != -ENOENT)
		return r;
	tfs_error_clear(tfs_op_error(op));
	return 0;
}

int tfs_tree_locate(struct tfs_tree *tree, struct tfs_op *op, const char *path, struct tfs_location *ret)
{
	struct tfs_location location = { 0 };
	const struct path_node *path_node;
	int r = tree_reach(tree, op, path, &location.dir, &location.name);

	if (r == -ENOENT && (path_node = path_node_of_path(tree, path))) {
		tfs_error_clear(tfs_op_error(op));
		set_path_node(&location, path_node);
		r = 0;
	} else if (r == 0) {
		r = locate_in_dir(tree, op, path, &location);
	}
	if (r < 0)
		tfs_location_finish(tree, &location);
	else
		*ret = location;
	return r;
}

void tfs_location_finish(struct tfs_tree *tree, struct tfs_location *location)
{
	if (location->dir && location->dir != tree->root)
		tfs_tree_forget(tree, location->dir, 1);
	free(location->name);
	tfs_doc_unref(location->doc);
	*location = (struct tfs_location){ 0 };
}

bool tfs_tree_knows_secret(const struct tfs_tree *tree, const char *digest)
{
	return tfs_store_knows_secret(tree->store, digest);
}

int tfs_location_reload(struct tfs_op *op, struct tfs_location *location)
{
	char object[NAME_ROOM];
	struct tfs_doc *doc = NULL;
	int r;

	tree_object_name(location->name, location->path_node, object);
	r = tfs_resource_get(location->resource, op, object, 0, &doc);
	if (r < 0 && r != -ENOENT)
		return r;
	tfs_doc_unref(location->doc);
	location->doc = doc;
	return r;
}

int tfs_location_save(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_location *location,
		      struct tfs_doc *base, const char *text, size_t len)
{
	struct target target TFS_CLEANUP(tree_target_finish) = { 0 };
	struct tfs_doc *doc cleanup_doc = NULL;
	int r = tree_target_make(&target, location->dir, location->name, location->resource, location->path_node);

	if (r < 0)
		return tfs_fail_memory(op);
	r = tree_check_writable(tree, op, location->kind, target.path);
	if (r < 0)
		return r;
	if (tfs_op_dry_run(op))
		return tfs_resource_save(target.resource, op, target.object, base, text, len, &doc);
	return tree_commit_text(tree, op, &target, base, text, len, &doc);
}

int tfs_location_remove(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_location *location)
{
	return tfs_tree_unlink(tree, op, location->dir, location->name);
}
