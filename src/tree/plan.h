/* A plan of restore or undo, while it is made. */
#ifndef TENANTFS_TREE_PLAN_H
#define TENANTFS_TREE_PLAN_H

#include "node.h"
#include "tenantfs/past.h"
#include "tenantfs/revert.h"

enum {
	PLAN_TEXT = 64 << 20, /* bytes of a document, at most */
	PLAN_RENAMES = 32,    /* of one object, that are followed */
};

struct put_back {
	struct tfs_tree *tree;
	struct tfs_op *op;
	struct tfs_past *past;
	json_t *plan;
	json_t *made;    /* paths made since the state to be restored; NULL for undo */
	json_t *renamed; /* names of then whose objects are renamed back, each with what it is called now */
	json_t *spans;   /* of undo: {"path", "old_path", "before", "after"}, see add_span */
	char of_set[TFS_OP_SET + 1]; /* of the change that is undone; "" none */
};

/* What stands at a path now. */
struct live {
	struct tfs_node *dir; /* one look-up of it is ours, unless it is the root */
	char *name;
	const struct place *place;
	struct tfs_resource *resource; /* NULL: the object it stands below is not there */
	struct tfs_doc *doc; /* NULL: none */
};

int plan_fail_memory(struct tfs_op *op);

/* What stands at `path`, a document's; `*ret` is to be finished. -ENOENT: the tree has no such place. */
int live_find(struct put_back *back, const char *path, struct live *ret);
void live_finish(struct tfs_tree *tree, struct live *live);

/* Appends the document as it was in the state `id` (NULL: before the first) to `out`; nothing where there was none. */
int plan_read_then(struct put_back *back, const char *id, const char *path, struct tfs_buf *out);
/* The text that is wanted of one that was so `then`. */
int plan_want(const struct live *live, const char *then, struct tfs_buf *wanted, json_t *cannot);
/*
 * One item: the path is to have the text, NULL: it is to go. `cannot` is taken over. Where nothing is to be done and
 * nothing to be said, there is no item.
 */
int plan_add(struct put_back *back, const char *path, const struct live *live, const char *text, size_t len,
	     json_t *cannot);

/* Each document at or below `path` is to be as it was in the state `id`. */
int plan_restores(struct put_back *back, const char *id, const char *path);
/* What is planned below names that are renamed back is planned below those of now, and to be done before. */
int plan_moved(struct put_back *back);
/* What a change did is taken back; `set`: what all changes of the set did that it is part of. */
int plan_undos(struct put_back *back, const char *revision, bool set);

#endif
