/* Setting a document aside: renamed to a backup's name it is still what the server has. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "local.h"
#include "version.h"

struct aside *aside_find(const struct tfs_node *dir, const char *name)
{
	struct aside *aside;

	for (aside = dir->dir->asides; aside != NULL; aside = aside->next)
		if (strcmp(aside->name, name) == 0)
			break;
	return aside;
}

int aside_add(struct tfs_tree *tree, struct tfs_node *dir, const char *name, struct tfs_doc *doc,
	      struct scratch *holder)
{
	struct aside *aside = calloc(1, sizeof(*aside));
	char *copy = strdup(name);

	if (aside == NULL || copy == NULL) {
		free(aside);
		free(copy);
		tfs_doc_unref(doc);
		return -ENOMEM;
	}
	aside->dir = node_get(dir);
	aside->name = copy;
	aside->doc = doc;
	aside->holder = holder;
	holder->aside = aside;
	aside->next = dir->dir->asides;
	dir->dir->asides = aside;
	dir_changed(tree, dir);
	return 0;
}

/* A stand-in that nobody writes to makes way. */
static void remove_standin(struct tfs_tree *tree, struct aside *aside)
{
	struct tfs_node *node = node_find(tree, aside->dir, aside->name);

	if (node == NULL || !(node->flags & NODE_STANDIN) || !(node->flags & NODE_PENDING) ||
	    node->doc.editors != NULL)
		return;
	node_get(node);
	node_orphan(tree, node);
	version_sent(tree, node);
	node_put(tree, node);
}

void aside_remove(struct tfs_tree *tree, struct aside *aside)
{
	struct tfs_node *dir;
	struct aside **at;

	if (aside == NULL)
		return;
	dir = aside->dir;
	aside->holder->aside = NULL;
	remove_standin(tree, aside);
	at = &dir->dir->asides;
	while (*at != aside)
		at = &(*at)->next;
	*at = aside->next;
	dir_changed(tree, dir);
	node_tell_gone(tree, dir, aside->name);
	node_put(tree, dir);
	tfs_doc_unref(aside->doc);
	free(aside->name);
	free(aside);
}
