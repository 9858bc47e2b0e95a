/* Drafts: texts that the server refused or that no commit point saw. */
#ifndef TENANTFS_TREE_DRAFT_H
#define TENANTFS_TREE_DRAFT_H

#include "commit.h"

/*
 * Keeps a copy as the user's, in memory until drafts_write. What cannot be kept is told in the operation's error,
 * which is the reason the draft is kept with; `op` may be NULL. The lock may be held.
 */
void draft_keep(struct tfs_tree *tree, struct tfs_op *op, uid_t uid, const struct tfs_error *error,
		const struct target *target, const struct tfs_doc *base, const char *text, size_t len);
/* Brings them to the disk; the lock is not held. */
void drafts_write(struct tfs_tree *tree, struct tfs_op *op);
/*
 * After a good save of the path: ends those drafts whose text is what was saved, or
 * whose own writer saved another in their place. Somebody else's stay, and with
 * them their errors. False when one stays.
 */
bool draft_resolve(struct tfs_tree *tree, const struct tfs_op *op, const char *path, const char *text,
		   size_t len);
/* Whether that user may see it: its own, and all of them the mount's owner and root. */
bool draft_is_for(const struct tfs_tree *tree, const struct tfs_draft *draft, uid_t uid);
/* Whether there is one of the path. */
bool draft_is_kept(struct tfs_tree *tree, const char *path);
/* The version the server has of a draft's document, asked for where it is not remembered; NULL: none. */
struct tfs_doc *draft_theirs(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_draft *draft);

#endif
