/* Nodes, directories and look-ups: functions that the files of the tree share. */
#ifndef TENANTFS_TREE_NODE_H
#define TENANTFS_TREE_NODE_H

#include "state.h"

/* node.c */
struct tfs_node *tree_node_find(struct tfs_tree *tree, const struct tfs_node *parent, const char *name)
	TFS_HOLDS(tree->lock);
/* A new node with one reference, the caller's. NULL: out of memory, or the name is too long. */
struct tfs_node *tree_node_new(struct tfs_tree *tree, struct tfs_node *parent, const char *name,
			       const struct node_ops *ops, const void *what) TFS_HOLDS(tree->lock);
/* The tree's lock is held. */
struct tfs_node *tree_node_get(struct tfs_node *node);
void tree_node_put(struct tfs_tree *tree, struct tfs_node *node) TFS_HOLDS(tree->lock);
/* Detaches the node from its name: the next look-up makes another node. */
void tree_node_orphan(struct tfs_tree *tree, struct tfs_node *node) TFS_HOLDS(tree->lock);
/* Frees all nodes regardless of their counts. */
void tree_nodes_free(struct tfs_tree *tree) TFS_HOLDS(tree->lock);
static inline const char *node_name(const struct tfs_node *node)
{
	return node->key.name;
}
static inline struct tfs_node *node_parent(const struct tfs_node *node)
{
	return node->key.parent;
}
/* The path from the root, "" for the root. Needs no lock: parents and names never change. The caller frees it. */
char *tree_node_path(const struct tfs_node *node);
char *tree_child_path(const struct tfs_node *dir, const char *name);
void tree_node_tell_changed(struct tfs_tree *tree, const struct tfs_node *node) TFS_HOLDS(tree->lock);
void tree_node_tell_gone(struct tfs_tree *tree, const struct tfs_node *parent, const char *name) TFS_HOLDS(tree->lock);
/* The inode number that programs see. The kernel uses tfs_node_ino. */
uint64_t tree_ino_in_order(const struct node_ops *ops, const void *what, uint64_t ino);
void tree_base_attr(struct tfs_tree *tree, struct tfs_node *node, mode_t mode, uint64_t size, struct timespec mtime,
		    struct tfs_attr *ret) TFS_HOLDS(tree->lock);
/* node_ops.attr of every directory. */
void tree_directory_attr(struct tfs_tree *tree, struct tfs_node *node, struct tfs_attr *ret) TFS_HOLDS(tree->lock);
void tree_node_attr(struct tfs_tree *tree, struct tfs_node *node, struct tfs_attr *ret) TFS_HOLDS(tree->lock);
int tree_node_update_size(struct tfs_tree *tree, struct tfs_node *node) TFS_LACKS(tree->lock);

/* dir.c */
int tree_dir_payload_new(struct tfs_tree *tree, struct tfs_node *node, const struct path_node *path_node)
	TFS_HOLDS(tree->lock);
void tree_dir_payload_free(struct tfs_tree *tree, struct tfs_node *node) TFS_HOLDS(tree->lock);
void tree_dir_changed(struct tfs_tree *tree, struct tfs_node *dir) TFS_HOLDS(tree->lock);
int tree_dir_add_local(struct tfs_tree *tree, struct tfs_node *dir, struct tfs_node *node) TFS_HOLDS(tree->lock);
void tree_dir_remove_local(struct tfs_tree *tree, struct tfs_node *dir, struct tfs_node *node) TFS_HOLDS(tree->lock);

/* dir-resources.c: a resource that a directory's entries come from. `path_node` is a child of the directory's. */
int tree_dir_resource_get(struct tfs_tree *tree, struct tfs_node *dir, const struct path_node *path_node,
			  struct tfs_resource **ret) TFS_LACKS(tree->lock);
/* The list of the directories with entries of the resource at that path; NULL: none. */
struct dir_resource *tree_dirs_of_resource(struct tfs_tree *tree, const char *path) TFS_HOLDS(tree->lock);
void tree_dir_resources_drop(struct tfs_tree *tree, struct dir *dir) TFS_HOLDS(tree->lock);
/* Whether the lists that a directory's entries come from are fresh: a listing makes no call. */
bool tree_dir_resources_fresh(struct tfs_tree *tree, struct tfs_node *dir) TFS_LACKS(tree->lock);
uint64_t tree_freshness_ms(const struct tfs_tree *tree, const struct tfs_kind *kind);
/* The cached version of a document, counted; NULL: none. */
struct tfs_doc *tree_cached_doc(struct tfs_tree *tree, struct tfs_resource *resource, const char *name);

/* cache-watch.c: tfs_cache_watcher.changed of the tree. */
void tree_cache_changed(void *context, const char *list, struct tfs_doc *old, struct tfs_doc *new);

/* lookup.c: the entry `name` of a directory. The caller owns ret->doc. */
int tree_find_entry(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name, struct found *ret)
	TFS_LACKS(tree->lock);
/* The node for the found entry in its current version, counted. 0 or -ENOMEM. */
int tree_node_for(struct tfs_tree *tree, struct tfs_node *dir, const char *name, const struct found *found,
		  struct tfs_node **ret) TFS_HOLDS(tree->lock);

/*
 * locate.c: the parent directory of a path and the name in it. One look-up of the directory is counted for the caller,
 * unless it is the root. The caller frees `*ret_name`.
 */
int tree_reach(struct tfs_tree *tree, struct tfs_op *op, const char *path, struct tfs_node **ret, char **ret_name)
	TFS_LACKS(tree->lock);

extern const struct node_ops tree_path_dir_ops, tree_api_root_ops, tree_api_group_ops, tree_control_dir_ops,
	tree_drafts_dir_ops;
extern const struct node_ops tree_document_ops, tree_generated_ops, tree_call_ops, tree_trigger_ops, tree_scratch_ops;

static inline void tree_lock(struct tfs_tree *tree) TFS_TAKES(tree->lock)
{
	tfs_mutex_lock(&tree->lock);
}
static inline void tree_unlock(struct tfs_tree *tree) TFS_RELEASES(tree->lock)
{
	tfs_mutex_unlock(&tree->lock);
}
static inline bool node_has(struct tfs_tree *tree, const struct tfs_node *node, uint32_t flag) TFS_LACKS(tree->lock)
{
	bool has;

	tree_lock(tree);
	has = node->flags & flag;
	tree_unlock(tree);
	return has;
}

/* file.c */
void *tree_file_new(struct tfs_tree *tree, struct tfs_node *node, const struct file_ops *ops, size_t size)
	TFS_HOLDS(tree->lock);

#endif
