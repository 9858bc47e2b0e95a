/* One push: git's arguments, the meaning of its answer, the mark of the last push. */
#include "push.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "git-process.h"
#include "tenantfs/file.h"

enum {
	PRINTED_MAX = 64 << 10,
	SAID_MAX = 16 << 10,
	NOTE = 256,
	ASK_MS = 10000, /* for `git config` */
	MARK_MAX = 8192,
	FIRST_PAUSE_MS = 5000,
};

/* Makes ssh notice a dead connection, unless the user has a command of their own. */
static const char ssh_command[] = "ssh -o BatchMode=yes -o ConnectTimeout=20 -o ServerAliveInterval=15 "
				  "-o ServerAliveCountMax=4";

/* The same for libcurl. The user's hooks are not run. */
static const char *const settings[] = {
	"http.lowSpeedLimit", "1",     "http.lowSpeedTime", "120", "core.hooksPath", "/dev/null",
	"push.negotiate",     "false", "core.askPass",      "",
};
enum { N_SETTINGS = sizeof(settings) / sizeof(settings[0]) };

static bool is_ssh(const char *remote)
{
	const char *colon = strchr(remote, ':');

	if (strstr(remote, "://"))
		return strncasecmp(remote, "ssh://", 6) == 0;
	return remote[0] != '/' && colon;
}

/* Keeps an ssh command that the user has set for git. */
static int choose_ssh(struct tfs_op *op, const struct tfs_config *config, struct variables *variables)
{
	static const char *const words[] = { "config", "--get", "core.sshCommand", NULL };
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(SAID_MAX), said cleanup_buf = TFS_BUF_INIT(SAID_MAX);
	struct git_process_run run = { .words = words, .timeout_ms = ASK_MS, .out = &out, .said = &said };
	int status = 0, r;

	if (!is_ssh(config->history_remote) || getenv("GIT_SSH_COMMAND") || getenv("GIT_SSH"))
		return 0;
	run.environment = variables->all;
	r = history_git_process_run(op, &run, &status);
	if (r < 0 || status == 0)
		return r;
	return history_variables_add(variables, "GIT_SSH_COMMAND", ssh_command);
}

static int prepare(struct tfs_op *op, const struct tfs_config *config, const char *repo, struct variables *variables)
{
	const char *all[N_SETTINGS + 3] = { "remote.tenantfs.url", config->history_remote };
	int r;

	memcpy(all + 2, settings, sizeof(settings));
	r = history_git_process_environment(repo, all, variables);
	return r == 0 ? choose_ssh(op, config, variables) : r;
}

/* The errno and message of a failed push. */
static int judge(struct tfs_op *op, const struct tfs_config *config, int status, const char *printed, const char *said)
{
	char note[NOTE], reason[TFS_ERROR_MESSAGE / 2];
	char flag = history_git_process_answer(printed, note, sizeof(note));

	if (status == 0 && flag != 0 && flag != '!')
		return 0;
	history_git_process_reason(said, reason, sizeof(reason));
	if (flag == '!' && strncmp(note, "[rejected]", 10) == 0)
		return tfs_fail(op, -EEXIST, "history",
				"the branch %s there has commits this history has not, and nothing is pushed over "
				"them: set history-branch to another name, or remove that branch there",
				config->history_branch);
	if (flag == '!')
		return tfs_fail(op, -EPERM, "history", "the remote refuses it: %s%s%s", note,
				reason[0] != '\0' ? "; " : "", reason);
	if (reason[0] == '\0')
		return tfs_fail(op, -EIO, "history", "git push ended with status %d and no message", status);
	return tfs_fail(op, -EIO, "history", "%s", reason);
}

static int explain(struct tfs_op *op, int code, uint64_t timeout_ms)
{
	switch (code) {
	case -EINTR:
		return tfs_fail(op, code, "history", "interrupted");
	case -ETIMEDOUT:
		return tfs_fail(op, code, "history", "not done within %llu s (history-push-timeout)",
				(unsigned long long)(timeout_ms + 999) / 1000);
	case -ENOENT:
		return tfs_fail(op, code, "history", "the program git is not in PATH: install it");
	default:
		return tfs_fail(op, code, "history", "git cannot be run: %s", strerrordesc_np(-code));
	}
}

int history_push_commit(struct tfs_op *op, const struct tfs_config *config, const char *repo, const char *commit,
			uint64_t timeout_ms)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(PRINTED_MAX), said cleanup_buf = TFS_BUF_INIT(SAID_MAX);
	cleanup_free char *refspec = NULL;
	struct variables variables = { 0 };
	int status = 0, r;

	if (asprintf(&refspec, "%s:refs/heads/%s", commit, config->history_branch) < 0) {
		refspec = NULL;
		return tfs_fail_memory(op);
	}
	const char *const words[] = {
		"push",  "--porcelain", "--no-follow-tags", "--no-signed", "--recurse-submodules=no", "tenantfs",
		refspec, NULL
	};
	r = prepare(op, config, repo, &variables);
	if (r == 0)
		r = history_git_process_run(
			op, &(struct git_process_run){ words, variables.all, timeout_ms, &out, &said }, &status);
	history_variables_finish(&variables);
	if (r < 0)
		return explain(op, r, timeout_ms);
	return judge(op, config, status, out.data ? out.data : "", said.data ? said.data : "");
}

uint64_t history_push_pause_ms(unsigned failures, unsigned char chance)
{
	uint64_t pause = FIRST_PAUSE_MS;

	for (unsigned i = 1; i < failures && pause < PUSH_LONGEST_PAUSE_MS; i++)
		pause *= 2;
	if (pause > PUSH_LONGEST_PAUSE_MS)
		pause = PUSH_LONGEST_PAUSE_MS;
	return pause / 2 + pause * chance / 510;
}

static char *mark_path(const char *repo)
{
	char *path;

	return asprintf(&path, "%s/tenantfs-pushed", repo) < 0 ? NULL : path;
}

/* One line: commit, time, branch, remote. */
void history_pushed_read(const struct tfs_config *config, const char *repo, struct pushed *ret)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(MARK_MAX);
	cleanup_free char *path = mark_path(repo), *place = NULL;
	char commit[COMMIT_TEXT];
	long long when;
	int at = 0;

	*ret = (struct pushed){ 0 };
	if (!path || tfs_file_read(path, &text, NULL) < 0 || !text.data ||
	    asprintf(&place, "%s %s\n", config->history_branch, config->history_remote) < 0)
		return;
	if (sscanf(text.data, "%40[0-9a-f] %lld %n", commit, &when, &at) != 2 || strcmp(text.data + at, place) != 0)
		return;
	memcpy(ret->commit, commit, sizeof(commit));
	ret->time = (time_t)when;
}

int history_pushed_write(const struct tfs_config *config, const char *repo, const struct pushed *pushed,
			 struct tfs_error *error)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(MARK_MAX);
	cleanup_free char *path = mark_path(repo);
	int r = tfs_buf_printf(&text, "%s %lld %s %s\n", pushed->commit, (long long)pushed->time,
			       config->history_branch, config->history_remote);

	if (r < 0 || !path)
		return tfs_error_set(error, r < 0 ? r : -ENOMEM, "history", "%s", strerrordesc_np(r < 0 ? -r : ENOMEM));
	return tfs_file_write(path, text.data, text.len, 0600, error);
}

/* Replaces `id` by its first parent; zero without one. */
static int step_back(git_repository *repo, git_oid *id)
{
	git_commit *commit cleanup_git_commit = NULL;
	int r = git_commit_lookup(&commit, repo, id);

	if (r < 0)
		return r;
	if (git_commit_parentcount(commit) == 0)
		memset(id, 0, sizeof(*id));
	else
		git_oid_cpy(id, git_commit_parent_id(commit, 0));
	return 0;
}

/* `*ret_head` is zero without a commit. */
static int open_at_head(const char *path, git_repository **ret, git_oid *ret_head, struct tfs_error *error)
{
	int r = history_repo_open(path, false, ret, error);

	if (r < 0)
		return r;
	memset(ret_head, 0, sizeof(*ret_head));
	r = history_repo_head(*ret, ret_head);
	return r < 0 && r != -ENOENT ? history_repo_fail(error, GIT_ERROR, "the history's branch") : 0;
}

int history_push_head(const char *path, char ret_head[COMMIT_TEXT], struct tfs_error *error)
{
	git_repository *repo cleanup_git_repository = NULL;
	git_oid head;
	int r = open_at_head(path, &repo, &head, error);

	if (r < 0)
		return r;
	ret_head[0] = '\0';
	if (!git_oid_is_zero(&head))
		git_oid_tostr(ret_head, COMMIT_TEXT, &head);
	return 0;
}

int history_push_ahead(const char *path, const struct pushed *pushed, size_t *ret_count, struct tfs_error *error)
{
	git_repository *repo cleanup_git_repository = NULL;
	git_oid at, end = { 0 };
	size_t count = 0;
	int r = open_at_head(path, &repo, &at, error);

	if (r < 0)
		return r;
	if (pushed->commit[0] != '\0' && git_oid_fromstr(&end, pushed->commit) < 0)
		return history_repo_fail(error, GIT_ERROR, "the commit last pushed");
	for (; !git_oid_is_zero(&at) && !git_oid_equal(&at, &end); count++) {
		r = step_back(repo, &at);
		if (r < 0)
			return history_repo_fail(error, r, "a commit of the history");
	}
	*ret_count = count;
	return 0;
}
