/* Runs a command of the configuration and returns its output. */
#ifndef API_COMMAND_H
#define API_COMMAND_H

#include "tenantfs/buf.h"
#include "tenantfs/op.h"

/*
 * Runs `command` with /bin/sh and appends its output to `out`, without final newlines. It is killed with all
 * its children when the operation ends, or after `timeout_ms`. -EACCES when it fails or prints nothing;
 * `what` names the setting in messages.
 */
int api_run_command(struct tfs_op *op, const char *what, const char *command, uint64_t timeout_ms, struct tfs_buf *out);

#endif
