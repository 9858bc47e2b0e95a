/* Time: monotonic for waiting, wall for documents. */
#ifndef TENANTFS_CLOCK_H
#define TENANTFS_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds of CLOCK_MONOTONIC. */
uint64_t tfs_clock_ms(void);
/* `ms` from now, for a timed wait by that clock. */
struct timespec tfs_clock_in(uint64_t ms);
struct timespec tfs_clock_wall(void);

/*
 * Reads "2024-05-01T10:20:30.123Z" (fraction and zone optional, a space may
 * stand for T), epoch seconds or epoch milliseconds. 0 or -EINVAL.
 */
int tfs_clock_parse(const char *text, struct timespec *ret_time);

#endif
