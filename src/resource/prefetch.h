/* A page fetched while another is made into documents. */
#ifndef TENANTFS_RESOURCE_PREFETCH_H
#define TENANTFS_RESOURCE_PREFETCH_H

#include <pthread.h>

#include "args.h"
#include "references.h"

/* One page; zeroed before the first. Fields belong to the thread from start to take or drop. */
struct prefetch {
	struct tfs_resource *resource;
	struct tfs_op *waiter; /* the caller's operation */
	struct tfs_op *op;     /* the thread's own, since an operation serves one thread; NULL: no fetch */
	json_int_t page;
	pthread_t thread;
	atomic_bool done;
	int result;
	struct tfs_api_answer answer;
};

/* Starts the fetch of a page, within the time `op` has left. 0, -ENOMEM, -EAGAIN. */
int resource_prefetch_start(struct prefetch *prefetch, struct tfs_resource *resource, struct tfs_op *op,
			    json_int_t page);
/* Waits for the page. Returns the call's result, on 0 with the answer (yours); -EINTR, -ETIMEDOUT. */
int resource_prefetch_take(struct prefetch *prefetch, struct tfs_api_answer *ret);
/* Cancels the fetch, if there is one. */
void resource_prefetch_drop(struct prefetch *prefetch);

#endif
