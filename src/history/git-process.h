/* Runs the program git on the repository. */
#ifndef TENANTFS_HISTORY_GIT_PROCESS_H
#define TENANTFS_HISTORY_GIT_PROCESS_H

#include "tenantfs/buf.h"
#include "tenantfs/op.h"

/* NAME=VALUE texts; owned. */
struct variables {
	char **all; /* NULL-terminated */
	size_t count;
};
void history_variables_finish(struct variables *variables);
/* 0 or -ENOMEM. */
int history_variables_add(struct variables *variables, const char *name, const char *value);

/*
 * Our environment without the variables that select git's repository, its traces or its prompts; it makes git
 * work on `repo` and ask nobody. `config` is a NULL-terminated list of names and values of git-config(1):
 * they go into the environment because other users can read a process's arguments. 0 or -ENOMEM.
 */
int history_git_process_environment(const char *repo, const char *const *config, struct variables *ret);

struct git_process_run {
	const char *const *words; /* after "git"; NULL-terminated */
	char *const *environment;
	uint64_t timeout_ms;
	struct tfs_buf *out, *said;
};
/* 0 and git's exit status; -ENOENT without git; else as tfs_child_run. */
int history_git_process_run(struct tfs_op *op, const struct git_process_run *run, int *ret_status);

/*
 * The flag `git push --porcelain` printed for the branch: '!' refused, ' ' moved, '*' new, '=' unchanged; 0:
 * none.
 */
char history_git_process_answer(const char *printed, char *ret_note, size_t room);
/* git's standard error as one line, without noise and without user names and passwords in URLs. */
void history_git_process_reason(const char *said, char *out, size_t room);

#endif
