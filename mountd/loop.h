/*
 * A leader/follower pool of threads that serve requests. The leader reads requests and serves those that do
 * not block itself, one after the other, without waking another thread. Before it serves one that may block,
 * it hands the lead to another thread.
 */
#ifndef TENANTFS_MOUNTD_LOOP_H
#define TENANTFS_MOUNTD_LOOP_H

#include "daemon.h"

struct loop;

int mountd_loop_new(struct loop **ret, struct tfs_error *error);
void mountd_loop_free(struct loop *loop);

/*
 * Serves until the session ends or a signal handler calls fuse_session_exit. Call it from the main thread,
 * with signals blocked.
 */
int mountd_loop_run(struct loop *loop, struct fuse_session *session);

/*
 * Hands the lead to another thread; a request calls it before it may block. -EAGAIN: all other threads are
 * blocked, so this request must not block: only a leader reads interrupts.
 */
int mountd_loop_hand_over(struct loop *loop);

#endif
