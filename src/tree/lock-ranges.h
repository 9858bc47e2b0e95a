/* The locks that are held on one path. */
#ifndef TENANTFS_TREE_LOCK_RANGES_H
#define TENANTFS_TREE_LOCK_RANGES_H

#include "tenantfs/file-lock.h"

struct held_lock;

/* A lock of another owner that is in the way; NULL: none. */
const struct tfs_file_lock *tree_ranges_conflict(const struct held_lock *locks, const struct tfs_file_lock *lock);
/* Sets or, by F_UNLCK, releases: an owner's new lock replaces its older ones where they overlap. 0 or -ENOLCK. */
int tree_ranges_set(struct held_lock **locks, const struct tfs_file_lock *lock, const struct tfs_file *file);
/* Whether a lock was set through the file. */
bool tree_ranges_held_by(const struct held_lock *locks, const struct tfs_file *file);
/* Releases the locks that were set through the file; whether there were any. */
bool tree_ranges_drop_file(struct held_lock **locks, const struct tfs_file *file);
void tree_ranges_free(struct held_lock *locks);

#endif
