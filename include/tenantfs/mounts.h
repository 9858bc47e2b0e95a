/*
 * The mounts of tenantfs, read from the kernel's table. The mounts are not accessed: a dead one would block.
 */
#ifndef TENANTFS_MOUNTS_H
#define TENANTFS_MOUNTS_H

#include <stddef.h>
#include <sys/types.h>

#include "tenantfs/error.h"

struct tfs_mount {
	char *dir;
	char *tenant;
	uid_t uid; /* the user that mounted it */
	unsigned connection; /* minor device number, the name of the connection in fusectl; 0: unknown */
};

/* Parses the format of /proc/self/mountinfo. 0 or -ENOMEM. */
int tfs_mounts_parse(const char *text, struct tfs_mount **ret, size_t *ret_count);
/* Reads the current mounts. */
int tfs_mounts_read(struct tfs_mount **ret, size_t *ret_count, struct tfs_error *error);
void tfs_mounts_free(struct tfs_mount *mounts, size_t count);

/* The mount that contains an absolute path (the longest matching folder), or NULL. Borrowed. */
const struct tfs_mount *tfs_mounts_find(const struct tfs_mount *mounts, size_t count, const char *path);

/*
 * Aborts a FUSE connection whose daemon hangs: pending requests fail with ECONNABORTED, later ones with
 * ENOTCONN; the mount stays. Root always may; the mount's owner only where fusectl is mounted (Linux,
 * Documentation/filesystems/fuse.rst). 0 or a negative errno; -ENOENT: no such connection.
 */
int tfs_mount_abort(unsigned connection);

#endif
