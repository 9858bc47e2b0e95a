/* Hidden documents: the name is gone here, the server keeps the object. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "local.h"
#include "replacement.h"
#include "version.h"

struct hidden *tree_hidden_find(const struct tfs_node *dir, const char *name)
{
	struct hidden *hidden;

	assert(S_ISDIR(dir->ops->type));
	for (hidden = dir->dir->hidden; hidden; hidden = hidden->next)
		if (strcmp(hidden->name, name) == 0)
			break;
	return hidden;
}

int tree_hidden_add(struct tfs_tree *tree, struct tfs_node *dir, const char *name, struct tfs_doc *doc,
		    struct scratch *holder, struct hidden **ret)
{
	struct hidden *hidden = calloc(1, sizeof(*hidden));
	char *copy = strdup(name);

	if (!hidden || !copy) {
		free(hidden);
		free(copy);
		tfs_doc_unref(doc);
		return -ENOMEM;
	}
	*hidden = (struct hidden){ .dir = tree_node_get(dir), .name = copy, .doc = doc, .holder = holder };
	assert(!holder || !holder->backup);
	if (holder)
		holder->backup = hidden;
	hidden->next = dir->dir->hidden;
	dir->dir->hidden = hidden;
	tree_dir_changed(tree, dir);
	*ret = hidden;
	return 0;
}

/* Removes the pending document that took the name, unless it is being written. */
static void remove_pending(struct tfs_tree *tree, struct hidden *hidden) TFS_HOLDS(tree->lock)
{
	struct tfs_node *node = tree_node_find(tree, hidden->dir, hidden->name);

	if (!node || !(node->flags & NODE_REPLACES_HIDDEN) || !(node->flags & NODE_PENDING) || node->doc.editors)
		return;
	tree_node_get(node);
	tree_node_orphan(tree, node);
	tree_version_sent(tree, node);
	tree_node_put(tree, node);
}

void tree_hidden_end(struct tfs_tree *tree, struct hidden *hidden)
{
	struct tfs_node *dir;
	struct hidden **at;

	if (!hidden)
		return;
	dir = hidden->dir;
	assert(!hidden->holder || hidden->holder->backup == hidden);
	if (hidden->holder)
		hidden->holder->backup = NULL;
	if (hidden->replacement)
		DL_DELETE2(hidden->replacement->first, hidden, prev_put_off, next_put_off);
	remove_pending(tree, hidden);
	at = &dir->dir->hidden;
	while (*at != hidden)
		at = &(*at)->next;
	*at = hidden->next;
	tree_dir_changed(tree, dir);
	tree_node_tell_gone(tree, dir, hidden->name);
	tree_node_put(tree, dir);
	tfs_doc_unref(hidden->doc);
	free(hidden->name);
	free(hidden);
}
