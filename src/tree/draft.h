/* Drafts: texts that the server refused, or that were closed before they were sent. */
#ifndef TENANTFS_TREE_DRAFT_H
#define TENANTFS_TREE_DRAFT_H

#include "commit.h"

/*
 * Keeps a copy of the text for the user, in memory until tree_drafts_write. `error` is the reason. If the draft
 * cannot be kept, the operation's error says so. `op` may be NULL. The lock may be held.
 */
void tree_draft_keep(struct tfs_tree *tree, struct tfs_op *op, uid_t uid, const struct tfs_error *error,
		     const struct target *target, const struct tfs_doc *base, const char *text, size_t len);
/* Writes new drafts to disk; a failure is added to the operation's error. */
void tree_drafts_write(struct tfs_tree *tree, struct tfs_op *op) TFS_LACKS(tree->lock);
/*
 * After a successful save of the path: drops the drafts with the saved text, and those of the saving process.
 * Drafts of other processes stay. Returns false if any stays.
 */
bool tree_draft_resolve(struct tfs_tree *tree, const struct tfs_op *op, const char *path, const char *text, size_t len);
/* Whether the user may see the draft: its writer, the mount's owner and root may. */
bool tree_draft_is_for(const struct tfs_tree *tree, const struct tfs_draft *draft, uid_t uid);
/* Whether the path has a draft. */
bool tree_draft_is_kept(struct tfs_tree *tree, const char *path);
/* The server's version of a draft's document, counted; may make a call. NULL: none, or not available. */
struct tfs_doc *tree_draft_theirs(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_draft *draft);

#endif
