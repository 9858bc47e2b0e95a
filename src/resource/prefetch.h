/* A page asked for while another is made into documents. */
#ifndef TENANTFS_RESOURCE_PREFETCH_H
#define TENANTFS_RESOURCE_PREFETCH_H

#include <pthread.h>

#include "args.h"

/* One page; zeroed before the first. Fields belong to the thread from start to take or drop. */
struct ahead {
	struct tfs_resource *resource;
	struct tfs_op *waiter; /* whose operation it is */
	struct tfs_op *op;     /* the thread's own, since an operation serves one thread; NULL: none under way */
	json_int_t page;
	pthread_t thread;
	atomic_bool done;
	int result;
	struct tfs_api_answer answer;
};

/* Asks for a page of the resource's list, within the time `op` has left. 0, -ENOMEM, -EAGAIN. */
int ahead_start(struct ahead *ahead, struct tfs_resource *resource, struct tfs_op *op, json_int_t page);
/* Waits for it: its outcome, with the answer yours on 0; -EINTR, -ETIMEDOUT. */
int ahead_take(struct ahead *ahead, struct tfs_api_answer *ret);
/* Ends one that is not wanted any more; fine without one. */
void ahead_drop(struct ahead *ahead);

#endif
