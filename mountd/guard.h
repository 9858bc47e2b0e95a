/*
 * A process that ends the connection of a daemon that was killed.
 *
 * The kernel keeps a directory locked while a request about it is served, and a thread of ours that tells it
 * something of that directory waits for the lock, beyond any signal. Killed in that moment, the daemon would stay:
 * it holds the connection on which the request waits that holds the lock. Somebody else has to end it.
 */
#ifndef TENANTFS_MOUNTD_GUARD_H
#define TENANTFS_MOUNTD_GUARD_H

#include "tenantfs/error.h"

struct guard;

/* Starts it. From the thread that outlives all others, before there are any and before anything secret is known. */
int guard_new(struct guard **ret, struct tfs_error *error);
/* What it ends, once there is one: the mount at `dir` (absolute). */
void guard_watch(struct guard *guard, const char *dir);
/* Lets it go, without a deed. NULL is fine. */
void guard_free(struct guard *guard);

#endif
