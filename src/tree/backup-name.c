/* Backup renames: an editor renames a document to a backup name; the document keeps its name on the server. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "local.h"
#include "version.h"

struct backup_rename *tree_backup_find(const struct tfs_node *dir, const char *name)
{
	struct backup_rename *backup;

	assert(S_ISDIR(dir->ops->type));
	for (backup = dir->dir->backups; backup; backup = backup->next)
		if (strcmp(backup->name, name) == 0)
			break;
	return backup;
}

int tree_backup_add(struct tfs_tree *tree, struct tfs_node *dir, const char *name, struct tfs_doc *doc,
		    struct scratch *holder)
{
	struct backup_rename *backup = calloc(1, sizeof(*backup));
	char *copy = strdup(name);

	if (!backup || !copy) {
		free(backup);
		free(copy);
		tfs_doc_unref(doc);
		return -ENOMEM;
	}
	backup->dir = tree_node_get(dir);
	backup->name = copy;
	backup->doc = doc;
	assert(!holder->backup);
	backup->holder = holder;
	holder->backup = backup;
	backup->next = dir->dir->backups;
	dir->dir->backups = backup;
	tree_dir_changed(tree, dir);
	return 0;
}

/* Removes the pending document that replaced the renamed one, unless it is being written. */
static void remove_replacement(struct tfs_tree *tree, struct backup_rename *backup) TFS_HOLDS(tree->lock)
{
	struct tfs_node *node = tree_node_find(tree, backup->dir, backup->name);

	if (!node || !(node->flags & NODE_REPLACES_BACKUP) || !(node->flags & NODE_PENDING) || node->doc.editors)
		return;
	tree_node_get(node);
	tree_node_orphan(tree, node);
	tree_version_sent(tree, node);
	tree_node_put(tree, node);
}

void tree_backup_end(struct tfs_tree *tree, struct backup_rename *backup)
{
	struct tfs_node *dir;
	struct backup_rename **at;

	if (!backup)
		return;
	dir = backup->dir;
	assert(backup->holder->backup == backup);
	backup->holder->backup = NULL;
	remove_replacement(tree, backup);
	at = &dir->dir->backups;
	while (*at != backup)
		at = &(*at)->next;
	*at = backup->next;
	tree_dir_changed(tree, dir);
	tree_node_tell_gone(tree, dir, backup->name);
	tree_node_put(tree, dir);
	tfs_doc_unref(backup->doc);
	free(backup->name);
	free(backup);
}
