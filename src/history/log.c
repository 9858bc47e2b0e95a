/* Log, show and blame: commits as JSON. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "layout.h"
#include "message.h"
#include "tenantfs/path.h"
#include "view.h"

static json_t *subject_of(const git_commit *commit)
{
	const char *message = git_commit_message(commit);
	cleanup_free char *line = strndup(message, strcspn(message, "\n"));

	return tfs_json_string(line);
}

/* The author's time, UTC. */
static json_t *time_of(const git_commit *commit)
{
	time_t time = git_commit_author(commit)->when.time;
	char text[32];
	struct tm utc;

	gmtime_r(&time, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
	return json_string(text);
}

static json_t *entry_of(const git_commit *commit)
{
	const git_signature *author = git_commit_author(commit);
	cleanup_json json_t *trailers = history_message_trailers(git_commit_message(commit));
	char id[TFS_HISTORY_ID], state[TFS_HISTORY_STATE];
	json_t *entry;

	git_oid_tostr(id, sizeof(id), git_commit_id(commit));
	history_state_name(commit, state);
	entry = json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "commit", id, "state", state, "time", time_of(commit),
			  "author", tfs_json_string(author->name), "mail", tfs_json_string(author->email), "subject",
			  subject_of(commit));
	if (entry && json_object_update_missing(entry, trailers) < 0) {
		json_decref(entry);
		return NULL;
	}
	return entry;
}

/* 1 if the entry at the path differs from the parent's, 0 if not, or libgit2's code. */
static int touches(struct tfs_history_view *view, const git_commit *commit, const git_commit *parent, const char *path)
{
	git_tree_entry *new cleanup_git_entry = NULL, *old cleanup_git_entry = NULL;
	cleanup_free char *git_path = history_layout_to_git(path);
	int r = !git_path ? GIT_ERROR : history_repo_entry(view->repo, git_commit_tree_id(commit), git_path, &new);

	if (r < 0 && r != GIT_ENOTFOUND)
		return r;
	r = !parent ? 0 : history_repo_entry(view->repo, git_commit_tree_id(parent), git_path, &old);
	if (r < 0 && r != GIT_ENOTFOUND)
		return r;
	if (!old || !new)
		return old != new;
	return !git_oid_equal(git_tree_entry_id(old), git_tree_entry_id(new));
}

/*
 * True when a commit is about something at or below `path`: by its trailers, or by its tree if it has many
 * documents.
 */
static int concerns(struct tfs_history_view *view, const git_commit *commit, const git_commit *parent, const char *path)
{
	cleanup_json json_t *trailers = NULL;
	const char *one, *other, *directory;

	if (path[0] == '\0')
		return 1;
	trailers = history_message_trailers(git_commit_message(commit));
	one = tfs_json_text(trailers, "path");
	other = tfs_json_text(trailers, "new_path");
	directory = tfs_json_text(trailers, "directory");
	if ((one && tfs_path_is_below(one, path)) || (other && tfs_path_is_below(other, path)))
		return 1;
	/* No trailers: not our commit. */
	if (one || (directory && !tfs_path_is_below(directory, path) && !tfs_path_is_below(path, directory)))
		return 0;
	return touches(view, commit, parent, path);
}

/* Follows a renamed document back to its old name. */
static int follow(const git_commit *commit, char **path)
{
	cleanup_json json_t *trailers = history_message_trailers(git_commit_message(commit));
	const char *before = tfs_json_text(trailers, "path"), *after = tfs_json_text(trailers, "new_path");
	char *copy;

	if (!after || !before || strcmp(after, *path) != 0)
		return 0;
	copy = strdup(before);
	if (!copy)
		return -ENOMEM;
	free(*path);
	*path = copy;
	return 0;
}

/*
 * Called for each commit that concerns the path, newest first. A result other than 0 ends the walk and is
 * returned.
 */
typedef int (*each_commit)(void *context, const git_commit *commit, const git_commit *parent, const char *path);

static int walk(struct tfs_history_view *view, const char *path, each_commit each, void *context,
		struct tfs_error *error)
{
	git_commit *commit cleanup_git_commit = NULL;
	cleanup_free char *at = strdup(path);
	int r = at ? history_view_commit(view, "HEAD", &commit, NULL) : -ENOMEM;

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return tfs_error_set(error, r, "history", "the newest state cannot be read");
	while (commit) {
		git_commit *parent = NULL;
		int found;

		r = history_view_parent(commit, &parent);
		if (r < 0)
			return history_repo_fail(error, r, "an earlier state");
		found = concerns(view, commit, parent, at);
		r = found > 0 ? each(context, commit, parent, at) : found;
		if (r == 0 && found > 0)
			r = follow(commit, &at);
		git_commit_free(commit);
		commit = parent;
		if (found < 0)
			return history_repo_fail(error, found, path);
		if (r != 0)
			return r;
	}
	return 0;
}

struct logging {
	tfs_view_each each;
	void *context;
	size_t left;
	struct tfs_error *error;
};

enum { ENOUGH = 1 };

static int log_commit(void *context, const git_commit *commit, const git_commit *parent, const char *path)
{
	struct logging *logging = context;
	json_t *entry;
	int r;

	(void)parent;
	(void)path;
	if (logging->left-- == 0)
		return ENOUGH;
	entry = entry_of(commit);
	if (!entry)
		return tfs_error_set_memory(logging->error);
	r = logging->each(logging->context, entry);
	json_decref(entry);
	return r;
}

int tfs_view_log(struct tfs_history_view *view, const char *path, size_t limit, tfs_view_each each, void *context,
		 struct tfs_error *error)
{
	struct logging logging = { each, context, limit, error };
	int r = walk(view, path, log_commit, &logging, error);

	return r == ENOUGH ? 0 : r;
}

int tfs_view_show(struct tfs_history_view *view, const char *revision, json_t **ret, struct tfs_error *error)
{
	git_commit *commit cleanup_git_commit = NULL, *parent cleanup_git_commit = NULL;
	cleanup_json json_t *entry = NULL, *changes = json_array();
	int r = history_view_commit(view, revision, &commit, error);

	if (r < 0)
		return r;
	r = history_view_parent(commit, &parent);
	if (r == 0)
		r = history_view_compare(view, parent ? git_commit_tree_id(parent) : NULL, git_commit_tree_id(commit),
					 "", changes);
	if (r < 0)
		return history_repo_fail(error, r, revision);
	entry = entry_of(commit);
	if (!entry || json_object_set(entry, "changes", changes) < 0)
		return tfs_error_set_memory(error);
	*ret = steal_pointer(&entry);
	return 0;
}

struct gathering {
	char id[64];
	json_t *commits;
};

static int gather_one(void *context, const git_commit *commit, const git_commit *parent, const char *path)
{
	struct gathering *gathering = context;
	const char *message = git_commit_message(commit);
	cleanup_json json_t *trailers = NULL;
	const char *set;
	char id[TFS_HISTORY_ID];

	(void)parent;
	(void)path;
	/* A cheap test first: few of very many commits pass it. */
	if (!strstr(message, gathering->id))
		return 0;
	trailers = history_message_trailers(message);
	set = tfs_json_text(trailers, "change_set");
	if (!set || strcmp(set, gathering->id) != 0)
		return 0;
	git_oid_tostr(id, sizeof(id), git_commit_id(commit));
	return json_array_append_new(gathering->commits, json_string(id)) < 0 ? -ENOMEM : 0;
}

/* A word that is not a revision may be the id of a set. */
static int find_set(struct tfs_history_view *view, const char *revision, char *ret, size_t room,
		    struct tfs_error *error)
{
	git_commit *commit cleanup_git_commit = NULL;
	cleanup_json json_t *trailers = NULL;
	const char *set;
	int r = history_view_commit(view, revision, &commit, error);

	if (r < 0 && revision[0] != '\0' && strlen(revision) < room) {
		snprintf(ret, room, "%s", revision);
		return r;
	}
	if (r < 0)
		return r;
	trailers = history_message_trailers(git_commit_message(commit));
	set = tfs_json_text(trailers, "change_set");
	if (!set)
		return tfs_error_set(error, -EINVAL, "history", "%s is a change by itself, of no set", revision);
	snprintf(ret, room, "%s", set);
	return 0;
}

int tfs_view_set(struct tfs_history_view *view, const char *revision, json_t **ret, struct tfs_error *error)
{
	cleanup_json json_t *commits = json_array();
	struct gathering gathering = { .commits = commits };
	struct tfs_error walking = { 0 };
	int r = commits ? 0 : tfs_error_set_memory(error), found;

	if (r == 0)
		r = find_set(view, revision, gathering.id, sizeof(gathering.id), error);
	if (gathering.id[0] == '\0')
		return r;
	found = walk(view, "", gather_one, &gathering, &walking);
	if (found < 0 && error)
		*error = walking;
	if (found < 0)
		return found == -ENOMEM ? tfs_error_set_memory(error) : found;
	/* Neither a revision nor a set: report the error of the former. */
	if (json_array_size(commits) == 0)
		return r < 0 ? r : tfs_error_set(error, -ENOENT, "history", "%s: there is no such set", revision);
	tfs_error_clear(error);
	*ret = steal_pointer(&commits);
	return 0;
}

struct making {
	json_t *made;
	git_oid since;
};

static int note_made(void *context, const git_commit *commit, const git_commit *parent, const char *path)
{
	struct making *making = context;
	cleanup_json json_t *trailers = NULL;
	const char *operation, *made, *from;

	(void)parent;
	(void)path;
	if (git_oid_equal(git_commit_id(commit), &making->since))
		return ENOUGH;
	trailers = history_message_trailers(git_commit_message(commit));
	operation = tfs_json_text(trailers, "operation");
	made = tfs_json_text(trailers, "new_path");
	if (!made && operation && strcmp(operation, "create") == 0)
		made = tfs_json_text(trailers, "path");
	if (!made)
		return 0;
	from = strcmp(operation ? operation : "", "create") != 0 ? tfs_json_text(trailers, "path") : NULL;
	if (json_object_set_new(making->made, made, from ? json_string(from) : json_true()) < 0)
		return -ENOMEM;
	return 0;
}

int tfs_view_made(struct tfs_history_view *view, const char *since, json_t **ret, struct tfs_error *error)
{
	cleanup_json json_t *made = json_object();
	git_commit *commit cleanup_git_commit = NULL;
	struct making making = { .made = made };
	int r = made ? history_view_commit(view, since, &commit, error) : tfs_error_set_memory(error);

	if (r < 0)
		return r;
	git_oid_cpy(&making.since, git_commit_id(commit));
	r = walk(view, "", note_made, &making, error);
	if (r < 0)
		return !error || error->code != 0 ? r : tfs_error_set_memory(error);
	*ret = steal_pointer(&made);
	return 0;
}

/* Attributes the members of the present text to commits. */
struct blaming {
	struct tfs_history_view *view;
	json_t *left;   /* object: members without a commit yet, with their values */
	json_t *blamed; /* array */
	struct tfs_error *error;
};

static json_t *members_at(struct tfs_history_view *view, const git_commit *commit, const char *path)
{
	cleanup_free char *git_path = history_layout_to_git(path);
	git_blob *blob cleanup_git_blob = NULL;
	json_t *value = NULL;

	if (!commit || !git_path || history_repo_blob(view->repo, git_commit_tree_id(commit), git_path, &blob) < 0)
		return NULL;
	tfs_json_parse(git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob), &value, NULL);
	return value;
}

static int blame_commit(void *context, const git_commit *commit, const git_commit *parent, const char *path)
{
	struct blaming *blaming = context;
	cleanup_json json_t *trailers = history_message_trailers(git_commit_message(commit));
	const char *moved = tfs_json_text(trailers, "new_path"), *had = tfs_json_text(trailers, "path");
	const char *before_path = moved && had && strcmp(moved, path) == 0 ? had : path;
	cleanup_json json_t *before = members_at(blaming->view, parent, before_path);
	const char *name;
	json_t *value;
	void *next;

	json_object_foreach_safe (blaming->left, next, name, value) {
		json_t *stood = json_object_get(before, name), *entry;

		if (stood && json_equal(stood, value))
			continue;
		entry = entry_of(commit);
		if (!entry || json_object_set_new(entry, "member", json_string(name)) < 0 ||
		    json_object_set(entry, "value", value) < 0 || json_array_append_new(blaming->blamed, entry) < 0)
			return tfs_error_set_memory(blaming->error);
		json_object_del(blaming->left, name);
	}
	return json_object_size(blaming->left) == 0 ? ENOUGH : 0;
}

static int compare_order(json_t *now, const json_t *blamed, json_t *sorted)
{
	const char *name;
	json_t *value;

	json_object_foreach (now, name, value) {
		size_t i;
		json_t *entry;

		json_array_foreach (blamed, i, entry)
			if (strcmp(tfs_json_text(entry, "member"), name) == 0 && json_array_append(sorted, entry) < 0)
				return -ENOMEM;
	}
	return 0;
}

int tfs_view_blame(struct tfs_history_view *view, const char *path, json_t **ret, struct tfs_error *error)
{
	git_commit *head cleanup_git_commit = NULL;
	cleanup_json json_t *now = NULL, *left = NULL, *blamed = json_array(), *sorted = json_array();
	struct blaming blaming = { .view = view, .blamed = blamed, .error = error };
	int r = history_view_commit(view, "HEAD", &head, error);

	if (r < 0)
		return r;
	now = members_at(view, head, path);
	if (!json_is_object(now))
		return tfs_error_set(error, -ENOENT, "history", "%s: no document of that path is recorded", path);
	left = json_copy(now);
	if (!left || !blamed || !sorted)
		return tfs_error_set_memory(error);
	json_object_del(left, "_server");
	blaming.left = left;
	r = walk(view, path, blame_commit, &blaming, error);
	if (r < 0)
		return r;
	/* Sort by the document's order, not by that of the commits. */
	if (compare_order(now, blamed, sorted) < 0)
		return tfs_error_set_memory(error);
	*ret = steal_pointer(&sorted);
	return 0;
}
