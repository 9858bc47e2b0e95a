/* How many objects of a set the calling program is about to remove, as far as its arguments say. */
#ifndef TENANTFS_CHANGE_BURST_H
#define TENANTFS_CHANGE_BURST_H

#include "resource/store.h"

/*
 * The objects of the set that the arguments of the process name, at most `enough`; `enough`, too, if it is `rm -r` of
 * the set's directory or one above. 0: unknown. Refuses only: a process can set its arguments.
 */
size_t change_burst_size(struct tfs_resource *resource, pid_t process, size_t enough);

#endif
