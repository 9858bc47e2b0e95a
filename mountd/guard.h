/*
 * A process that aborts the FUSE connection of a killed daemon.
 *
 * The kernel holds a directory's lock while a request on it is served. A daemon thread that notifies the
 * kernel about that directory waits for the lock, and no signal interrupts it. A daemon killed in that moment
 * would never end: it holds the connection on which the request waits, and the request holds the lock.
 * Another process has to abort the connection.
 */
#ifndef TENANTFS_MOUNTD_GUARD_H
#define TENANTFS_MOUNTD_GUARD_H

#include <stdbool.h>

#include "tenantfs/error.h"

struct guard;

/* argv[0] of the guard: `tenantfs-guard PID DIR`. */
extern const char mountd_guard_name[];
/* The main function of the guard; returns the exit code. */
int mountd_guard_main(int argc, char **argv);

/*
 * Starts the guard of the mount that will be at `dir` (absolute; borrowed). Call it from the thread that
 * outlives all others, whose death the guard waits for. `silent`: the guard logs nowhere.
 */
int mountd_guard_new(const char *dir, bool silent, struct guard **ret, struct tfs_error *error);
/* Tells the guard the connection, once mounted. */
void mountd_guard_watch(struct guard *guard);
/* Lets the guard exit without an abort. NULL is fine. */
void mountd_guard_free(struct guard *guard);

#endif
