/* Other programs, run for what they print. */
#ifndef TENANTFS_CHILD_H
#define TENANTFS_CHILD_H

#include <stdbool.h>

#include "tenantfs/buf.h"
#include "tenantfs/op.h"

struct tfs_child {
	char *const *argv;        /* argv[0] is looked for in PATH */
	char *const *environment; /* NULL: ours */
	const char *folder;       /* it runs in; NULL: ours */
	const void *input;        /* on its standard input; NULL: nothing to read */
	size_t input_len;
	uint64_t timeout_ms;      /* it may take; the operation's own deadline holds as well */
	struct tfs_buf *out;      /* takes its standard output */
	struct tfs_buf *said;     /* takes its standard error, as much as fits; NULL: it goes where ours goes */
	bool guarded;             /* it ends when this process ends, however that ends; not found is status 127 then */
};

/*
 * Runs it in a session of its own (no terminal to ask at), with no other descriptor of ours.
 * 0 and what waitpid says in `*ret_status`; else it is ended with all it started: -EINTR cancelled, -ETIMEDOUT,
 * -EFBIG more output than `out` takes; or it could not be started. The operation's error stays empty.
 */
int tfs_child_run(struct tfs_op *op, const struct tfs_child *child, int *ret_status);

#endif
