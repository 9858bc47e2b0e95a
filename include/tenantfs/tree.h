/* The tree: names, nodes, open files, commit points and drafts. Independent of FUSE. */
#ifndef TENANTFS_TREE_H
#define TENANTFS_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "tenantfs/history.h"
#include "tenantfs/op.h"
#include "tenantfs/save.h"
#include "tenantfs/tree-events.h"

struct tfs_tree;
/* A file or directory. Lives while the kernel (look-up count), an open file or directory, or a child refers to it. */
struct tfs_node;
/* An open file, with its own snapshot or edit. */
struct tfs_file;
/* An open directory, with its own listing. */
struct tfs_dir;

struct tfs_tree_options {
	bool read_only;
	uid_t uid;
	gid_t gid;
	struct tfs_history *history; /* for metrics; may be NULL */
	mode_t shared;               /* mode bits of group (070) and others (007) that are copied from the owner's */
	struct tfs_tree_events events;
};

/* Borrows `store` and watches its cache until the tree is freed. */
int tfs_tree_new(struct tfs_store *store, const struct tfs_tree_options *options, struct tfs_tree **ret,
		 struct tfs_error *error);
void tfs_tree_free(struct tfs_tree *tree);

/* The inode number is the node's address; the root's is 1. */
struct tfs_node *tfs_tree_node(struct tfs_tree *tree, uint64_t ino);
uint64_t tfs_node_ino(const struct tfs_node *node);
uint64_t tfs_node_generation(const struct tfs_node *node);

struct tfs_attr {
	struct stat stat;
	bool stable; /* the kernel may cache name and attributes until an event invalidates them */
};

/*
 * The requests below return 0, or a negative errno and fill the op's error. -ESTALE from open, create and setattr
 * makes the kernel look the name up again and retry, once; only then does a program see it.
 */
int tfs_tree_lookup(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *parent, const char *name,
		    struct tfs_node **ret, struct tfs_attr *ret_attr); /* counts one look-up */
void tfs_tree_forget(struct tfs_tree *tree, struct tfs_node *node, uint64_t count);
int tfs_tree_stat(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, struct tfs_attr *ret);
/* chmod, chown, utimens and truncate. `to_set` has FUSE_SET_ATTR_* bits of fuse_lowlevel.h; `file` may be NULL. */
int tfs_tree_setattr(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, struct tfs_file *file,
		     const struct stat *attr, int to_set, struct tfs_attr *ret);

/* Whether an open of the node completes now without a call to the server. */
bool tfs_node_nowait(struct tfs_tree *tree, struct tfs_node *node);
/* `*ret_keep_cache`: the entries that the kernel has cached are still valid. */
int tfs_tree_opendir(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, struct tfs_dir **ret,
		     bool *ret_keep_cache);
/* Fetches the listing. To be called before the first tfs_dir_at of a request; does nothing when already filled. */
int tfs_dir_fill(struct tfs_dir *dir, struct tfs_op *op);
bool tfs_dir_filled(const struct tfs_dir *dir);
struct tfs_dirent {
	const char *name; /* borrowed until the next call with the directory */
	mode_t type;
	uint64_t ino;   /* 0: not known yet */
	uint64_t order; /* sort key to report as inode number while `ino` is unknown */
};
/* The entry at `offset`, from 0, including "." and ".."; false at the end. */
bool tfs_dir_at(struct tfs_dir *dir, uint64_t offset, struct tfs_dirent *ret);
/*
 * The node and attributes of the entry at `offset`; counts one look-up. -ENOENT: the entry was removed meanwhile.
 * -EAGAIN: the node cannot be created without a call.
 */
int tfs_dir_node(struct tfs_dir *dir, uint64_t offset, struct tfs_node **ret, struct tfs_attr *ret_attr);
void tfs_tree_closedir(struct tfs_dir *dir);

int tfs_tree_unlink(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *parent, const char *name);
int tfs_tree_mkdir(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *parent, const char *name);
int tfs_tree_rmdir(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *parent, const char *name);
/* `flags` of renameat2: 0 or RENAME_NOREPLACE. */
int tfs_tree_rename(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *parent, const char *name,
		    struct tfs_node *new_parent, const char *new_name, unsigned flags);

/* An extended attribute; the caller frees it. -ENODATA: the node lacks it. -EOPNOTSUPP: it is outside of "user.". */
int tfs_tree_getxattr(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, const char *name,
		      char **ret_value, size_t *ret_len);

/*
 * Records the operation's error once for errors.json, under the path of the node or of `name` (may be NULL) below it.
 * Errors of everyday use, such as ENOENT and EINTR, are not recorded.
 */
void tfs_tree_note_refusal(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, const char *name,
			   const char *action);
/* If the action reads: marks earlier read errors of the same path resolved. */
void tfs_tree_note_success(struct tfs_tree *tree, struct tfs_node *node, const char *name, const char *action);
/* Last errors, drafts and state as shown in `.tenantfs/`. The caller owns the value. NULL: out of memory. */
json_t *tfs_tree_errors(struct tfs_tree *tree);
json_t *tfs_tree_drafts(struct tfs_tree *tree);
json_t *tfs_tree_status(struct tfs_tree *tree);
/* Invalidates the cache at and below a path; "": all of it. -ENOENT: the server has nothing at the path. */
int tfs_tree_refresh(struct tfs_tree *tree, struct tfs_op *op, const char *path);
/* Sends the draft `name` again; removes it. -ENOENT: there is no such draft. */
int tfs_tree_retry(struct tfs_tree *tree, struct tfs_op *op, const char *name);
int tfs_tree_discard(struct tfs_tree *tree, struct tfs_op *op, const char *name);

#endif
