/* Look-up: finds the node of a name in a directory, and its attributes. */
#include <errno.h>
#include <string.h>

#include "commit.h"
#include "generated.h"
#include "local.h"
#include "looks.h"
#include "node.h"
#include "open-retry.h"
#include "version.h"

static int find_entry(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
		      struct found *ret)
{
	if (strlen(name) >= NAME_ROOM)
		return tfs_fail(op, -ENAMETOOLONG, "tree", "a name has at most %d bytes", NAME_ROOM - 1);
	if (!dir->ops->find)
		return tfs_fail(op, -ENOTDIR, "tree", "not a directory");
	return dir->ops->find(tree, op, dir, name, ret);
}

int tree_find_entry(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name, struct found *ret)
{
	int r = find_entry(tree, op, dir, name, ret);
	struct tfs_doc *part;

	if (r < 0 || !ret->doc || ret->doc->origin != TFS_DOC_SHORT)
		return r;
	part = steal_pointer(&ret->doc);
	r = tfs_resource_get(ret->resource, op, part->name, UINT64_MAX, &ret->doc);
	tfs_doc_unref(part);
	return r;
}

static bool is_same_thing(const struct tfs_node *node, const struct found *found)
{
	return node->ops == found->ops && node->what == found->what && node->resource == found->resource;
}

static struct tfs_node *make_node(struct tfs_tree *tree, struct tfs_node *dir, const char *name,
				  const struct found *found) TFS_HOLDS(tree->lock)
{
	struct tfs_node *node = tree_node_new(tree, dir, name, found->ops, found->what);

	if (!node)
		return NULL;
	node->resource = found->resource;
	if (S_ISDIR(found->ops->type) && tree_dir_payload_new(tree, node, found->what) < 0) {
		tree_node_put(tree, node);
		return NULL;
	}
	return node;
}

int tree_node_for(struct tfs_tree *tree, struct tfs_node *dir, const char *name, const struct found *found,
		  struct tfs_node **ret)
{
	struct tfs_node *node = tree_node_find(tree, dir, name);

	if (node) {
		tree_node_get(node);
		if (!is_same_thing(node, found))
			tree_node_orphan(tree, node);
		else if (found->doc && found->ops->kind == KIND_DOCUMENT)
			tree_version_follow(tree, node, found->doc, NULL);
		if (!(node->flags & NODE_ORPHAN)) {
			*ret = node;
			return 0;
		}
		tree_node_put(tree, node);
	}
	node = make_node(tree, dir, name, found);
	if (!node)
		return -ENOMEM;
	if (found->doc && found->ops->kind == KIND_DOCUMENT)
		tree_version_begin(tree, node, found->doc);
	*ret = node;
	return 0;
}

/* 1: found, a scratch file or a pending document. 0: the directory must be asked. -ENOENT: it is hidden. */
static int find_local(struct tfs_tree *tree, struct tfs_node *dir, const char *name, struct tfs_node **ret)
	TFS_HOLDS(tree->lock)
{
	struct tfs_node *node = tree_node_find(tree, dir, name);

	if (node && (node->ops->kind == KIND_SCRATCH || node->flags & NODE_PENDING)) {
		*ret = tree_node_get(node);
		return 1;
	}
	return tree_hidden_find(dir, name) ? -ENOENT : 0;
}

static int find_or_make(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
			struct tfs_node **ret)
{
	struct found found = { 0 };
	int r;

	/* A path that programs give may run through a document. */
	if (!S_ISDIR(dir->ops->type))
		return tfs_fail(op, -ENOTDIR, "tree", "not a directory");
	tree_lock(tree);
	r = find_local(tree, dir, name, ret);
	tree_unlock(tree);
	if (r < 0)
		return tfs_fail(op, r, "tree", "no such entry");
	if (r > 0)
		return 0;
	r = find_entry(tree, op, dir, name, &found);
	if (r < 0)
		return r;
	tree_lock(tree);
	r = tree_node_for(tree, dir, name, &found, ret);
	if (r == 0 && !tree_open_retry_fits(tree, op, *ret)) {
		tree_node_orphan(tree, *ret);
		tree_node_put(tree, *ret);
		r = tree_node_for(tree, dir, name, &found, ret);
	}
	if (r == 0)
		tree_open_retry_reserve(tree, op, *ret, found.doc);
	tree_unlock(tree);
	tfs_doc_unref(found.doc);
	return r < 0 ? tfs_fail_memory(op) : 0;
}

/* Reads the document of a node of which the list shows a part. Without it, its size stays unknown. */
static void read_part(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node)
{
	struct tfs_doc *doc cleanup_doc = NULL;
	char object[NAME_ROOM];
	bool wanted;

	tree_lock(tree);
	wanted = node->flags & NODE_PART && tree_looks_take(tree, op);
	tree_unlock(tree);
	if (!wanted)
		return;
	tree_object_name(node_name(node), node->what, object);
	if (tfs_resource_get(node->resource, op, object, UINT64_MAX, &doc) < 0) {
		tfs_error_clear(tfs_op_error(op));
		return;
	}
	tree_lock(tree);
	tree_version_follow(tree, node, doc, NULL);
	tree_unlock(tree);
}

int tfs_tree_lookup(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *parent, const char *name,
		    struct tfs_node **ret, struct tfs_attr *ret_attr)
{
	struct tfs_node *node;
	int r = find_or_make(tree, op, parent, name, &node);

	if (r < 0)
		return r;
	read_part(tree, op, node);
	r = tree_node_update_size(tree, node);
	tree_lock(tree);
	if (r == 0) {
		node->lookups++;
		tree_node_attr(tree, node, ret_attr);
		*ret = node;
	}
	tree_node_put(tree, node);
	tree_unlock(tree);
	return r < 0 ? tfs_fail(op, r, "tree", "its text cannot be generated") : 0;
}

int tfs_tree_stat(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, struct tfs_attr *ret)
{
	int r = tree_node_update_size(tree, node);

	if (r < 0)
		return tfs_fail(op, r, "tree", "its text cannot be generated");
	tree_lock(tree);
	if (node->flags & NODE_ORPHAN && node->refs == 0 && tree_open_retry_begin(tree, op, node))
		r = tfs_fail(op, -ESTALE, "tree", "the document has changed");
	else
		tree_node_attr(tree, node, ret);
	tree_unlock(tree);
	return r;
}
