/* JSON lines over a stream socket, each within a deadline. */
#ifndef TENANTFS_TENANT_LINE_H
#define TENANTFS_TENANT_LINE_H

#include <stdint.h>

#include "tenantfs/json.h"

/*
 * One line into `line` (emptied first), without its newline. `deadline_ms` is of tfs_clock_ms, UINT64_MAX:
 * none. -ENODATA: the peer closed with no byte of a line sent; -EPIPE: with part of one; -ETIMEDOUT; -EFBIG
 * past line->max. Bytes behind the newline are an -EPROTO: a peer waits for its answer before it asks again.
 */
int tfs_line_read(int fd, uint64_t deadline_ms, struct tfs_buf *line);

/* The value and a newline. -EPIPE, -ETIMEDOUT, -EFBIG, -ENOMEM. */
int tfs_line_write(int fd, uint64_t deadline_ms, const json_t *value);

#endif
