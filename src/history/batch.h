/* A batch gathers commits in memory and writes them as one pack and one move of the branch. */
#ifndef TENANTFS_HISTORY_BATCH_H
#define TENANTFS_HISTORY_BATCH_H

#include <stdint.h>
#include <time.h>

#include "author.h"
#include "repo.h"
#include "sign.h"

/* Used by one thread. */
struct batch;

int history_batch_open(const char *path, struct batch **ret, struct tfs_error *error);
/* Signs every commit from now on. Borrowed; its key may be NULL. */
void history_batch_sign_with(struct batch *batch, struct signer *signer);
/* Discards the commits not flushed. */
void history_batch_close(struct batch *batch);

git_repository *history_batch_repo(struct batch *batch);
/* The newest commit, flushed or not, and the tree with the staged edits; NULL before the first. */
const git_oid *history_batch_head(const struct batch *batch);
const git_oid *history_batch_tree(const struct batch *batch);
/* Commits since the last flush. */
size_t history_batch_commits(const struct batch *batch);
/* Bytes of objects in memory past which they are written as a pack. */
enum { BATCH_KEPT = 2 << 20 };

/* A new state for one path of the repository. */
struct edit {
	char *git_path; /* owned */
	git_oid blob;
	bool remove;
	bool directory; /* `blob` is a tree */
	uint32_t order; /* of several edits of one path the highest counts */
};

int history_batch_blob(struct batch *batch, const char *text, size_t len, git_oid *ret, struct tfs_error *error);
/*
 * Sorts the edits and applies them to the tree of the next commit. -EINVAL: a name that git does not allow.
 */
int history_batch_stage(struct batch *batch, struct edit *edits, size_t count, struct tfs_error *error);
/* Author and time of a change, and the time of its commit. */
struct commit_stamp {
	struct author author;
	time_t authored, recorded;
};
/* Commits the staged edits; without any the tree stays the same. */
int history_batch_commit(struct batch *batch, const struct commit_stamp *stamp, const char *message,
			 struct tfs_error *error);
/*
 * Writes the objects, then moves the branch: when interrupted before that, the branch has not moved. 0 with
 * nothing to write.
 */
int history_batch_flush(struct batch *batch, struct tfs_error *error);
/*
 * Deletes the packs merged the last time, then merges small ones if there are `most` or more. 1 when it
 * merged. Slow. Everything is flushed.
 */
int history_batch_gc(struct batch *batch, size_t most, struct tfs_error *error);
/* Opens the repository again to free libgit2's caches and mappings; replaces `*at`. Everything is flushed. */
int history_batch_reopen(struct batch **at, struct tfs_error *error);
/* Goes back to the last flush. */
void history_batch_forget(struct batch *batch);

#endif
