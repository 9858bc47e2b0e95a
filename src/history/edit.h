/* A tree made from another by changing some of its paths. */
#ifndef TENANTFS_HISTORY_EDIT_H
#define TENANTFS_HISTORY_EDIT_H

#include "batch.h"

/* The objects written since the last pack, for the next one. */
struct written_object {
	git_oid id;
	char name[24]; /* end of its path: the like are compressed against each other */
};
struct written {
	struct written_object *objects;
	size_t count, room, bytes; /* bytes: with what keeping them in memory costs */
};
int written_add(struct written *written, const git_oid *id, const char *name, size_t bytes);
/* Empties it. */
void written_finish(struct written *written);

/* `base` NULL: from nothing. Sorts the edits. Empty directories go. libgit2's codes. */
int tree_edit(git_repository *repo, struct written *written, const git_oid *base, struct edit *edits, size_t count,
	      git_oid *ret);

#endif
