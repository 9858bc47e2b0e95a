/* The error log: the last errors that were reported to users, shown in errors.json and in extended attributes. */
#include "error-log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tenantfs/clock.h"

void tree_error_report(struct tfs_tree *tree, struct tfs_op *op, const char *path, const char *action)
{
	char *copy = strdup(path);
	struct reported_error *reported;

	if (!copy)
		return;
	tree_errors_resolve(tree, path);
	if (tree->n_errors == ERRORS_KEPT) {
		free(tree->errors[0].path);
		memmove(tree->errors, tree->errors + 1, (ERRORS_KEPT - 1) * sizeof(tree->errors[0]));
		tree->n_errors--;
	}
	reported = &tree->errors[tree->n_errors++];
	*reported = (struct reported_error){
		.time = tfs_clock_wall(),
		.path = copy,
		.action = action,
		.uid = tfs_op_uid(op),
		.op = tfs_op_id(op),
		.error = *tfs_op_error(op),
	};
}

/* Errors of everyday use are not recorded. An error with a status is the server's and is recorded. */
static bool is_everyday(const struct tfs_error *error)
{
	switch (error->code) {
	case -ENOENT:
	case -EEXIST:
	case -ENOTDIR:
	case -EISDIR:
	case -ENODATA:
	case -EXDEV:
		return error->status == 0;
	case 0:
	case -EINTR:
	case -EOPNOTSUPP:
		return true;
	case -ESTALE:
		return strcmp(error->origin, "tree") == 0;
	default:
		return false;
	}
}

void tfs_tree_note_refusal(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, const char *name,
			   const char *action)
{
	cleanup_free char *path = NULL;

	if (is_everyday(tfs_op_error(op)))
		return;
	tree_lock(tree);
	if (tree->n_errors == 0 || tree->errors[tree->n_errors - 1].op != tfs_op_id(op)) {
		path = name ? tree_child_path(node, name) : tree_node_path(node);
		if (path)
			tree_error_report(tree, op, path, action);
	}
	tree_unlock(tree);
}

void tree_errors_resolve(struct tfs_tree *tree, const char *path)
{
	for (size_t i = 0; i < tree->n_errors; i++)
		if (strcmp(tree->errors[i].path, path) == 0)
			tree->errors[i].resolved = true;
}

const struct reported_error *tree_error_find(struct tfs_tree *tree, const char *path)
{
	for (size_t i = tree->n_errors; i-- > 0;)
		if (!tree->errors[i].resolved && strcmp(tree->errors[i].path, path) == 0)
			return &tree->errors[i];
	return NULL;
}

void tree_errors_free(struct tfs_tree *tree)
{
	while (tree->n_errors > 0)
		free(tree->errors[--tree->n_errors].path);
}

static void format_time(struct timespec time, char out[32])
{
	struct tm utc;

	gmtime_r(&time.tv_sec, &utc);
	strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static json_t *error_json(const struct reported_error *reported)
{
	char time[32];

	format_time(reported->time, time);
	return json_pack("{s:s, s:o, s:s, s:i, s:b, s:o}", "time", time, "path", tfs_json_string(reported->path),
			 "action", reported->action, "uid", (int)reported->uid, "settled", reported->resolved, "error",
			 tfs_error_to_json(&reported->error));
}

json_t *tfs_tree_errors(struct tfs_tree *tree)
{
	cleanup_json json_t *errors = json_array();
	int r = errors ? 0 : -1;

	tree_lock(tree);
	for (size_t i = 0; i < tree->n_errors && r == 0; i++)
		r = json_array_append_new(errors, error_json(&tree->errors[i]));
	tree_unlock(tree);
	return r == 0 ? steal_pointer(&errors) : NULL;
}

static bool is_read(const char *action)
{
	return strcmp(action, "read") == 0 || strcmp(action, "list") == 0 || strcmp(action, "look up") == 0;
}

static bool is_open_read(const struct reported_error *reported)
{
	return !reported->resolved && is_read(reported->action);
}

/* Called at every look-up: in the usual case there is none, and no path must be built. */
static bool has_open_reads(const struct tfs_tree *tree) TFS_HOLDS(tree->lock)
{
	for (size_t i = 0; i < tree->n_errors; i++)
		if (is_open_read(&tree->errors[i]))
			return true;
	return false;
}

void tfs_tree_note_success(struct tfs_tree *tree, struct tfs_node *node, const char *name, const char *action)
{
	cleanup_free char *path = NULL;

	if (!is_read(action))
		return;
	tree_lock(tree);
	if (has_open_reads(tree))
		path = name ? tree_child_path(node, name) : tree_node_path(node);
	for (size_t i = 0; path && i < tree->n_errors; i++)
		if (is_open_read(&tree->errors[i]) && strcmp(tree->errors[i].path, path) == 0)
			tree->errors[i].resolved = true;
	tree_unlock(tree);
}
