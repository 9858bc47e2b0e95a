/* Whole files, written atomically and kept private. */
#ifndef TENANTFS_FILE_H
#define TENANTFS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "tenantfs/buf.h"
#include "tenantfs/error.h"

/*
 * Appends a whole file to `out`, -EFBIG when that would pass out->max. 0 or a
 * negative errno with `error` naming the path, `out` as it was then.
 */
int tfs_file_read(const char *path, struct tfs_buf *out, struct tfs_error *error);

/*
 * As tfs_file_read, and -EACCES unless it is a regular file of ours (or root's) that nobody else
 * may read (0600).
 */
int tfs_file_read_private(const char *path, struct tfs_buf *out, struct tfs_error *error);

/* Temporary file beside it, fsync, rename, fsync of the folder. 0 or a negative errno. */
int tfs_file_write(const char *path, const void *bytes, size_t len, mode_t mode, struct tfs_error *error);
/* The same for a file that must not be there yet: -EEXIST. */
int tfs_file_create(const char *path, const void *bytes, size_t len, mode_t mode, struct tfs_error *error);

/*
 * Makes the folder and its parents, mode 0700 for each made. Refuses (-EACCES) a last folder others
 * may enter.
 */
int tfs_file_make_private_dir(const char *path, struct tfs_error *error);

/*
 * Open descriptor holding an exclusive flock on `path`, or -EBUSY when another process has it.
 * Close to release.
 */
int tfs_file_lock(const char *path, struct tfs_error *error);

/*
 * First of: $variable (absolute), $HOME/fallback; with "/tenantfs" behind. Caller frees; NULL
 * without HOME.
 */
char *tfs_file_xdg(const char *variable, const char *fallback);
/*
 * "~/x" becomes "$HOME/x", a relative path is taken from the folder `base` (may
 * be NULL). Caller frees; NULL when out of memory or "~" without HOME.
 */
char *tfs_file_expand(const char *path, const char *base);

#endif
