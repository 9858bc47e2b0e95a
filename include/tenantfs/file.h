/* Whole files: atomic writing, private files and folders, locks. */
#ifndef TENANTFS_FILE_H
#define TENANTFS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "tenantfs/buf.h"
#include "tenantfs/error.h"

/*
 * Appends a whole file to `out`; -EFBIG past out->max. 0 or a negative errno; `error` then names the path,
 * and `out` is unchanged.
 */
int tfs_file_read(const char *path, struct tfs_buf *out, struct tfs_error *error);

/*
 * As tfs_file_read, but -EACCES unless it is a regular file owned by this user or root, with mode 0600 or
 * less.
 */
int tfs_file_read_private(const char *path, struct tfs_buf *out, struct tfs_error *error);

/* Atomic and durable: temporary file, fsync, rename, fsync of the folder. 0 or a negative errno. */
int tfs_file_write(const char *path, const void *bytes, size_t len, mode_t mode, struct tfs_error *error);
/* The same, but -EEXIST if the file exists. */
int tfs_file_create(const char *path, const void *bytes, size_t len, mode_t mode, struct tfs_error *error);

/*
 * Creates the folder and its missing parents with mode 0700. -EACCES if an existing folder belongs to another
 * user or is open to others.
 */
int tfs_file_make_private_dir(const char *path, struct tfs_error *error);

/*
 * A descriptor that holds an exclusive flock on `path`; close it to release. -EBUSY: another process holds
 * it.
 */
int tfs_file_lock(const char *path, struct tfs_error *error);

/*
 * "$variable/tenantfs", or "$HOME/fallback/tenantfs" if the variable is no absolute path. Caller frees; NULL:
 * no HOME.
 */
char *tfs_file_xdg(const char *variable, const char *fallback);
/*
 * Expands "~/x" to "$HOME/x" and prefixes a relative path with `base` (may be NULL). Caller frees; NULL: out
 * of memory, or "~" without HOME.
 */
char *tfs_file_expand(const char *path, const char *base);

#endif
