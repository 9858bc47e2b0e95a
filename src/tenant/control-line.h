/* JSON lines over a stream socket, with a deadline for each. */
#ifndef TENANTFS_TENANT_CONTROL_LINE_H
#define TENANTFS_TENANT_CONTROL_LINE_H

#include <stdint.h>

#include "tenantfs/json.h"

/*
 * Replaces `line` with one received line, without its newline. `deadline_ms` is a time of tfs_clock_ms;
 * UINT64_MAX: none. -ENODATA: the peer closed between lines. -EPIPE: the peer closed within a line.
 * -ETIMEDOUT. -EFBIG past line->max. -EPROTO: bytes after the newline; a peer must wait for its answer.
 */
int tfs_line_read(int fd, uint64_t deadline_ms, struct tfs_buf *line);

/* Sends the value and a newline. -EPIPE, -ETIMEDOUT, -EFBIG, -ENOMEM. */
int tfs_line_write(int fd, uint64_t deadline_ms, const json_t *value);

#endif
