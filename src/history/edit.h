/* Makes a tree from another by changing some paths. */
#ifndef TENANTFS_HISTORY_EDIT_H
#define TENANTFS_HISTORY_EDIT_H

#include "batch.h"

/* The objects in memory, for the next pack. */
struct written_object {
	git_oid id;
	char name[24]; /* end of its path: libgit2 compares objects with similar names */
};
struct written {
	struct written_object *objects;
	size_t count, room, bytes; /* bytes: with the overhead of keeping them */
};
int history_written_add(struct written *written, const git_oid *id, const char *name, size_t bytes);
void history_written_finish(struct written *written);

/* `base` NULL: the empty tree. Sorts the edits. Drops empty directories. Returns libgit2's codes. */
int history_tree_edit(git_repository *repo, struct written *written, const git_oid *base, struct edit *edits,
		      size_t count, git_oid *ret);

#endif
