/* One at a time works on an object. */
#ifndef TENANTFS_RESOURCE_NAME_LOCK_H
#define TENANTFS_RESOURCE_NAME_LOCK_H

#include <pthread.h>

#include "tenantfs/op.h"

/* Who works on an object of a resource, and who waits to. */
struct slot;
struct slots {
	pthread_mutex_t lock; /* of `held`; a leaf */
	struct slot *held;
};

/* One at a time works on `name`; others wait within their op. 0, -EINTR, -ETIMEDOUT, -ENOMEM. */
int slot_enter(struct slots *slots, struct tfs_op *op, const char *name);
void slot_leave(struct slots *slots, const char *name);

#endif
