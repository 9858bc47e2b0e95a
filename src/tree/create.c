/* Creates documents, which stay pending until their first commit, and scratch files. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "commit.h"
#include "error-log.h"
#include "editor.h"
#include "local.h"
#include "open-retry.h"
#include "replacement.h"
#include "version.h"

/* Sets the reason why no document of that name can be created. */
static int refuse_name(struct tfs_op *op, const struct tfs_node *dir, const char *name)
{
	const struct path_node *set = dir->ops->kind == KIND_PATH_DIR ? tree_path_node_find_set(dir->what) : NULL;

	if (!set || tree_kind_is_view(set->kind))
		return tfs_fail(op, set ? -EROFS : -EPERM, "tree", "nothing can be created in this directory");
	return tfs_fail(op, -EINVAL, "tree", "\"%.64s\" does not end in \"%s\" like the documents here", name,
			set->name);
}

static int check_create(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_kind *kind, const char *path,
			bool existed)
{
	int r = tree_check_writable(tree, op, kind, path);

	if (r == 0 && kind->n_create == 0 && !existed)
		r = tfs_fail(op, -EPERM, "tree", "%s",
			     kind->no_create ? kind->no_create : "the API has no call that creates one");
	return r;
}

/* Creates a node for a document that the server does not have. `*ret` is counted. */
static int make_pending(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
			const struct path_node *path_node, struct tfs_resource *resource, struct tfs_node **ret)
	TFS_HOLDS(tree->lock)
{
	struct tfs_node *node;

	if (tree->scratch_files >= SCRATCH_FILES)
		return tfs_fail(op, -ENOSPC, "tree", "there are %d local files already", SCRATCH_FILES);
	node = tree_node_new(tree, dir, name, &tree_document_ops, path_node);
	if (!node)
		return tfs_fail_memory(op);
	node->resource = resource;
	node->flags |= NODE_PENDING;
	if (tree_dir_add_local(tree, dir, node) < 0) {
		tree_node_orphan(tree, node);
		tree_node_put(tree, node);
		return tfs_fail_memory(op);
	}
	*ret = node;
	return 0;
}

/* Opens a file that was created between the kernel's look-up and its create. */
static int open_existing(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, int flags,
			 struct tfs_node **ret, struct tfs_file **ret_file, struct tfs_open_result *ret_result)
{
	int r;

	if (flags & O_EXCL || !node->ops->open)
		r = tfs_fail(op, -EEXIST, "tree", "the name exists already");
	else
		r = node->ops->open(tree, op, node, flags, ret_file, ret_result);
	if (r == 0) {
		*ret = node;
		return 0;
	}
	tree_lock(tree);
	tree_node_put(tree, node);
	tree_unlock(tree);
	return r;
}

/* Creates and opens the node of a new document, or of one that replaces a hidden document. */
static int create_pending(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
			  const struct found *found, const char *object, int flags, struct tfs_node **ret,
			  struct tfs_file **ret_file) TFS_HOLDS(tree->lock)
{
	struct hidden *hidden = tree_hidden_find(dir, name);
	struct tfs_doc *base = NULL;
	int r = make_pending(tree, op, dir, name, found->what, found->resource, ret);

	if (r < 0)
		return r;
	if (hidden) {
		(*ret)->flags |= NODE_REPLACES_HIDDEN;
		tree_replacement_touch(hidden);
		base = tree_version_read_by(tree, op, found->resource, object);
		if (!base)
			base = tfs_doc_ref(hidden->doc);
	}
	r = tree_editor_open(tree, op, *ret, base, flags, true, ret_file);
	if (r < 0) {
		tree_node_orphan(tree, *ret);
		tree_dir_remove_local(tree, dir, *ret);
		tree_node_put(tree, *ret);
	}
	return r;
}

/*
 * Checks that a document of that name may be created or, if one is hidden, changed. What replaces by removal is checked
 * when it is saved: an unchanged text passes, whatever the API can do.
 */
static int check_document(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
			  const struct path_node *path_node)
{
	cleanup_free char *path = tree_child_path(dir, name);
	const struct hidden *hidden;
	bool put_off;
	int r;

	if (!path)
		return tfs_fail_memory(op);
	tree_lock(tree);
	hidden = tree_hidden_find(dir, name);
	put_off = hidden && hidden->replacement;
	tree_unlock(tree);
	r = put_off ? 0 : check_create(tree, op, path_node->kind, path, hidden);
	if (r < 0) {
		tree_lock(tree);
		tree_error_report(tree, op, path, "create");
		tree_unlock(tree);
	}
	return r;
}

static int create_document(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
			   const struct path_node *path_node, int flags, struct tfs_node **ret,
			   struct tfs_file **ret_file, struct tfs_open_result *ret_result)
{
	struct found found = { .ops = &tree_document_ops, .what = path_node };
	struct tfs_node *there = NULL;
	struct tfs_resource *resource;
	char object[NAME_ROOM];
	int r = check_document(tree, op, dir, name, path_node);

	if (r < 0)
		return r;
	r = tree_dir_resource_get(tree, dir, path_node, &resource);
	if (r < 0)
		return tfs_fail(op, r, "tree", "this place cannot be reached");
	tree_object_name(name, path_node, object);
	found.resource = resource;
	found.doc = tree_cached_doc(tree, resource, object);
	tree_lock(tree);
	there = tree_node_find(tree, dir, name);
	if (there)
		tree_node_get(there);
	else if (found.doc && !tree_hidden_find(dir, name))
		r = tree_node_for(tree, dir, name, &found, &there);
	else
		r = create_pending(tree, op, dir, name, &found, object, flags, ret, ret_file);
	tree_unlock(tree);
	tfs_doc_unref(found.doc);
	if (r < 0)
		return tfs_op_error(op)->code != 0 ? r : tfs_fail_memory(op);
	return there ? open_existing(tree, op, there, flags, ret, ret_file, ret_result) : r;
}

static int create_scratch(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name, mode_t mode,
			  int flags, struct tfs_node **ret, struct tfs_file **ret_file,
			  struct tfs_open_result *ret_result)
{
	struct tfs_node *node;
	struct scratch *scratch;
	int r = 0;

	tree_lock(tree);
	node = tree_node_find(tree, dir, name);
	if (node) {
		tree_node_get(node);
	} else {
		/* The file is created below: O_EXCL is satisfied. */
		flags &= ~O_EXCL;
		scratch = tree_scratch_new(tfs_op_uid(op), mode);
		r = scratch ? tree_scratch_add(tree, op, dir, name, scratch, &node) : tfs_fail_memory(op);
		tree_scratch_unref(tree, scratch);
	}
	tree_unlock(tree);
	return r < 0 ? r : open_existing(tree, op, node, flags, ret, ret_file, ret_result);
}

int tfs_tree_create(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *parent, const char *name, mode_t mode,
		    int flags, struct tfs_node **ret_node, struct tfs_attr *ret_attr, struct tfs_file **ret_file,
		    struct tfs_open_result *ret_result)
{
	const struct path_node *path_node =
		parent->ops->kind == KIND_PATH_DIR ? tree_path_node_find_document(parent->what, name) : NULL;
	struct tfs_node *node = NULL;
	int r;

	if (strlen(name) >= NAME_ROOM)
		return tfs_fail(op, -ENAMETOOLONG, "tree", "a name has at most %d bytes", NAME_ROOM - 1);
	if (tree->options.read_only)
		return tfs_fail(op, -EROFS, "tree", "the tenant is mounted read-only");
	*ret_result = (struct tfs_open_result){ .direct_io = true };
	if (tree_name_is_local(parent, name))
		r = create_scratch(tree, op, parent, name, mode, flags, &node, ret_file, ret_result);
	else if (path_node)
		r = create_document(tree, op, parent, name, path_node, flags, &node, ret_file, ret_result);
	else
		r = refuse_name(op, parent, name);
	if (r < 0)
		return r;
	tree_lock(tree);
	tree_open_retry_end(tree, op);
	node->lookups++;
	tree_node_attr(tree, node, ret_attr);
	tree_node_put(tree, node);
	tree_unlock(tree);
	*ret_node = node;
	return 0;
}

static int exists(struct tfs_tree *tree, const struct tfs_node *parent, const char *name)
{
	bool found;

	tree_lock(tree);
	found = tree_node_find(tree, parent, name);
	tree_unlock(tree);
	return found;
}

int tfs_tree_mkdir(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *parent, const char *name)
{
	if (exists(tree, parent, name))
		return tfs_fail(op, -EEXIST, "tree", "the name exists already");
	if (tree->options.read_only)
		return tfs_fail(op, -EROFS, "tree", "the tenant is mounted read-only");
	return tfs_fail(op, -EPERM, "tree", "directories belong to the tenant's objects and cannot be created alone");
}

int tfs_tree_rmdir(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *parent, const char *name)
{
	if (tree->options.read_only)
		return tfs_fail(op, -EROFS, "tree", "the tenant is mounted read-only");
	tree_replacement_rmdir(tree, op, parent, name);
	return tfs_fail(op, -EPERM, "tree", "directories belong to the tenant's objects and cannot be removed alone");
}
