/* One push of the history to its remote. */
#ifndef TENANTFS_HISTORY_PUSH_H
#define TENANTFS_HISTORY_PUSH_H

#include <time.h>

#include "repo.h"
#include "tenantfs/op.h"

enum { COMMIT_TEXT = 41, PUSH_LONGEST_PAUSE_MS = 900000 };

/*
 * Makes `commit` the newest of the configured branch at the remote, never over commits that are not among its own
 * ancestors. The result and the operation's error tell: -EEXIST the branch there is of another history, -EPERM the
 * remote refuses it, -ENOENT there is no git, -ETIMEDOUT, -EINTR; -EIO all else, in git's words.
 */
int push_commit(struct tfs_op *op, const struct tfs_config *config, const char *repo, const char *commit,
		uint64_t timeout_ms);

/* How long to wait after so many failures in a row (1 and more); `chance` of 0 to 255 makes hosts differ. */
uint64_t push_pause_ms(unsigned failures, unsigned char chance);

/* What is at the remote for sure, as of the last push that went well; kept beside the objects. */
struct pushed {
	char commit[COMMIT_TEXT]; /* "": nothing, or to another place */
	time_t time;
};
void pushed_read(const struct tfs_config *config, const char *repo, struct pushed *ret);
int pushed_write(const struct tfs_config *config, const char *repo, const struct pushed *pushed,
		 struct tfs_error *error);

/* The branch's newest commit; "" when there is none. */
int push_head(const char *repo, char ret_head[COMMIT_TEXT], struct tfs_error *error);
/* How many commits it has that `pushed` has not: each of them is looked at. */
int push_ahead(const char *repo, const struct pushed *pushed, size_t *ret_count, struct tfs_error *error);

#endif
