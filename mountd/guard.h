/*
 * A process that ends the connection of a daemon that was killed.
 *
 * The kernel keeps a directory locked while a request about it is served, and a thread of ours that tells it
 * something of that directory waits for the lock, beyond any signal. Killed in that moment, the daemon would stay:
 * it holds the connection on which the request waits that holds the lock. Somebody else has to end it.
 */
#ifndef TENANTFS_MOUNTD_GUARD_H
#define TENANTFS_MOUNTD_GUARD_H

#include <stdbool.h>

#include "tenantfs/error.h"

struct guard;

/* The program's first word when it is to be the guard: `tenantfs-guard PID DIR`. */
extern const char guard_name[];
/* All it does; the exit code. */
int guard_main(int argc, char **argv);

/*
 * Starts it for the mount to be at `dir` (absolute; borrowed). From the thread that outlives all others: its death
 * is what the guard waits for. `silent`: it logs nowhere.
 */
int guard_new(const char *dir, bool silent, struct guard **ret, struct tfs_error *error);
/* Tells it what to end, once the mount is there. */
void guard_watch(struct guard *guard);
/* Lets it go, without a deed. NULL is fine. */
void guard_free(struct guard *guard);

#endif
