/* Reads the history: revisions, the documents and directories of a state, the list of states. */
#include "view.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "layout.h"
#include "message.h"
#include "tree-entries.h"

enum { TIME_LENGTH = 17 };

int tfs_view_open(const struct tfs_config *config, struct tfs_history_view **ret, struct tfs_error *error)
{
	struct tfs_history_view *view = calloc(1, sizeof(*view));
	cleanup_free char *path = history_repo_path(config);
	int r;

	if (!view || !path) {
		free(view);
		return tfs_error_set_memory(error);
	}
	history_repo_library_init();
	r = history_repo_open(path, false, &view->repo, error);
	if (r < 0)
		tfs_view_close(view);
	if (r == -ENOENT && !config->history_record)
		return tfs_error_set(error, -EOPNOTSUPP, "history",
				     "there is no history: history-record is false in %s", config->path);
	if (r < 0)
		return r;
	*ret = view;
	return 0;
}

void tfs_view_close(struct tfs_history_view *view)
{
	if (!view)
		return;
	git_repository_free(view->repo);
	history_day_index_finish(&view->days);
	history_repo_library_end();
	free(view);
}

void history_state_name(const git_commit *commit, char out[TFS_HISTORY_STATE])
{
	time_t time = git_commit_time(commit);
	struct tm utc;
	char id[STATE_ABBREVIATION + 1];

	gmtime_r(&time, &utc);
	git_oid_tostr(id, sizeof(id), git_commit_id(commit));
	strftime(out, TFS_HISTORY_STATE, "%Y-%m-%dT%H%M%S", &utc);
	snprintf(out + TIME_LENGTH, TFS_HISTORY_STATE - TIME_LENGTH, "-%s", id);
}

/* "2026-11-23T101112-1a2b3c4d" names the commit after the time. */
static const char *without_time(const char *revision)
{
	static const char form[] = "dddd-dd-ddTdddddd-";

	for (size_t i = 0; form[i] != '\0'; i++)
		if (form[i] == 'd' ? revision[i] < '0' || revision[i] > '9' : revision[i] != form[i])
			return revision;
	return revision + sizeof(form) - 1;
}

/* "j12" is change 12 of the journal. */
static bool is_journal_number(const char *revision, uint64_t *ret)
{
	char *end = NULL;

	if (revision[0] != 'j' || revision[1] < '1' || revision[1] > '9')
		return false;
	*ret = strtoull(revision + 1, &end, 10);
	return *end == '\0';
}

/* Commits of changes by others and of baselines also have a journal number, but are not that change. */
static bool is_change_of(const git_commit *commit, uint64_t number)
{
	cleanup_json json_t *trailers = NULL;
	const char *message = git_commit_message(commit), *origin;

	if (history_message_journal(message) != number)
		return false;
	trailers = history_message_trailers(message);
	origin = tfs_json_text(trailers, "origin");
	return origin && strcmp(origin, "tenantfs") == 0;
}

/* The commit of that change; GIT_ENOTFOUND: not recorded yet, or no longer. */
static int find_journal(struct tfs_history_view *view, uint64_t number, git_object **ret)
{
	git_object *at = NULL;
	int r = git_revparse_single(&at, view->repo, "HEAD");

	while (r == 0 && !is_change_of((git_commit *)at, number)) {
		git_commit *parent = NULL;

		r = git_commit_parentcount((git_commit *)at) == 0 ? GIT_ENOTFOUND
								  : git_commit_parent(&parent, (git_commit *)at, 0);
		git_object_free(at);
		at = (git_object *)parent;
	}
	if (r == 0)
		*ret = at;
	return r;
}

int history_view_commit(struct tfs_history_view *view, const char *revision, git_commit **ret, struct tfs_error *error)
{
	git_object *object cleanup_git_object = NULL, *commit = NULL;
	uint64_t number;
	int r = is_journal_number(revision, &number) ? find_journal(view, number, &object)
						     : git_revparse_single(&object, view->repo, without_time(revision));

	if (r == 0)
		r = git_object_peel(&commit, object, GIT_OBJECT_COMMIT);
	if (r == GIT_EAMBIGUOUS)
		return tfs_error_set(error, -EINVAL, "history", "%s: several revisions begin so", revision);
	if (r < 0)
		return tfs_error_set(error, -ENOENT, "history", "%s: there is no such revision", revision);
	*ret = (git_commit *)commit;
	return 0;
}

int history_view_parent(const git_commit *commit, git_commit **ret)
{
	if (git_commit_parentcount(commit) == 0) {
		*ret = NULL;
		return 0;
	}
	return git_commit_parent(ret, commit, 0);
}

int tfs_view_resolve(struct tfs_history_view *view, const char *revision, char ret_id[TFS_HISTORY_ID],
		     struct tfs_error *error)
{
	git_commit *commit cleanup_git_commit = NULL;
	int r = history_view_commit(view, revision, &commit, error);

	if (r == 0)
		git_oid_tostr(ret_id, TFS_HISTORY_ID, git_commit_id(commit));
	return r;
}

int tfs_view_state(struct tfs_history_view *view, const char *id, char ret_name[TFS_HISTORY_STATE],
		   struct tfs_error *error)
{
	git_commit *commit cleanup_git_commit = NULL;
	int r = history_view_commit(view, id, &commit, error);

	if (r == 0)
		history_state_name(commit, ret_name);
	return r;
}

static int find_entry(struct tfs_history_view *view, const char *id, const char *path, git_tree_entry **ret,
		      git_commit **ret_commit, struct tfs_error *error)
{
	cleanup_free char *git_path = history_layout_to_git(path);
	int r;

	if (!git_path)
		return tfs_error_set_memory(error);
	r = history_view_commit(view, id, ret_commit, error);
	if (r < 0 || path[0] == '\0')
		return r;
	r = history_repo_entry(view->repo, git_commit_tree_id(*ret_commit), git_path, ret);
	if (r == GIT_ENOTFOUND)
		return tfs_error_set(error, -ENOENT, "history", "%s: not there at that time", path);
	return r < 0 ? history_repo_fail(error, r, path) : 0;
}

int tfs_view_read(struct tfs_history_view *view, const char *id, const char *path, struct tfs_buf *out,
		  struct tfs_error *error)
{
	git_commit *commit cleanup_git_commit = NULL;
	git_tree_entry *entry cleanup_git_entry = NULL;
	git_blob *blob cleanup_git_blob = NULL;
	int r = find_entry(view, id, path, &entry, &commit, error);

	if (r < 0)
		return r;
	if (!entry || git_tree_entry_type(entry) != GIT_OBJECT_BLOB)
		return tfs_error_set(error, -EISDIR, "history", "%s is a directory", path);
	r = git_blob_lookup(&blob, view->repo, git_tree_entry_id(entry));
	if (r < 0)
		return history_repo_fail(error, r, path);
	r = tfs_buf_add(out, git_blob_rawcontent(blob), (size_t)git_blob_rawsize(blob));
	return r < 0 ? tfs_error_set(error, r, "history", "%s: too long", path) : 0;
}

static int size_of(struct tfs_history_view *view, const git_oid *id, size_t *ret)
{
	git_odb *odb = NULL;
	git_object_t type;
	int r = git_repository_odb(&odb, view->repo);

	if (r == 0)
		r = git_odb_read_header(ret, &type, odb, id);
	git_odb_free(odb);
	return r;
}

int tfs_view_stat(struct tfs_history_view *view, const char *id, const char *path, bool *ret_directory,
		  size_t *ret_size, struct timespec *ret_time, struct tfs_error *error)
{
	git_commit *commit cleanup_git_commit = NULL;
	git_tree_entry *entry cleanup_git_entry = NULL;
	int r = find_entry(view, id, path, &entry, &commit, error);

	if (r < 0)
		return r;
	*ret_size = 0;
	*ret_directory = !entry || git_tree_entry_type(entry) == GIT_OBJECT_TREE;
	*ret_time = (struct timespec){ .tv_sec = git_commit_time(commit) };
	r = *ret_directory ? 0 : size_of(view, git_tree_entry_id(entry), ret_size);
	return r < 0 ? history_repo_fail(error, r, path) : 0;
}

struct naming {
	tfs_view_name each;
	void *context;
};

static int name_entry(void *context, const char *name, const git_tree_entry *entry)
{
	const struct naming *naming = context;

	return naming->each(naming->context, name, git_tree_entry_type(entry) == GIT_OBJECT_TREE);
}

int tfs_view_list(struct tfs_history_view *view, const char *id, const char *path, tfs_view_name each, void *context,
		  struct tfs_error *error)
{
	git_commit *commit cleanup_git_commit = NULL;
	struct naming naming = { each, context };
	int r = history_view_commit(view, id, &commit, error);

	if (r < 0)
		return r;
	r = history_tree_entries_each(view->repo, git_commit_tree_id(commit), path, name_entry, &naming);
	if (r == GIT_ENOTFOUND)
		return tfs_error_set(error, -ENOENT, "history", "%s: no directory at that time", path);
	return r;
}

/* Walks through the few commits that the day index lacks. */
static int update_days(struct tfs_history_view *view, struct tfs_error *error)
{
	int r;

	if (!view->days_loaded)
		history_day_index_load(view->repo, &view->days);
	view->days_loaded = true;
	r = history_day_index_update(view->repo, &view->days, &view->walked);
	return r < 0 ? history_repo_fail(error, r, "the days of the history") : 0;
}

/* Calls `each` for at most `*left` states from `from` back; only those of `day` if not NULL. */
static int each_state(struct tfs_history_view *view, const git_oid *from, const char *day, size_t *left,
		      tfs_view_name each, void *context, struct tfs_error *error)
{
	git_commit *commit cleanup_git_commit = NULL;
	char name[TFS_HISTORY_STATE];
	int r = git_commit_lookup(&commit, view->repo, from);

	while (r == 0 && commit && *left > 0) {
		git_commit *parent = NULL;

		view->walked++;
		history_state_name(commit, name);
		if (day && strncmp(name, day, DAY_LENGTH) != 0)
			return 0;
		--*left;
		r = each(context, name, true);
		if (r != 0)
			return r;
		r = history_view_parent(commit, &parent);
		git_commit_free(commit);
		commit = parent;
	}
	return r < 0 ? history_repo_fail(error, r, "an earlier state") : 0;
}

int tfs_view_states(struct tfs_history_view *view, const char *day, size_t limit, tfs_view_name each, void *context,
		    struct tfs_error *error)
{
	git_oid head;
	int r = day ? update_days(view, error) : history_repo_head(view->repo, &head);

	/* Without a commit there are no states. */
	if (r < 0)
		return r == -ENOENT ? 0 : tfs_error_set(error, r, "history", "the newest state cannot be read");
	view->walked = day ? view->walked : 0;
	if (!day)
		return each_state(view, &head, NULL, &limit, each, context, error);
	for (size_t i = view->days.count; i > 0 && r == 0; i--)
		if (strcmp(view->days.all[i - 1].name, day) == 0)
			r = each_state(view, &view->days.all[i - 1].newest, day, &limit, each, context, error);
	return r;
}

struct skipping {
	const struct day_index *days;
	size_t left;              /* entries of `days` that are not visited yet */
	char day[DAY_LENGTH + 1]; /* of the last state visited */
};

static int skip_state(void *context, const char *name, bool directory)
{
	struct skipping *skipping = context;

	(void)directory;
	if (strncmp(name, skipping->day, DAY_LENGTH) == 0)
		return 0;
	memcpy(skipping->day, name, DAY_LENGTH);
	skipping->left -= skipping->left > 0;
	return 0;
}

static bool is_told(const struct day_index *days, size_t from, size_t to, const char *name)
{
	for (size_t i = from; i < to; i++)
		if (strcmp(days->all[i].name, name) == 0)
			return true;
	return false;
}

int tfs_view_days(struct tfs_history_view *view, size_t newer, tfs_view_name each, void *context,
		  struct tfs_error *error)
{
	struct skipping skipping = { .day = "" };
	size_t limit = newer + 1;
	int r = update_days(view, error);

	if (r < 0 || view->days.count == 0)
		return r;
	skipping.left = view->days.count + 1;
	r = each_state(view, &view->days.head, NULL, &limit, skip_state, &skipping, error);
	/* Fewer states than `newer`. */
	if (r < 0 || limit > 0)
		return r;
	for (size_t i = skipping.left; i > 0 && r == 0; i--)
		if (!is_told(&view->days, i, skipping.left, view->days.all[i - 1].name))
			r = each(context, view->days.all[i - 1].name, true);
	return r;
}
