/* Running other programs and collecting their output. */
#ifndef TENANTFS_CHILD_H
#define TENANTFS_CHILD_H

#include <stdbool.h>

#include "tenantfs/buf.h"
#include "tenantfs/op.h"

struct tfs_child {
	char *const *argv;        /* argv[0] is searched in PATH */
	char *const *environment; /* NULL: inherited */
	const char *folder;       /* working folder; NULL: inherited */
	const void *input;        /* standard input; NULL: /dev/null */
	size_t input_len;
	uint64_t timeout_ms; /* limit on the run time; the operation's deadline applies as well */
	struct tfs_buf *out; /* receives standard output */
	struct tfs_buf *err; /* receives standard error, up to its ceiling; NULL: inherited */
	bool guarded;        /* killed when this process dies; a missing program is status 127 */
};

/*
 * Runs the program in a new session (no terminal to ask at); it inherits no other descriptor. 0: it has
 * exited, with the status of waitpid in `*ret_status`. -EINTR cancelled, -ETIMEDOUT, -EFBIG output past the
 * ceiling of `out`: the whole session is killed. Other codes: not started. Never sets the operation's error.
 */
int tfs_child_run(struct tfs_op *op, const struct tfs_child *child, int *ret_status);

#endif
