/*
 * Locks of open files: flock, and fcntl's byte ranges (POSIX and OFD). They hold for a path: a new version of a
 * document, or a file renamed over it, is locked by the same locks. The two families do not exclude each other, as on a
 * disk.
 */
#ifndef TENANTFS_FILE_LOCK_H
#define TENANTFS_FILE_LOCK_H

#include "tenantfs/tree.h"

struct tfs_file_lock {
	bool whole;     /* flock */
	short type;     /* F_RDLCK, F_WRLCK or F_UNLCK */
	uint64_t first; /* bytes `first` to `last`, both included */
	uint64_t last;
	uint64_t owner; /* the kernel's number for a process or an open file */
	pid_t pid;      /* what F_GETLK reports */
};

struct lock_set;

/* A request for a lock. The caller fills `lock` and `reader`, and keeps it until the request is settled. */
struct tfs_lock_request {
	struct tfs_file_lock lock;
	pid_t reader; /* the thread that asks, as tfs_op_pid */
	/* The tree's. */
	struct tfs_file *file;
	struct lock_set *set; /* NULL: it does not wait */
	struct tfs_lock_request *prev, *next;
	bool cancelled;
};

/* It waits: events.lock_settled tells the result. */
enum { TFS_LOCK_WAITS = 1 };

/*
 * Takes the lock. 0, -EAGAIN, -EDEADLK or -ENOLCK; with `wait` also TFS_LOCK_WAITS or -EINTR, but not -EAGAIN. The file
 * shows the document's present version from then on, unless it has a text to send. `*ret_stale`: the inode whose pages
 * and attributes the kernel must forget before the program goes on; 0: none.
 */
int tfs_lock_ask(struct tfs_file *file, struct tfs_lock_request *request, bool wait, uint64_t *ret_stale);
/* Settles the request with -EINTR if it waits, or as soon as it would wait. */
void tfs_lock_cancel(struct tfs_tree *tree, struct tfs_lock_request *request);
/* To be called after tfs_file_flush: the next owner must see what was written. */
void tfs_lock_release(struct tfs_file *file, const struct tfs_file_lock *lock);
/* Called when a process closes a descriptor: releases the byte ranges that it has locked. */
void tfs_lock_release_owner(struct tfs_file *file, uint64_t owner);
/* Replaces `lock` by one that is in its way; by F_UNLCK if there is none. */
void tfs_lock_test(struct tfs_file *file, struct tfs_file_lock *lock);
/* Settles all requests that wait with -EIO. Called before the session ends. */
void tfs_lock_end_all(struct tfs_tree *tree);

#endif
