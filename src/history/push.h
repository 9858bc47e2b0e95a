/* Pushes the history to its remote once. */
#ifndef TENANTFS_HISTORY_PUSH_H
#define TENANTFS_HISTORY_PUSH_H

#include <time.h>

#include "repo.h"
#include "tenantfs/op.h"

enum { COMMIT_TEXT = 41, PUSH_LONGEST_PAUSE_MS = 900000 };

/*
 * Makes `commit` the newest of the configured branch at the remote. Never overwrites commits that are not its
 * ancestors. -EEXIST: the branch there has another history; -EPERM: the remote refuses; -ENOENT: git is
 * missing; -ETIMEDOUT, -EINTR; -EIO: anything else, with git's message.
 */
int history_push_commit(struct tfs_op *op, const struct tfs_config *config, const char *repo, const char *commit,
			uint64_t timeout_ms);

/* The pause after so many failures in a row (1 and more); `chance` of 0 to 255 spreads it over hosts. */
uint64_t history_push_pause_ms(unsigned failures, unsigned char chance);

/* The commit of the last successful push; kept in a file beside the objects. */
struct pushed {
	char commit[COMMIT_TEXT]; /* "": none, or to another remote */
	time_t time;
};
void history_pushed_read(const struct tfs_config *config, const char *repo, struct pushed *ret);
int history_pushed_write(const struct tfs_config *config, const char *repo, const struct pushed *pushed,
			 struct tfs_error *error);

/* The branch's newest commit; "" when there is none. */
int history_push_head(const char *repo, char ret_head[COMMIT_TEXT], struct tfs_error *error);
/* The number of commits after `pushed`. Reads each of them. */
int history_push_ahead(const char *repo, const struct pushed *pushed, size_t *ret_count, struct tfs_error *error);

#endif
