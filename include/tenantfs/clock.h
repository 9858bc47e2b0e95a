/* Time: the monotonic clock for waiting, the wall clock for documents. */
#ifndef TENANTFS_CLOCK_H
#define TENANTFS_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Milliseconds of CLOCK_MONOTONIC. */
uint64_t tfs_clock_ms(void);
/* The time `ms` from now on CLOCK_MONOTONIC, for a timed wait. */
struct timespec tfs_clock_in(uint64_t ms);
struct timespec tfs_clock_wall(void);

/*
 * Parses "2024-05-01T10:20:30.123Z" (fraction and zone optional, a space instead of T allowed), epoch seconds
 * or epoch milliseconds. 0 or -EINVAL.
 */
int tfs_clock_parse(const char *text, struct timespec *ret_time);

#endif
