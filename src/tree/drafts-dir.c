/* .tenantfs/drafts: the refused texts under the paths they were meant for, each with its reason beside it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "draft.h"
#include "generated.h"
#include "listing.h"

static const char ERROR_ENDING[] = ".error.json";

/* The path that an entry of a drafts directory stands for: what is below the topmost of them. Caller frees. */
static char *draft_path(const struct tfs_node *dir, const char *name)
{
	cleanup_free char *path = child_path(dir, name);
	size_t above = 0;

	if (path == NULL)
		return NULL;
	while (node_parent(dir)->ops == &drafts_dir_ops)
		dir = node_parent(dir);
	for (; node_parent(dir) != NULL; dir = node_parent(dir))
		above += strlen(node_name(dir)) + 1;
	return strdup(path + above);
}

/* The lock is held. The draft that `<path>.error.json` is about. */
static struct draft *find_by_error(struct tfs_tree *tree, const char *path)
{
	size_t len = strlen(path), end = sizeof(ERROR_ENDING) - 1;
	cleanup_free char *of = NULL;

	if (len <= end || strcmp(path + len - end, ERROR_ENDING) != 0)
		return NULL;
	of = strndup(path, len - end);
	return of != NULL ? draft_find(tree, of) : NULL;
}

static bool is_above(const char *path, const char *draft)
{
	size_t len = strlen(path);

	return strncmp(path, draft, len) == 0 && (len == 0 || draft[len] == '/');
}

static int make_draft(struct tfs_tree *tree, const struct tfs_node *node, struct tfs_buf *out)
{
	cleanup_free char *path = draft_path(node_parent(node), node_name(node));
	const struct draft *draft;
	int r = -ENOENT;

	if (path == NULL)
		return -ENOMEM;
	tree_lock(tree);
	draft = draft_find(tree, path);
	if (draft != NULL)
		r = tfs_buf_add(out, draft->text.data, draft->text.len);
	tree_unlock(tree);
	return r;
}

static int make_draft_error(struct tfs_tree *tree, const struct tfs_node *node, struct tfs_buf *out)
{
	cleanup_free char *path = draft_path(node_parent(node), node_name(node));
	cleanup_json json_t *value = NULL;
	const struct draft *draft;

	if (path == NULL)
		return -ENOMEM;
	tree_lock(tree);
	draft = find_by_error(tree, path);
	if (draft != NULL)
		value = tfs_error_to_json(&draft->error);
	tree_unlock(tree);
	return value != NULL ? tfs_json_print_document(value, out) : -ENOENT;
}

const struct generator draft_text = { "draft", false, make_draft };
const struct generator draft_error = { "error", false, make_draft_error };

static int drafts_find(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
		       struct found *ret)
{
	cleanup_free char *path = draft_path(dir, name);
	struct found found = { 0 };

	if (path == NULL)
		return tfs_fail(op, -ENOMEM, "tree", "out of memory");
	tree_lock(tree);
	if (draft_find(tree, path) != NULL)
		found = (struct found){ .ops = &generated_ops, .what = &draft_text };
	else if (find_by_error(tree, path) != NULL)
		found = (struct found){ .ops = &generated_ops, .what = &draft_error };
	for (const struct draft *draft = tree->drafts; draft != NULL && found.ops == NULL; draft = draft->hh.next)
		if (is_above(path, draft->path))
			found = (struct found){ .ops = &drafts_dir_ops };
	tree_unlock(tree);
	if (found.ops == NULL)
		return tfs_fail(op, -ENOENT, "tree", "no such draft");
	*ret = found;
	return 0;
}

static bool is_listed(const struct listing *listing, const char *name)
{
	for (size_t i = 0; i < listing->count; i++)
		if (strcmp(listing->entries[i].name, name) == 0)
			return true;
	return false;
}

/* One draft as seen from a directory above it: itself and its reason, or the directory it is in. */
static int list_draft(struct listing *listing, const char *below)
{
	const char *slash = strchr(below, '/');
	cleanup_free char *name = slash != NULL ? strndup(below, (size_t)(slash - below)) : strdup(below);
	cleanup_free char *error = NULL;
	int r;

	if (name == NULL)
		return -ENOMEM;
	if (slash != NULL)
		return is_listed(listing, name) ?
			       0 :
			       listing_add(listing, name, &(struct found){ .ops = &drafts_dir_ops });
	if (asprintf(&error, "%s%s", name, ERROR_ENDING) < 0) {
		error = NULL;
		return -ENOMEM;
	}
	r = listing_add(listing, name, &(struct found){ .ops = &generated_ops, .what = &draft_text });
	if (r == 0)
		r = listing_add(listing, error, &(struct found){ .ops = &generated_ops, .what = &draft_error });
	return r;
}

static int drafts_list(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, struct listing *listing)
{
	cleanup_free char *path = draft_path(dir, "");
	size_t len;
	int r = 0;

	if (path == NULL)
		return tfs_fail(op, -ENOMEM, "tree", "out of memory");
	len = strlen(path);
	tree_lock(tree);
	for (const struct draft *draft = tree->drafts; draft != NULL && r == 0; draft = draft->hh.next)
		if (strncmp(draft->path, path, len) == 0)
			r = list_draft(listing, draft->path + len);
	/* Drafts come and go without a word: the kernel asks each time. */
	dir_changed(tree, dir);
	tree_unlock(tree);
	return r;
}

/* Removing a draft, or its reason, discards both. */
static int drafts_remove(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name)
{
	cleanup_free char *path = draft_path(dir, name);
	cleanup_free char *of = NULL;
	const struct draft *draft;

	if (path == NULL)
		return tfs_fail(op, -ENOMEM, "tree", "out of memory");
	tree_lock(tree);
	draft = draft_find(tree, path);
	if (draft == NULL)
		draft = find_by_error(tree, path);
	of = draft != NULL ? strdup(draft->path) : NULL;
	tree_unlock(tree);
	return tfs_tree_discard(tree, op, of != NULL ? of : path);
}

const struct node_ops drafts_dir_ops = {
	.type = S_IFDIR,
	.state = "control",
	.attr = directory_attr,
	.find = drafts_find,
	.list = drafts_list,
	.remove = drafts_remove,
};
