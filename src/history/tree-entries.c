/* Reads a directory of the mount: one tree, or the smaller ones that a wide directory is spread over. */
#include "tree-entries.h"

#include "layout.h"

static int each_at(git_repository *repo, const git_oid *id, int levels, tree_entry_fn each, void *context)
{
	git_tree *tree cleanup_git_tree = NULL;
	int r = git_tree_lookup(&tree, repo, id);

	for (size_t i = 0; r == 0 && i < git_tree_entrycount(tree); i++) {
		const git_tree_entry *entry = git_tree_entry_byindex(tree, i);

		if (levels > 0 && git_tree_entry_type(entry) == GIT_OBJECT_TREE)
			r = each_at(repo, git_tree_entry_id(entry), levels - 1, each, context);
		else
			r = each(context, git_tree_entry_name(entry), entry);
	}
	return r;
}

int history_tree_entries_each(git_repository *repo, const git_oid *tree, const char *directory, tree_entry_fn each,
			      void *context)
{
	git_tree_entry *entry cleanup_git_entry = NULL;
	cleanup_free char *git_path = NULL;
	int r;

	if (directory[0] == '\0')
		return each_at(repo, tree, 0, each, context);
	git_path = history_layout_to_git(directory);
	r = git_path ? history_repo_entry(repo, tree, git_path, &entry) : GIT_ERROR;
	if (r == 0 && git_tree_entry_type(entry) != GIT_OBJECT_TREE)
		return GIT_ENOTFOUND;
	if (r < 0)
		return r;
	return each_at(repo, git_tree_entry_id(entry), history_layout_is_wide(directory) ? LAYOUT_LEVELS : 0, each,
		       context);
}
