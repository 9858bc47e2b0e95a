/* Differences between two states, by document and by member. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layout.h"
#include "view.h"

enum { DEPTH_MAX = 32, PATH_BYTES = 16 << 10, MEMBER_DEPTH = 16 };

struct tree_comparison {
	struct tfs_history_view *view;
	json_t *into;
	int depth;
};

static json_t *parse(const char *text, size_t len)
{
	json_t *value = NULL;

	return text && tfs_json_parse(text, len, &value, NULL) == 0 ? value : NULL;
}

static int add_member(json_t *into, const char *name, json_t *before, json_t *after)
{
	json_t *item = json_pack("{s:s}", "member", name);

	if (item && before)
		json_object_set(item, "before", before);
	if (item && after)
		json_object_set(item, "after", after);
	return json_array_append_new(into, item);
}

static int compare_members(json_t *into, const char *prefix, json_t *before, json_t *after, int depth);

/* Compares objects member by member, other values as a whole. */
static int compare_member(json_t *into, const char *prefix, const char *name, json_t *before, json_t *after, int depth)
{
	cleanup_free char *path = NULL;

	if (before && after && json_equal(before, after))
		return 0;
	if (asprintf(&path, "%s%s%s", prefix, prefix[0] != '\0' ? "." : "", name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	if (json_is_object(before) && json_is_object(after) && depth < MEMBER_DEPTH)
		return compare_members(into, path, before, after, depth + 1);
	return add_member(into, path, before, after);
}

static int compare_members(json_t *into, const char *prefix, json_t *before, json_t *after, int depth)
{
	const char *name;
	json_t *value;
	int r = 0;

	json_object_foreach (after, name, value) {
		if (r == 0 && (depth > 0 || strcmp(name, "_server") != 0))
			r = compare_member(into, prefix, name, json_object_get(before, name), value, depth);
	}
	json_object_foreach (before, name, value) {
		if (r == 0 && (depth > 0 || strcmp(name, "_server") != 0) && !json_object_get(after, name))
			r = compare_member(into, prefix, name, value, NULL, depth);
	}
	return r;
}

json_t *tfs_view_members(const char *before, size_t before_len, const char *after, size_t after_len)
{
	cleanup_json json_t *old = parse(before, before_len), *new = parse(after, after_len);
	cleanup_json json_t *all = json_array();
	bool same = before && after && before_len == after_len && memcmp(before, after, after_len) == 0;
	int r = 0;

	if (!all)
		return NULL;
	/* A text that is not an object (a script, a list) is compared as a whole. */
	if ((!before || json_is_object(old)) && (!after || json_is_object(new)))
		r = compare_members(all, "", old, new, 0);
	else if (!same)
		r = add_member(all, "", old, new);
	return r < 0 ? NULL : steal_pointer(&all);
}

static int read_blob(struct tfs_history_view *view, const git_tree_entry *entry, git_blob **ret)
{
	return !entry ? 0 : git_blob_lookup(ret, view->repo, git_tree_entry_id(entry));
}

static int compare_document(const struct tree_comparison *comparison, const char *git_path, const git_tree_entry *from,
			    const git_tree_entry *to)
{
	git_blob *old cleanup_git_blob = NULL, *new cleanup_git_blob = NULL;
	cleanup_free char *path = history_layout_from_git(git_path);
	cleanup_json json_t *members = NULL, *item = NULL;
	int r = read_blob(comparison->view, from, &old);

	if (r == 0)
		r = read_blob(comparison->view, to, &new);
	if (r < 0 || !path)
		return r < 0 ? r : GIT_ERROR;
	members = tfs_view_members(old ? git_blob_rawcontent(old) : NULL, old ? (size_t)git_blob_rawsize(old) : 0,
				   new ? git_blob_rawcontent(new) : NULL, new ? (size_t)git_blob_rawsize(new) : 0);
	if (!members)
		return GIT_ERROR;
	if (old && new &&json_array_size(members) == 0)
		return 0;
	item = json_pack("{s:o, s:s, s:O}", "path", tfs_json_string(path), "action",
			 !old   ? "create"
			 : !new ? "remove"
				: "change",
			 "members", members);
	return json_array_append(comparison->into, item) < 0 ? GIT_ERROR : 0;
}

static int compare_trees(const struct tree_comparison *comparison, const char *prefix, const git_oid *from,
			 const git_oid *to);

/*
 * Compares the entries of one name; either may be NULL. A document replaced by a directory is a removal and
 * an addition.
 */
static int compare_entry(const struct tree_comparison *comparison, const char *git_path, const git_tree_entry *from,
			 const git_tree_entry *to)
{
	bool from_tree = from && git_tree_entry_type(from) == GIT_OBJECT_TREE;
	bool to_tree = to && git_tree_entry_type(to) == GIT_OBJECT_TREE;
	struct tree_comparison below = { comparison->view, comparison->into, comparison->depth + 1 };
	int r = 0;

	if (from && to && git_oid_equal(git_tree_entry_id(from), git_tree_entry_id(to)))
		return 0;
	if (from_tree || to_tree)
		r = compare_trees(&below, git_path, from_tree ? git_tree_entry_id(from) : NULL,
				  to_tree ? git_tree_entry_id(to) : NULL);
	if (r == 0 && ((from && !from_tree) || (to && !to_tree)))
		r = compare_document(comparison, git_path, from_tree ? NULL : from, to_tree ? NULL : to);
	return r;
}

static int compare_named(const struct tree_comparison *comparison, const char *prefix, const char *name,
			 const git_tree_entry *from, const git_tree_entry *to)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s%s%s", prefix, prefix[0] != '\0' ? "/" : "", name);
	return compare_entry(comparison, path, from, to);
}

static int compare_trees(const struct tree_comparison *comparison, const char *prefix, const git_oid *from,
			 const git_oid *to)
{
	git_tree *old cleanup_git_tree = NULL, *new cleanup_git_tree = NULL;
	int r = from ? git_tree_lookup(&old, comparison->view->repo, from) : 0;

	if (r == 0 && to)
		r = git_tree_lookup(&new, comparison->view->repo, to);
	if (comparison->depth > DEPTH_MAX)
		return GIT_ERROR;
	for (size_t i = 0; r == 0 && new &&i < git_tree_entrycount(new); i++) {
		const git_tree_entry *entry = git_tree_entry_byindex(new, i);
		const char *name = git_tree_entry_name(entry);

		r = compare_named(comparison, prefix, name, old ? git_tree_entry_byname(old, name) : NULL, entry);
	}
	for (size_t i = 0; r == 0 && old && i < git_tree_entrycount(old); i++) {
		const git_tree_entry *entry = git_tree_entry_byindex(old, i);
		const char *name = git_tree_entry_name(entry);

		if (!new || !git_tree_entry_byname(new, name))
			r = compare_named(comparison, prefix, name, entry, NULL);
	}
	return r;
}

int history_view_compare(struct tfs_history_view *view, const git_oid *from, const git_oid *to, const char *path,
			 json_t *into)
{
	const struct tree_comparison comparison = { view, into, 0 };
	git_tree_entry *old cleanup_git_entry = NULL, *new cleanup_git_entry = NULL;
	cleanup_free char *git_path = history_layout_to_git(path);
	int r = 0;

	if (!git_path)
		return GIT_ERROR;
	if (path[0] == '\0')
		return compare_trees(&comparison, "", from, to);
	if (from)
		r = history_repo_entry(view->repo, from, git_path, &old);
	if ((r == 0 || r == GIT_ENOTFOUND) && to)
		r = history_repo_entry(view->repo, to, git_path, &new);
	if (r < 0 && r != GIT_ENOTFOUND)
		return r;
	return !old && !new ? GIT_ENOTFOUND : compare_entry(&comparison, git_path, old, new);
}

int tfs_view_diff(struct tfs_history_view *view, const char *from, const char *to, const char *path, json_t **ret,
		  struct tfs_error *error)
{
	git_commit *old cleanup_git_commit = NULL, *new cleanup_git_commit = NULL;
	cleanup_json json_t *all = json_array();
	int r = from ? history_view_commit(view, from, &old, error) : 0;

	if (r == 0)
		r = history_view_commit(view, to, &new, error);
	if (r < 0)
		return r;
	r = !all ? GIT_ERROR
		 : history_view_compare(view, old ? git_commit_tree_id(old) : NULL, git_commit_tree_id(new), path, all);
	/* Without this check a misspelled path would read as "no difference". */
	if (r == GIT_ENOTFOUND)
		return tfs_error_set(error, -ENOENT, "history", "%s: recorded in neither state", path);
	if (r < 0)
		return history_repo_fail(error, r, "what differs");
	*ret = steal_pointer(&all);
	return 0;
}
