/* Renames: a scratch file onto a document is a save, a document to a scratch name is a backup rename. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commit.h"
#include "draft.h"
#include "error-log.h"
#include "local.h"
#include "tenantfs/name.h"
#include "reason.h"
#include "version.h"

struct move {
	struct tfs_tree *tree;
	struct tfs_op *op;
	struct tfs_node *dir, *new_dir;
	const char *name, *new_name;
	unsigned flags;
};

static bool may_replace(const struct move *move)
{
	return !(move->flags & RENAME_NOREPLACE);
}

static int fail_exists(const struct move *move)
{
	return tfs_fail(move->op, -EEXIST, "tree", "the name exists already");
}

/* Creates another node for the same scratch file, because names of nodes never change. */
static int move_scratch(const struct move *move, struct tfs_node *node) TFS_HOLDS(move->tree->lock)
{
	struct tfs_tree *tree = move->tree;
	struct tfs_node *old = tree_node_find(tree, move->new_dir, move->new_name), *new;
	struct scratch *scratch = node->scratch;
	int r;

	if (old == node)
		return 0;
	if (old && (old->ops->kind != KIND_SCRATCH || !may_replace(move)))
		return fail_exists(move);
	if (old) {
		tree_hidden_end(tree, old->scratch->backup);
		tree_scratch_remove(tree, old);
	}
	scratch->refs++;
	tree_scratch_remove(tree, node);
	r = tree_scratch_add(tree, move->op, move->new_dir, move->new_name, scratch, &new);
	tree_scratch_unref(tree, scratch);
	if (r == 0)
		tree_node_put(tree, new);
	return r;
}

/* A scratch file that is renamed onto a document. */
struct promotion {
	struct target target;
	struct scratch *scratch; /* counted */
	struct tfs_buf text;
	uint64_t serial;
	struct tfs_doc *base;
	bool back; /* the file is the backup of this document */
};

static void promotion_finish(struct tfs_tree *tree, struct promotion *promotion)
{
	tree_lock(tree);
	tree_scratch_unref(tree, promotion->scratch);
	tree_unlock(tree);
	tfs_buf_finish(&promotion->text);
	tree_target_finish(&promotion->target);
	tfs_doc_unref(promotion->base);
}

/* The path node for a document of the new name. NULL: none; the operation's error is set. */
static const struct path_node *find_path_node(const struct move *move, struct tfs_resource **ret)
{
	const struct tfs_node *dir = move->new_dir;
	const struct path_node *path_node =
		dir->ops->kind == KIND_PATH_DIR ? tree_path_node_find_document(dir->what, move->new_name) : NULL;
	int r;

	if (!path_node) {
		tfs_fail(move->op, -EPERM, "tree", "\"%.64s\" cannot name a document here", move->new_name);
		return NULL;
	}
	r = tree_dir_resource_get(move->tree, move->new_dir, path_node, ret);
	if (r < 0) {
		tfs_fail(move->op, r, "tree", "this place cannot be reached");
		return NULL;
	}
	return path_node;
}

/*
 * Finds the base of the new text: the hidden document, the version read before others changed it, or the
 * current version. None for a new document.
 */
static int find_base(const struct move *move, struct promotion *promotion)
{
	struct tfs_tree *tree = move->tree;
	struct hidden *hidden;
	int r;

	tree_lock(tree);
	hidden = tree_hidden_find(move->new_dir, move->new_name);
	if (hidden)
		promotion->base =
			tree_version_read_by(tree, move->op, promotion->target.resource, promotion->target.object);
	if (hidden && !promotion->base)
		promotion->base = tfs_doc_ref(hidden->doc);
	promotion->back = hidden && promotion->scratch->backup == hidden;
	tree_unlock(tree);
	if (promotion->base)
		return 0;
	r = tfs_resource_get(promotion->target.resource, move->op, promotion->target.object, UINT64_MAX,
			     &promotion->base);
	if (r == 0 && !may_replace(move))
		return fail_exists(move);
	if (r == -ENOENT) {
		tfs_error_clear(tfs_op_error(move->op));
		return 0;
	}
	if (r == 0) {
		struct tfs_doc *read;

		tree_lock(tree);
		read = tree_version_base(tree, move->op, promotion->target.resource, promotion->target.object,
					 tree_node_find(tree, move->new_dir, move->new_name));
		tree_unlock(tree);
		if (read) {
			tfs_doc_unref(promotion->base);
			promotion->base = read;
		}
	}
	return r;
}

static int check_promotion(const struct move *move, const struct promotion *promotion)
{
	const struct tfs_kind *kind = tfs_resource_kind(promotion->target.resource);
	int r = tree_check_writable(move->tree, move->op, kind, promotion->target.path);

	if (r < 0)
		return r;
	if (!promotion->base && kind->n_create == 0)
		return tfs_fail(move->op, -EPERM, "tree", "%s",
				kind->no_create ? kind->no_create : "the API has no call that creates one");
	if (promotion->base && kind->n_change == 0)
		return tfs_fail(move->op, -EPERM, "tree", "%s",
				kind->no_change ? kind->no_change : "the API has no call that changes it");
	return 0;
}

static bool is_unchanged(const struct promotion *promotion)
{
	return tree_text_unchanged(promotion->base, promotion->text.data, promotion->text.len);
}

/* Removes the scratch file's name. Open files of it write to the document from now on. */
static void finish_promotion(const struct move *move, struct promotion *promotion) TFS_HOLDS(move->tree->lock)
{
	struct tfs_tree *tree = move->tree;
	struct scratch *scratch = promotion->scratch;
	struct tfs_node *node = tree_node_find(tree, move->dir, move->name);
	cleanup_free char *from = tree_child_path(move->dir, move->name);

	tree_hidden_end(tree, tree_hidden_find(move->new_dir, move->new_name));
	tree_hidden_end(tree, scratch->backup);
	if (node && node->ops->kind == KIND_SCRATCH && node->scratch == scratch)
		tree_scratch_remove(tree, node);
	if (from)
		tree_draft_resolve(tree, move->op, from, promotion->text.data, promotion->text.len);
	tree_node_tell_gone(tree, move->new_dir, move->new_name);
	if (scratch->refs > 1 && !scratch->became) {
		scratch->became = calloc(1, sizeof(*scratch->became));
		if (scratch->became) {
			*scratch->became = promotion->target;
			promotion->target.path = NULL;
			scratch->sent = promotion->serial;
		}
	}
}

/* A time that was set on the scratch file becomes the document's. */
static void carry_time(const struct move *move, const struct promotion *promotion, const struct tfs_doc *doc)
	TFS_HOLDS(move->tree->lock)
{
	struct tfs_node *node = tree_node_find(move->tree, move->new_dir, move->new_name);

	if (!promotion->scratch->timed)
		return;
	tree_version_set_time(move->tree, promotion->target.resource, doc->name, doc->generation,
			      promotion->scratch->mtime);
	/* The next look-up shows the new time. */
	if (node)
		tree_node_orphan(move->tree, node);
}

static int promote(const struct move *move, struct promotion *promotion, const struct path_node *path_node,
		   struct tfs_resource *resource)
{
	struct tfs_tree *tree = move->tree;
	struct tfs_doc *doc cleanup_doc = NULL;
	int r = tree_target_make(&promotion->target, move->new_dir, move->new_name, resource, path_node);

	if (r < 0)
		return tfs_fail_memory(move->op);
	r = find_base(move, promotion);
	if (r == 0 && !is_unchanged(promotion))
		r = check_promotion(move, promotion);
	if (r < 0) {
		tree_lock(tree);
		tree_error_report(tree, move->op, promotion->target.path, "rename");
		tree_unlock(tree);
	} else if (promotion->back && is_unchanged(promotion)) {
		doc = tfs_doc_ref(promotion->base);
	} else {
		r = tree_commit_text(tree, move->op, &promotion->target, promotion->base, promotion->text.data,
				     promotion->text.len, &doc);
	}
	tree_lock(tree);
	if (r == 0) {
		carry_time(move, promotion, doc);
		finish_promotion(move, promotion);
	} else {
		/* Refused: the name shows the server's document again. */
		tree_hidden_end(tree, tree_hidden_find(move->new_dir, move->new_name));
	}
	tree_unlock(tree);
	return r;
}

/* A rename publishes the text as a document or draft, so only users who may read the file may rename it. */
static int check_scratch_owner(const struct move *move, const struct scratch *scratch)
{
	uid_t uid = tfs_op_uid(move->op);

	if (uid == 0 || uid == move->tree->options.uid || uid == scratch->uid)
		return 0;
	return tfs_fail(move->op, -EACCES, "tree", "it belongs to another user");
}

static int rename_scratch(const struct move *move)
{
	struct promotion promotion = { .text = TFS_BUF_INIT_SECRET(TEXT_MAX) };
	struct tfs_tree *tree = move->tree;
	struct tfs_resource *resource;
	const struct path_node *path_node;
	struct tfs_node *node;
	int r = 0;

	tree_lock(tree);
	node = tree_node_find(tree, move->dir, move->name);
	if (!node || node->ops->kind != KIND_SCRATCH) {
		r = tfs_fail(move->op, -ENOENT, "tree", "no such entry");
	} else if (tree_new_name_is_local(move->new_dir, move->new_name)) {
		r = move_scratch(move, node);
		node = NULL;
	} else if ((r = check_scratch_owner(move, node->scratch)) == 0) {
		promotion.scratch = node->scratch;
		promotion.scratch->refs++;
		promotion.serial = node->scratch->serial;
		if (tfs_buf_add(&promotion.text, node->scratch->text.data, node->scratch->text.len) < 0)
			r = tfs_fail_memory(move->op);
	}
	tree_unlock(tree);
	if (promotion.scratch && r == 0) {
		path_node = find_path_node(move, &resource);
		r = path_node ? promote(move, &promotion, path_node, resource) : tfs_op_error(move->op)->code;
	}
	promotion_finish(tree, &promotion);
	return r;
}

/* Creates the scratch file of a backup rename, with the document's text. */
static int rename_to_backup(const struct move *move, struct tfs_doc *doc) TFS_HOLDS(move->tree->lock)
{
	struct hidden *hidden;
	struct tfs_tree *tree = move->tree;
	struct tfs_node *node = tree_node_find(tree, move->new_dir, move->new_name);
	struct scratch *scratch;
	int r;

	if (node && (node->ops->kind != KIND_SCRATCH || !may_replace(move)))
		return fail_exists(move);
	if (node) {
		tree_hidden_end(tree, node->scratch->backup);
		tree_scratch_remove(tree, node);
	}
	scratch = tree_scratch_new(tfs_op_uid(move->op), 0600);
	if (!scratch)
		return tfs_fail_memory(move->op);
	r = tree_scratch_set(tree, scratch, doc->data, doc->len);
	if (r == 0)
		r = tree_scratch_add(tree, move->op, move->new_dir, move->new_name, scratch, &node);
	if (r == 0) {
		scratch->mtime = doc->mtime;
		tree_node_put(tree, node);
		r = tree_hidden_add(tree, move->dir, move->name, tfs_doc_ref(doc), scratch, &hidden);
	}
	tree_scratch_unref(tree, scratch);
	if (r < 0)
		return r;
	node = tree_node_find(tree, move->dir, move->name);
	if (node)
		tree_node_orphan(tree, node);
	return 0;
}

static int rename_object(const struct move *move, const struct found *found)
{
	struct target from TFS_CLEANUP(tree_target_finish) = { 0 };
	struct target to TFS_CLEANUP(tree_target_finish) = { 0 };
	const struct tfs_kind *kind = tfs_resource_kind(found->resource);
	struct tfs_doc *doc cleanup_doc = NULL;
	struct tfs_doc *there cleanup_doc = NULL;
	struct tfs_tree *tree = move->tree;
	struct tfs_resource *resource;
	const struct path_node *path_node = find_path_node(move, &resource);
	int r;

	if (!path_node)
		return tfs_op_error(move->op)->code;
	if (resource != found->resource || path_node->type != PATH_SET)
		return tfs_fail(move->op, -EPERM, "tree", "a document cannot be moved to another directory");
	if (tree_target_make(&from, move->dir, move->name, resource, path_node) < 0 ||
	    tree_target_make(&to, move->new_dir, move->new_name, resource, path_node) < 0)
		return tfs_fail_memory(move->op);
	r = tree_check_writable(tree, move->op, kind, from.path);
	if (r == 0 && !kind->rename)
		r = tfs_fail(move->op, -EPERM, "tree", "%s",
			     kind->no_rename ? kind->no_rename : "the API has no call that renames it");
	if (r == 0 && tfs_resource_get(resource, move->op, to.object, UINT64_MAX, &there) == 0)
		r = fail_exists(move);
	if (r == 0) {
		tfs_error_clear(tfs_op_error(move->op));
		tree_change_begin(tree, move->op);
		r = tfs_resource_rename(resource, move->op, from.object, to.object, &doc);
	}
	tree_lock(tree);
	if (r < 0) {
		tree_error_report(tree, move->op, from.path, "rename");
	} else {
		struct tfs_node *node = tree_node_find(tree, move->dir, move->name);

		if (node)
			tree_node_orphan(tree, node);
		tree_errors_resolve(tree, from.path);
		tree_node_tell_gone(tree, move->new_dir, move->new_name);
	}
	tree_unlock(tree);
	return r;
}

/*
 * A name under which a program keeps the text it is about to replace: mfa.json.bak, old-mfa.json, mfa.bak. To any other
 * name the user moves the document itself.
 */
static bool is_backup(const struct move *move)
{
	const char *ending = strrchr(move->name, '.');
	size_t stem = ending ? (size_t)(ending + 1 - move->name) : strlen(move->name);

	if (tfs_name_is_scratch(move->new_name))
		return true;
	return move->dir == move->new_dir && tree_new_name_is_local(move->new_dir, move->new_name) &&
	       (strstr(move->new_name, move->name) || strncmp(move->new_name, move->name, stem) == 0);
}

static int rename_document(const struct move *move)
{
	struct found found = { 0 };
	struct tfs_tree *tree = move->tree;
	int r = tree_find_entry(tree, move->op, move->dir, move->name, &found);

	if (r < 0)
		return r;
	if (found.ops->kind != KIND_DOCUMENT) {
		r = tfs_fail(move->op, -EPERM, "tree", "it belongs to the mount and cannot be renamed");
	} else if (is_backup(move)) {
		tree_lock(tree);
		r = rename_to_backup(move, found.doc);
		tree_unlock(tree);
	} else {
		r = rename_object(move, &found);
	}
	tfs_doc_unref(found.doc);
	return r;
}

int tfs_tree_rename(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *parent, const char *name,
		    struct tfs_node *new_parent, const char *new_name, unsigned flags)
{
	struct move move = { tree, op, parent, new_parent, name, new_name, flags };
	struct tfs_node *node;
	bool scratch, pending;

	if (flags & ~(unsigned)RENAME_NOREPLACE)
		return tfs_fail(op, -EINVAL, "tree", "names cannot be exchanged");
	if (tree->options.read_only)
		return tfs_fail(op, -EROFS, "tree", "the tenant is mounted read-only");
	if (strlen(new_name) >= NAME_ROOM)
		return tfs_fail(op, -ENAMETOOLONG, "tree", "a name has at most %d bytes", NAME_ROOM - 1);
	tree_lock(tree);
	node = tree_node_find(tree, parent, name);
	scratch = node && node->ops->kind == KIND_SCRATCH;
	pending = node && !scratch && node->flags & NODE_PENDING && node->ops->kind == KIND_DOCUMENT;
	tree_unlock(tree);
	if (pending)
		return tfs_fail(op, -EXDEV, "tree", "a document that is not saved yet cannot be renamed");
	return scratch ? rename_scratch(&move) : rename_document(&move);
}
