/* A source: a state that documents are restored from. */
#ifndef TENANTFS_RESTORE_SOURCE_H
#define TENANTFS_RESTORE_SOURCE_H

#include "tenantfs/buf.h"
#include "tenantfs/json.h"

struct source;

/* Returns 0 to continue. */
typedef int (*source_each)(void *context, const char *path);

/* Paths are relative to the mount, "" is the root. Each returns 0, or a negative errno and fills `error`. */
struct source_ops {
	/* Whether `path` is a directory in the source or else in the tenant; -ENOENT: it is in neither. */
	int (*is_directory)(struct source *source, const char *path, bool *ret, struct tfs_error *error);
	/*
	 * Calls `each` for the documents at and below `path` that may differ between the source and the tenant,
	 * including those that only one of them has. Returns the first value other than 0 of `each`.
	 */
	int (*list_differing)(struct source *source, const char *path, source_each each, void *context,
			      struct tfs_error *error);
	/* Appends the document at `path` to `out`. -ENOENT: the source has none. */
	int (*read)(struct source *source, const char *path, struct tfs_buf *out, struct tfs_error *error);
	/*
	 * {path: true} for each document created after the source's state, {path: old path} for each one renamed.
	 * Only these may be removed or renamed back: the source may lack other documents because they were never
	 * recorded. Borrowed.
	 */
	int (*created_since)(struct source *source, const json_t **ret, struct tfs_error *error);
};

struct source {
	const struct source_ops *ops;
};

#endif
