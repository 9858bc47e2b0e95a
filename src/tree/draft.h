/* Drafts and errors: what was refused, and what people were told. All with the tree's lock held. */
#ifndef TENANTFS_TREE_DRAFT_H
#define TENANTFS_TREE_DRAFT_H

#include "commit.h"

/* A text the server does not have. By path. */
struct draft {
	UT_hash_handle hh;
	struct tfs_resource *resource;
	char object[NAME_ROOM];
	struct tfs_doc *base; /* NULL: to be created */
	struct tfs_buf text;
	struct tfs_error error;
	struct timespec time;
	pid_t pid; /* of who was refused */
	char path[];
};

struct draft *draft_find(struct tfs_tree *tree, const char *path);
/* Keeps a copy in the place of an earlier one; past the ceiling the oldest others go. */
void draft_keep(struct tfs_tree *tree, pid_t pid, const struct tfs_error *error, const struct target *target,
		struct tfs_doc *base, const char *text, size_t len);
/*
 * After a good save of the path: ends the draft when its text is what was saved,
 * or its own writer saved another in its place. Somebody else's stays, and with
 * it its error. False when it stays.
 */
bool draft_settle(struct tfs_tree *tree, pid_t pid, const char *path, const char *text, size_t len);
void draft_drop(struct tfs_tree *tree, const char *path);
void drafts_free(struct tfs_tree *tree);

/* Notes the operation's error under a path. `action` is static text. */
void error_tell(struct tfs_tree *tree, struct tfs_op *op, const char *path, const char *action);
void errors_settle(struct tfs_tree *tree, const char *path);
/* The last error of a path that no success came after; NULL. */
const struct told_error *error_of(struct tfs_tree *tree, const char *path);
void errors_free(struct tfs_tree *tree);

#endif
