/* The mounts of tenantfs, from the kernel's table: none of them is touched, a dead one would not answer. */
#ifndef TENANTFS_MOUNTS_H
#define TENANTFS_MOUNTS_H

#include <stddef.h>
#include <sys/types.h>

#include "tenantfs/error.h"

struct tfs_mount {
	char *dir;
	char *tenant;
	uid_t uid; /* who mounted it */
	unsigned connection; /* the number of its device, by which the kernel names the connection; 0: not known */
};

/* All mounts of tenantfs in a text of /proc/self/mountinfo's form. 0 or -ENOMEM. */
int tfs_mounts_parse(const char *text, struct tfs_mount **ret, size_t *ret_count);
/* Those there are now. */
int tfs_mounts_read(struct tfs_mount **ret, size_t *ret_count, struct tfs_error *error);
void tfs_mounts_free(struct tfs_mount *mounts, size_t count);

/* The mount that holds an absolute path: the one with the longest folder; NULL. Borrowed. */
const struct tfs_mount *tfs_mounts_find(const struct tfs_mount *mounts, size_t count, const char *path);

/*
 * Ends a connection whose daemon cannot: who waits for an answer gets ECONNABORTED, the mount stays and
 * answers ENOTCONN. By the mount's owner where fusectl is mounted, by root always (Documentation/filesystems/fuse.rst
 * of Linux). 0 or a negative errno; -ENOENT: there is none of that number.
 */
int tfs_mount_abort(unsigned connection);

#endif
