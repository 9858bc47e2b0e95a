/* Commits gathered in memory and written as one pack and one move of the branch. */
#ifndef TENANTFS_HISTORY_BATCH_H
#define TENANTFS_HISTORY_BATCH_H

#include <stdint.h>
#include <time.h>

#include "author.h"
#include "repo.h"
#include "sign.h"

/* Used by one thread. */
struct batch;

int batch_open(const char *path, struct batch **ret, struct tfs_error *error);
/* Every commit from now on bears its signature. Borrowed; its key may be NULL. */
void batch_sign_with(struct batch *batch, struct signer *signer);
/* What was not flushed is forgotten. */
void batch_close(struct batch *batch);

git_repository *batch_repo(struct batch *batch);
/* The newest commit, flushed or not, and the tree with what was staged; NULL before the first. */
const git_oid *batch_head(const struct batch *batch);
const git_oid *batch_tree(const struct batch *batch);
/* Commits since the last flush. */
size_t batch_commits(const struct batch *batch);
/* Objects are kept in memory up to so many bytes, and one more object; then a pack is written of them. */
enum { BATCH_KEPT = 2 << 20 };

/* One path of the repository that shall be something else. */
struct edit {
	char *git_path; /* owned */
	git_oid blob;
	bool remove;
	bool directory; /* `blob` is a tree */
	uint32_t order; /* of several of one path: the last one counts */
};

int batch_blob(struct batch *batch, const char *text, size_t len, git_oid *ret, struct tfs_error *error);
/* Applies edits (sorts them) to the tree of the next commit. -EINVAL: a name git has no place for. */
int batch_stage(struct batch *batch, struct edit *edits, size_t count, struct tfs_error *error);
/* Who it is by and when, when it was recorded. */
struct stamp {
	struct author author;
	time_t authored, recorded;
};
/* Commits what was staged; with nothing staged the tree stays as it is. */
int batch_commit(struct batch *batch, const struct stamp *stamp, const char *message, struct tfs_error *error);
/* Objects first, then the branch: what is interrupted leaves the branch where it was. Nothing gathered: 0. */
int batch_flush(struct batch *batch, struct tfs_error *error);
/*
 * Removes the packs merged the last time, then merges small ones when there are `most` or more: 1 when it did. Takes
 * its time. Nothing may be gathered.
 */
int batch_gc(struct batch *batch, size_t most, struct tfs_error *error);
/* Gives back what libgit2 remembers and has mapped: `*at` is another batch then. Nothing may be gathered. */
int batch_reopen(struct batch **at, struct tfs_error *error);
/* Goes back to what was flushed last. */
void batch_forget(struct batch *batch);

#endif
