/* Commit points: the only code of the tree that saves a text. */
#include "commit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draft.h"
#include "error-log.h"
#include "reason.h"
#include "replacer.h"
#include "version.h"

void tree_object_name(const char *name, const struct path_node *path_node, char out[NAME_ROOM])
{
	const char *ending = path_node->type == PATH_SET ? path_node->name : ".json";
	size_t len = strlen(name), end = strlen(ending);

	if (len > end && strcmp(name + len - end, ending) == 0)
		len -= end;
	snprintf(out, NAME_ROOM, "%.*s", (int)len, name);
}

int tree_target_make(struct target *target, const struct tfs_node *dir, const char *name, struct tfs_resource *resource,
		     const struct path_node *path_node)
{
	target->resource = resource;
	tree_object_name(name, path_node, target->object);
	target->path = tree_child_path(dir, name);
	return target->path ? 0 : -ENOMEM;
}

void tree_target_finish(struct target *target)
{
	free(target->path);
}

void tree_change_begin(struct tfs_tree *tree, struct tfs_op *op)
{
	tree_reason_apply(tree, op);
	tree_change_set_apply(tree, op);
}

bool tree_text_unchanged(const struct tfs_doc *base, const char *text, size_t len)
{
	return base && base->len == len && memcmp(base->data, text, len) == 0;
}

int tree_commit_text(struct tfs_tree *tree, struct tfs_op *op, const struct target *target, struct tfs_doc *base,
		     const char *text, size_t len, struct tfs_doc **ret)
{
	struct tfs_error error;
	int r;

	r = tree_check_writable(tree, op, tfs_resource_kind(target->resource), target->path);
	/* A backup that is unpacked also has what cannot be written. */
	if (r < 0 && tree_text_unchanged(base, text, len)) {
		tfs_error_clear(tfs_op_error(op));
		*ret = tfs_doc_ref(base);
		return 0;
	}
	tree_change_begin(tree, op);
	if (r == 0)
		r = tfs_resource_save(target->resource, op, target->object, base, text, len, ret);
	if (r < 0 && tfs_op_error(op)->code == 0)
		tfs_fail(op, r, "tree", "it could not be saved");
	if (r < 0) {
		error = *tfs_op_error(op);
		tree_draft_keep(tree, op, tfs_op_uid(op), &error, target, base, text, len);
		tree_drafts_write(tree, op);
	}
	tree_lock(tree);
	if (r < 0) {
		tree_error_report(tree, op, target->path, "save");
	} else {
		if (tree_draft_resolve(tree, op, target->path, text, len))
			tree_errors_resolve(tree, target->path);
		if (tfs_op_error(op)->message[0] != '\0')
			tree_error_report(tree, op, target->path, "save");
		tree_versions_forget(tree, target->resource, target->object);
		tree_version_written(tree, op, target->resource, *ret);
	}
	tree_unlock(tree);
	return r;
}

int tree_check_writable(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_kind *kind, const char *path)
{
	if (tree->options.read_only)
		return tfs_fail(op, -EROFS, "tree", "the tenant is mounted read-only");
	if (tree_kind_is_view(kind))
		return tfs_fail(op, -EROFS, "tree", "this is a view: the API can only read it");
	if (!tfs_config_writable(tree->config, path))
		return tfs_fail(op, -EROFS, "tree", "no \"write\" pattern matches this path");
	return 0;
}

bool tree_is_writable(const struct tfs_tree *tree, const struct tfs_kind *kind, const struct tfs_node *node)
{
	cleanup_free char *path = NULL;

	if (kind->n_change == 0)
		return false;
	if (tree->config->n_write_patterns == 0)
		return true;
	path = tree_node_path(node);
	return path && tfs_config_writable(tree->config, path);
}
