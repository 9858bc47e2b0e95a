/* Refusals to read that a good read came after. */
#include <stdlib.h>
#include <string.h>

#include "draft.h"

static bool is_read(const char *action)
{
	return strcmp(action, "read") == 0 || strcmp(action, "list") == 0 || strcmp(action, "look up") == 0;
}

static bool is_open_read(const struct reported_error *reported)
{
	return !reported->resolved && is_read(reported->action);
}

/* The lock is held. Asked at every look-up: almost always nothing is open, and no path has to be made. */
static bool has_open_reads(const struct tfs_tree *tree)
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
		path = name != NULL ? child_path(node, name) : node_path(node);
	for (size_t i = 0; path != NULL && i < tree->n_errors; i++)
		if (is_open_read(&tree->errors[i]) && strcmp(tree->errors[i].path, path) == 0)
			tree->errors[i].resolved = true;
	tree_unlock(tree);
}
