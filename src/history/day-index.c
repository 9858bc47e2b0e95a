/*
 * The index of days and their newest states. Its file names the state it is complete up to. Later states are
 * found by walking back to that one; if the walk does not meet it, because the branch was rewritten, the
 * index is built again. The file may be lost at any time.
 */
#include "day-index.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tenantfs/file.h"

enum {
	DAYS_MAX = 1 << 17, /* three hundred years */
	ID_LENGTH = GIT_OID_HEXSZ,
	LINE_LENGTH = DAY_LENGTH + 1 + ID_LENGTH,
	FILE_BYTES = (DAYS_MAX + 1) * (LINE_LENGTH + 1),
};

/* The first line has this in place of a day. */
static const char up_to[DAY_LENGTH + 1] = "up-to-day:";

void history_day_index_finish(struct day_index *days)
{
	free(days->all);
	*days = (struct day_index){ 0 };
}

/* The day in UTC, as in the state's name. */
static void day_of(const git_commit *commit, char out[DAY_LENGTH + 1])
{
	time_t time = git_commit_time(commit);
	struct tm utc;

	if (!gmtime_r(&time, &utc) || strftime(out, DAY_LENGTH + 1, "%Y-%m-%d", &utc) != DAY_LENGTH)
		snprintf(out, DAY_LENGTH + 1, "%s", "0000-00-00");
}

static int add_day(struct day_index *days, const struct day *day)
{
	if (days->count == DAYS_MAX)
		return GIT_ERROR;
	if (days->count == days->room) {
		size_t room = days->room > 0 ? days->room * 2 : 64;
		struct day *all = reallocarray(days->all, room, sizeof(*all));

		if (!all)
			return GIT_ERROR;
		days->all = all;
		days->room = room;
	}
	days->all[days->count++] = *day;
	return 0;
}

static char *path_of(git_repository *repo)
{
	char *path;

	return asprintf(&path, "%stenantfs-days", git_repository_path(repo)) < 0 ? NULL : path;
}

/* Reads "2026-11-23 0123…". False for anything else. */
static bool read_line(const char *line, struct day *ret)
{
	if (strlen(line) != LINE_LENGTH || line[DAY_LENGTH] != ' ')
		return false;
	memcpy(ret->name, line, DAY_LENGTH);
	ret->name[DAY_LENGTH] = '\0';
	return git_oid_fromstr(&ret->newest, line + DAY_LENGTH + 1) == 0;
}

void history_day_index_load(git_repository *repo, struct day_index *days)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(FILE_BYTES);
	cleanup_free char *path = path_of(repo);
	struct day day;
	char *line, *rest = NULL;

	history_day_index_finish(days);
	if (!path || tfs_file_read(path, &text, NULL) < 0 || !text.data)
		return;
	line = strtok_r(text.data, "\n", &rest);
	if (!line || !read_line(line, &day) || strcmp(day.name, up_to) != 0)
		return;
	git_oid_cpy(&days->head, &day.newest);
	while ((line = strtok_r(NULL, "\n", &rest))) {
		if (read_line(line, &day) && add_day(days, &day) == 0)
			continue;
		history_day_index_finish(days);
		return;
	}
}

static int print_line(struct tfs_buf *out, const char *name, const git_oid *id)
{
	char hex[ID_LENGTH + 1];

	return tfs_buf_printf(out, "%s %s\n", name, git_oid_tostr(hex, sizeof(hex), id));
}

int history_day_index_save(git_repository *repo, const struct day_index *days, struct tfs_error *error)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(FILE_BYTES);
	cleanup_free char *path = path_of(repo);
	int r = path ? print_line(&text, up_to, &days->head) : -ENOMEM;

	for (size_t i = 0; i < days->count && r == 0; i++)
		r = print_line(&text, days->all[i].name, &days->all[i].newest);
	if (r < 0)
		return tfs_error_set(error, r, "history", "the days cannot be written");
	return tfs_file_write(path, text.data, text.len, 0600, error);
}

/* Days from the newest commit back to `stop`, newest first. */
static int walk_back(git_repository *repo, const git_oid *head, const git_oid *stop, struct day_index *ret,
		     size_t *ret_walked, bool *ret_met)
{
	git_commit *commit = NULL;
	int r = git_oid_equal(head, stop) ? 0 : git_commit_lookup(&commit, repo, head);

	*ret_met = true;
	while (r == 0 && commit && !git_oid_equal(git_commit_id(commit), stop)) {
		git_commit *parent = NULL;
		struct day day;

		++*ret_walked;
		day_of(commit, day.name);
		git_oid_cpy(&day.newest, git_commit_id(commit));
		if (ret->count == 0 || strcmp(ret->all[ret->count - 1].name, day.name) != 0)
			r = add_day(ret, &day);
		*ret_met = git_commit_parentcount(commit) > 0;
		if (r == 0 && *ret_met)
			r = git_commit_parent(&parent, commit, 0);
		git_commit_free(commit);
		commit = parent;
	}
	git_commit_free(commit);
	return r;
}

int history_day_index_update(git_repository *repo, struct day_index *days, size_t *ret_walked)
{
	struct day_index fresh = { 0 };
	git_oid head;
	bool met;
	int r = history_repo_head(repo, &head);

	*ret_walked = 0;
	if (r < 0)
		return r == -ENOENT ? 0 : GIT_ERROR;
	r = walk_back(repo, &head, &days->head, &fresh, ret_walked, &met);
	if (r == 0 && !met)
		days->count = 0;
	/* More states of the newest day of the index. */
	if (r == 0 && days->count > 0 && fresh.count > 0 &&
	    strcmp(days->all[days->count - 1].name, fresh.all[fresh.count - 1].name) == 0)
		days->count--;
	for (size_t i = fresh.count; i > 0 && r == 0; i--)
		r = add_day(days, &fresh.all[i - 1]);
	if (r == 0)
		git_oid_cpy(&days->head, &head);
	else
		history_day_index_finish(days);
	history_day_index_finish(&fresh);
	return r;
}
