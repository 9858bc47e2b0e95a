/* The program git, run as a child on the repository. */
#ifndef TENANTFS_HISTORY_GIT_PROCESS_H
#define TENANTFS_HISTORY_GIT_PROCESS_H

#include "tenantfs/buf.h"
#include "tenantfs/op.h"

/* NAME=VALUE texts; owned. */
struct variables {
	char **all; /* NULL-terminated */
	size_t count;
};
void variables_finish(struct variables *variables);
/* 0 or -ENOMEM. */
int variables_add(struct variables *variables, const char *name, const char *value);

/*
 * Ours, without what changes which repository git works on, what it traces, or how it asks people; with what
 * has it work on `repo` and ask nobody. `config` are settings as git-config(1) names them, name and value in
 * turn, ended by NULL: others see the words of a process, and not its variables. 0 or -ENOMEM.
 */
int git_process_environment(const char *repo, const char *const *config, struct variables *ret);

struct git_process_run {
	const char *const *words; /* behind "git"; NULL-terminated */
	char *const *environment;
	uint64_t timeout_ms;
	struct tfs_buf *out, *said;
};
/* 0 and git's exit status; -ENOENT without git; else as tfs_child_run. */
int git_process_run(struct tfs_op *op, const struct git_process_run *run, int *ret_status);

/* What `git push --porcelain` printed of the one branch: '!' refused, ' ' moved, '*' new, '=' as it was; 0:
 * nothing. */
char git_process_answer(const char *printed, char *ret_note, size_t room);
/* What git said on standard error, made one line without noise and without a URL's user name or password. */
void git_process_reason(const char *said, char *out, size_t room);

#endif
