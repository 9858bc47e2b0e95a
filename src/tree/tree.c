/* The tree: created for a store, watches its cache, freed with all its nodes. */
#include <errno.h>
#include <stdlib.h>

#include "error-log.h"
#include "file-lock.h"
#include "history-dir.h"
#include "listing.h"
#include "node.h"
#include "reason.h"
#include "replacement.h"
#include "tenantfs/clock.h"
#include "tenantfs/lock.h"
#include "open-retry.h"
#include "version.h"

static int make_root(struct tfs_tree *tree)
{
	int r = -ENOMEM;

	tree_lock(tree);
	tree->root = tree_node_new(tree, NULL, "", &tree_path_dir_ops, tree->path_root);
	if (tree->root) {
		tree->root->lookups = 1;
		r = tree_dir_payload_new(tree, tree->root, tree->path_root);
	}
	tree_unlock(tree);
	return r;
}

int tfs_tree_new(struct tfs_store *store, const struct tfs_tree_options *options, struct tfs_tree **ret,
		 struct tfs_error *error)
{
	struct tfs_tree *tree = calloc(1, sizeof(*tree));
	int r;

	if (tree)
		tree->open_retries = calloc(OPEN_RETRIES, sizeof(struct open_retry));
	if (!tree || !tree->open_retries || tfs_mutex_init(&tree->lock) < 0) {
		if (tree)
			free(tree->open_retries);
		free(tree);
		return tfs_error_set_memory(error);
	}
	tree->store = store;
	tree->cache = tfs_store_cache(store);
	tree->config = tfs_store_config(store);
	tree->options = *options;
	tree->started = tfs_clock_wall();
	tree->drafts = tfs_store_drafts(store);
	r = !tree->drafts ? tfs_drafts_open(NULL, &tree->own_drafts, error) : 0;
	if (!tree->drafts)
		tree->drafts = tree->own_drafts;
	if (r == 0)
		r = tree_path_nodes_new(tfs_kinds, tfs_n_kinds, &tree->path_root, error);
	if (r == 0 && (tree_versions_new(tree) < 0 || make_root(tree) < 0))
		r = tfs_error_set_memory(error);
	if (r < 0) {
		tfs_tree_free(tree);
		return r;
	}
	r = tfs_cache_watch(tree->cache, &(struct tfs_cache_watcher){ .changed = tree_cache_changed, .context = tree });
	if (r < 0) {
		tfs_tree_free(tree);
		return tfs_error_set(error, r, "tree", "the cache has too many watchers");
	}
	*ret = tree;
	return 0;
}

void tfs_tree_free(struct tfs_tree *tree)
{
	struct tfs_file *file, *next_file;
	struct tfs_dir *dir, *next_dir;

	if (!tree)
		return;
	tree_replacements_end(tree);
	tfs_cache_unwatch(tree->cache, tree);
	tree->options.events = (struct tfs_tree_events){ 0 };
	DL_FOREACH_SAFE(tree->files, file, next_file)
	tfs_file_release(file);
	DL_FOREACH_SAFE(tree->dirs, dir, next_dir)
	tfs_tree_closedir(dir);
	tree_lock(tree);
	tree_open_retries_free(tree);
	tree_locks_free(tree);
	tree_nodes_free(tree);
	tree_errors_free(tree);
	tree_reasons_free(tree);
	tree_pasts_free(tree);
	tree_versions_free(tree);
	tree_unlock(tree);
	tfs_drafts_close(tree->own_drafts);
	tree_path_nodes_free(tree->path_root);
	tfs_mutex_destroy(&tree->lock);
	free(tree->open_retries);
	free(tree);
}
