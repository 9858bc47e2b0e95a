/*
 * The mounts of tenantfs, read from the kernel's table. The mounts are not accessed: a dead one would block.
 */
#ifndef TENANTFS_MOUNTS_H
#define TENANTFS_MOUNTS_H

#include <sys/types.h>

#include "tenantfs/cleanup.h"
#include "tenantfs/error.h"

struct tfs_mount {
	char *dir;
	char *tenant;
	uid_t uid;           /* the user that mounted it */
	unsigned connection; /* minor device number, the name of the connection in fusectl; 0: unknown */
};

/*
 * Finds the mount that contains the absolute `path`: the one with the longest directory. 1: found, `ret` is the
 * caller's; 0: no mount of tenantfs contains it, `ret` is empty; or a negative errno.
 */
int tfs_mount_find(const char *path, struct tfs_mount *ret, struct tfs_error *error);
/* The same in a table of the form of /proc/self/mountinfo. */
int tfs_mount_find_in(const char *table, const char *path, struct tfs_mount *ret);
/* The mount of a connection in such a table: the last one. 1, 0 or -ENOMEM. */
int tfs_mount_find_connection(const char *table, unsigned connection, struct tfs_mount *ret);
void tfs_mount_finish(struct tfs_mount *mount);
#define cleanup_mount TFS_CLEANUP(tfs_mount_finish)

/*
 * Aborts a FUSE connection whose daemon hangs: pending requests fail with ECONNABORTED, later ones with
 * ENOTCONN; the mount stays. Root always may; the mount's owner only where fusectl is mounted (Linux,
 * Documentation/filesystems/fuse.rst). 0 or a negative errno; -ENOENT: no such connection.
 */
int tfs_mount_abort(unsigned connection);

#endif
