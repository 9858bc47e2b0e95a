/* Listings and open directories. */
#include "listing.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "local.h"

enum {
	DOTS = 2,                 /* "." and ".." come first */
	UNKNOWN_INO = 0xffffffff, /* libfuse's own value for an unknown inode number */
};

static int make_room(struct listing *listing, size_t more)
{
	size_t room = listing->count + more;
	struct entry *entries;

	if (room <= listing->room)
		return 0;
	if (more == 1)
		room += 15;
	entries = realloc(listing->entries, room * sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	listing->entries = entries;
	listing->room = room;
	return 0;
}

int tree_listing_add(struct listing *listing, const char *name, const struct found *found)
{
	char *copy = name ? strdup(name) : NULL;

	if ((name && !copy) || make_room(listing, 1) < 0) {
		free(copy);
		tfs_doc_unref(found->doc);
		return -ENOMEM;
	}
	listing->entries[listing->count++] = (struct entry){ copy, *found };
	return 0;
}

int tree_listing_add_docs(struct listing *listing, struct tfs_doc **docs, size_t count, const struct found *found)
{
	if (make_room(listing, count) < 0) {
		tfs_docs_free(docs, count);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		struct entry *entry = &listing->entries[listing->count++];

		*entry = (struct entry){ NULL, *found };
		entry->found.doc = docs[i];
	}
	free(docs);
	return 0;
}

static void listing_finish(struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++) {
		free(listing->entries[i].name);
		tfs_doc_unref(listing->entries[i].found.doc);
	}
	free(listing->entries);
	*listing = (struct listing){ 0 };
}

static const char *entry_name(struct tfs_dir *dir, const struct entry *entry)
{
	const struct path_node *path_node = entry->found.what;

	if (entry->name)
		return entry->name;
	if (path_node->type == PATH_DOC)
		return path_node->name;
	assert(entry->found.doc);
	snprintf(dir->name, sizeof(dir->name), "%s%s", entry->found.doc->name, path_node->name);
	return dir->name;
}

/* Adds scratch files and new documents, and drops hidden documents. */
static int add_locals(struct tfs_dir *dir) TFS_HOLDS(dir->tree->lock)
{
	struct dir *payload = dir->node->dir;
	struct listing *listing = &dir->listing;
	size_t kept = 0;
	int r = 0;

	for (size_t i = 0; i < listing->count && payload->hidden; i++) {
		if (!tree_hidden_find(dir->node, entry_name(dir, &listing->entries[i]))) {
			listing->entries[kept++] = listing->entries[i];
			continue;
		}
		free(listing->entries[i].name);
		tfs_doc_unref(listing->entries[i].found.doc);
	}
	if (payload->hidden)
		listing->count = kept;
	for (size_t i = 0; i < payload->n_locals && r == 0; i++)
		r = tree_listing_add(listing, node_name(payload->locals[i]),
				     &(struct found){ .ops = payload->locals[i]->ops });
	return r;
}

int tfs_dir_fill(struct tfs_dir *dir, struct tfs_op *op)
{
	struct tfs_tree *tree = dir->tree;
	struct dir *payload = dir->node->dir;
	uint64_t version;
	int r;

	if (dir->filled)
		return 0;
	tree_lock(tree);
	version = payload->version;
	tree_unlock(tree);
	r = dir->node->ops->list(tree, op, dir->node, &dir->listing);
	tree_lock(tree);
	if (r == 0)
		r = add_locals(dir);
	/* If entries were added or removed meanwhile, the kernel must not cache the listing. */
	payload->kernel_version =
		r == 0 && payload->version == version && !dir->node->ops->no_change_events ? version : 0;
	tree_unlock(tree);
	if (r < 0) {
		listing_finish(&dir->listing);
		return tfs_op_error(op)->code != 0 ? r : tfs_fail(op, r, "tree", "cannot be listed");
	}
	tree_lock(tree);
	payload->listed = true;
	tree_unlock(tree);
	dir->filled = true;
	return 0;
}

bool tfs_dir_filled(const struct tfs_dir *dir)
{
	return dir->filled;
}

int tfs_tree_opendir(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, struct tfs_dir **ret,
		     bool *ret_keep_cache)
{
	struct tfs_dir *dir;
	bool keep;
	int r = 0;

	if (!node->ops->list)
		return tfs_fail(op, -ENOTDIR, "tree", "not a directory");
	dir = calloc(1, sizeof(*dir));
	if (!dir)
		return tfs_fail_memory(op);
	dir->tree = tree;
	dir->node = node;
	keep = tree_dir_resources_fresh(tree, node);
	tree_lock(tree);
	tree_node_get(node);
	DL_APPEND(tree->dirs, dir);
	keep = keep && node->dir->kernel_version == node->dir->version;
	tree_unlock(tree);
	if (!keep)
		r = tfs_dir_fill(dir, op);
	if (r < 0) {
		tfs_tree_closedir(dir);
		return r;
	}
	*ret = dir;
	*ret_keep_cache = keep;
	return 0;
}

bool tfs_dir_at(struct tfs_dir *dir, uint64_t offset, struct tfs_dirent *ret)
{
	const struct tfs_node *parent = node_parent(dir->node);
	const struct entry *entry;

	if (offset < DOTS) {
		ret->name = offset == 0 ? "." : "..";
		ret->type = S_IFDIR;
		if (offset == 0 || !parent)
			parent = dir->node;
		ret->ino = tree_ino_in_order(parent->ops, parent->what, tfs_node_ino(parent));
		return true;
	}
	if (offset - DOTS >= dir->listing.count)
		return false;
	entry = &dir->listing.entries[offset - DOTS];
	ret->name = entry_name(dir, entry);
	ret->type = entry->found.ops->type;
	ret->ino = 0;
	ret->order = tree_ino_in_order(entry->found.ops, entry->found.what, UNKNOWN_INO);
	return true;
}

/* Whether the node can be created without a call. The lock is held. */
static bool is_known(const struct entry *entry)
{
	return entry->found.ops->kind != KIND_DOCUMENT || entry->found.doc;
}

int tfs_dir_node(struct tfs_dir *dir, uint64_t offset, struct tfs_node **ret, struct tfs_attr *ret_attr)
{
	struct tfs_tree *tree = dir->tree;
	const struct entry *entry;
	const char *name;
	struct tfs_node *node;
	int r = 0;

	if (offset < DOTS || offset - DOTS >= dir->listing.count)
		return -ENOENT;
	entry = &dir->listing.entries[offset - DOTS];
	name = entry_name(dir, entry);
	tree_lock(tree);
	node = tree_node_find(tree, dir->node, name);
	if (node && (node->ops->kind == KIND_SCRATCH || node->flags & NODE_PENDING))
		tree_node_get(node);
	else if (entry->found.ops->kind == KIND_SCRATCH || tree_hidden_find(dir->node, name))
		r = -ENOENT;
	else if (!is_known(entry) || entry->found.ops->update_size)
		r = -EAGAIN;
	else
		r = tree_node_for(tree, dir->node, name, &entry->found, &node);
	if (r == 0) {
		node->lookups++;
		tree_node_attr(tree, node, ret_attr);
		*ret = node;
		tree_node_put(tree, node);
	}
	tree_unlock(tree);
	return r;
}

void tfs_tree_closedir(struct tfs_dir *dir)
{
	struct tfs_tree *tree = dir->tree;

	listing_finish(&dir->listing);
	tree_lock(tree);
	DL_DELETE(tree->dirs, dir);
	tree_node_put(tree, dir->node);
	tree_unlock(tree);
	free(dir);
}
