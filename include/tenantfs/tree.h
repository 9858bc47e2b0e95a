/* The tree: names to nodes, open files, commit points, drafts. Knows no kernel. */
#ifndef TENANTFS_TREE_H
#define TENANTFS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "tenantfs/history.h"
#include "tenantfs/op.h"
#include "tenantfs/save.h"

struct tfs_tree;
/* A file or directory. Lives while the kernel looks at it (look-up count), a handle holds it or a child lives. */
struct tfs_node;
/* An open file: its own snapshot, its own edit. */
struct tfs_file;
/* An open directory: its own listing. */
struct tfs_dir;

/* What has to be told to the kernel; from any thread, with the tree's lock held: must neither block nor call back. */
struct tfs_tree_events {
	void (*node_changed)(void *context, uint64_t ino);                    /* bytes or attributes */
	void (*entry_gone)(void *context, uint64_t parent, const char *name); /* removed, or another node now */
	void *context;
};

struct tfs_tree_options {
	bool read_only;
	uid_t uid;
	gid_t gid;
	struct tfs_history *history; /* for metrics; may be NULL */
	mode_t shared;               /* which of the owner's bits the group (070) and all others (007) have as well */
	struct tfs_tree_events events;
};

/* Borrows `store`, and watches its cache until freed. */
int tfs_tree_new(struct tfs_store *store, const struct tfs_tree_options *options, struct tfs_tree **ret,
		 struct tfs_error *error);
void tfs_tree_free(struct tfs_tree *tree);

/* The inode number is the node's address; the root's is 1. */
struct tfs_node *tfs_tree_node(struct tfs_tree *tree, uint64_t ino);
uint64_t tfs_node_ino(const struct tfs_node *node);
uint64_t tfs_node_generation(const struct tfs_node *node);

struct tfs_attr {
	struct stat stat;
	bool stable; /* name and attributes hold until an event says otherwise; else they must be asked for each time */
};

/*
 * All of these: 0 or a negative errno with the op's error filled. -ESTALE from
 * open, create and setattr may also mean "look the name up again": the kernel
 * does so by itself, once, before a program sees it.
 */
int tfs_tree_lookup(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *parent, const char *name,
		    struct tfs_node **ret, struct tfs_attr *ret_attr); /* counts one look-up */
void tfs_tree_forget(struct tfs_tree *tree, struct tfs_node *node, uint64_t count);
int tfs_tree_stat(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, struct tfs_attr *ret);
/* chmod, chown, utimens and truncate: `to_set` is of FUSE_SET_ATTR_* bits as in fuse_lowlevel.h; `file` may be NULL. */
int tfs_tree_setattr(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, struct tfs_file *file,
		     const struct stat *attr, int to_set, struct tfs_attr *ret);

/* Whether opening it now completes without a call to the server. */
bool tfs_node_nowait(struct tfs_tree *tree, struct tfs_node *node);
/* `*ret_keep_cache`: the entries the kernel remembers are still these. */
int tfs_tree_opendir(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, struct tfs_dir **ret,
		     bool *ret_keep_cache);
/* Makes sure the listing is there; before the first tfs_dir_at of a request. No call once it is filled. */
int tfs_dir_fill(struct tfs_dir *dir, struct tfs_op *op);
bool tfs_dir_filled(const struct tfs_dir *dir);
struct tfs_dirent {
	const char *name; /* borrowed until the next call on the dir */
	mode_t type;
	uint64_t ino;   /* 0: not known yet */
	uint64_t order; /* reported as the inode number while `ino` is unknown: sorts alike */
};
/* Entry at `offset` (0 the first), "." and ".." among them; false at the end. */
bool tfs_dir_at(struct tfs_dir *dir, uint64_t offset, struct tfs_dirent *ret);
/*
 * Same entry as a node with attributes; counts one look-up. -ENOENT when it
 * went meanwhile, -EAGAIN when it cannot be had without a call.
 */
int tfs_dir_node(struct tfs_dir *dir, uint64_t offset, struct tfs_node **ret, struct tfs_attr *ret_attr);
void tfs_tree_closedir(struct tfs_dir *dir);

int tfs_tree_unlink(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *parent, const char *name);
int tfs_tree_mkdir(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *parent, const char *name);
int tfs_tree_rmdir(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *parent, const char *name);
/* `flags` of renameat2: 0 or RENAME_NOREPLACE. */
int tfs_tree_rename(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *parent, const char *name,
		    struct tfs_node *new_parent, const char *new_name, unsigned flags);

/* Extended attributes: the text (yours), or -ENODATA; -EOPNOTSUPP for what is no user attribute. */
int tfs_tree_getxattr(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, const char *name,
		      char **ret_value, size_t *ret_len);
/* Names, each with its NUL; yours. */
int tfs_tree_listxattr(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, char **ret_names,
		       size_t *ret_len);

/*
 * Records the operation's error, once, for errors.json: of the node, or of `name` (may be NULL) below it.
 * Errors of everyday use (no such name, interrupted …) are left out.
 */
void tfs_tree_note_refusal(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, const char *name,
			   const char *action);
/* Marks an earlier read error of the same path resolved, where the action reads. */
void tfs_tree_note_success(struct tfs_tree *tree, struct tfs_node *node, const char *name, const char *action);
/* Drafts, last errors, state as JSON; yours, NULL when out of memory. What `.tenantfs/` and the control socket show. */
json_t *tfs_tree_errors(struct tfs_tree *tree);
json_t *tfs_tree_drafts(struct tfs_tree *tree);
json_t *tfs_tree_status(struct tfs_tree *tree);
/* -ENOENT where nothing is. Has all below a path ("": everything) asked for anew; sends a draft again; drops it. */
int tfs_tree_refresh(struct tfs_tree *tree, struct tfs_op *op, const char *path);
int tfs_tree_retry(struct tfs_tree *tree, struct tfs_op *op, const char *path);
int tfs_tree_discard(struct tfs_tree *tree, struct tfs_op *op, const char *path);

#endif
