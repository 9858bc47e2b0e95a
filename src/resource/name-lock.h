/* Locks of the names of one resource. */
#ifndef TENANTFS_RESOURCE_NAME_LOCK_H
#define TENANTFS_RESOURCE_NAME_LOCK_H

#include "tenantfs/lock.h"
#include "tenantfs/op.h"

/* The locked names of a resource, and who waits for them. */
struct name_lock;
struct name_locks {
	struct tfs_mutex lock; /* of `held`; a leaf */
	struct name_lock *held;
};

/* Waits within `op` until `name` is free, and locks it. 0, -EINTR, -ETIMEDOUT, -ENOMEM. */
int resource_name_lock(struct name_locks *locks, struct tfs_op *op, const char *name) TFS_LACKS(locks->lock);
void resource_name_unlock(struct name_locks *locks, const char *name) TFS_LACKS(locks->lock);

#endif
