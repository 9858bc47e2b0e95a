/*
 * Threads that serve requests, one leader at a time. The leader reads requests
 * and answers those that need no waiting itself, one after the other: no other
 * thread has to be woken. Before it serves one that may wait it hands the lead
 * to another.
 */
#ifndef TENANTFS_MOUNTD_LOOP_H
#define TENANTFS_MOUNTD_LOOP_H

#include "daemon.h"

struct loop;

int loop_new(struct loop **ret, struct tfs_error *error);
void loop_free(struct loop *loop);

/* Serves until the session ends, or a signal's handler called fuse_session_exit. By the main thread, with
 * signals blocked. */
int loop_run(struct loop *loop, struct fuse_session *session);

/*
 * To be called by a request that may wait, before it does. -EAGAIN: all others wait
 * already; it must not, since interrupts are read by whoever leads.
 */
int loop_hand_over(struct loop *loop);

#endif
