/* Locks of open files: who holds which path, who waits, and what a new owner sees. */
#include "file-lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "commit.h"
#include "lock-ranges.h"

enum {
	LOCKED_PATHS = 1024,
	CYCLE_MAX = 16, /* owners followed in search of a deadlock */
};

/* The locks of one path. Kept when idle, so that readers who open the path later can be moved. */
struct lock_set {
	UT_hash_handle hh; /* in tree->lock_sets */
	struct held_lock *held;
	struct tfs_doc *doc; /* the newest version seen; NULL: none */
	struct node_key key;
};

static struct lock_set *find_set(struct tfs_tree *tree, const struct tfs_node *dir, const char *name)
	TFS_HOLDS(tree->lock)
{
	struct {
		const struct tfs_node *parent;
		char name[NAME_ROOM];
	} probe = { .parent = dir };
	struct lock_set *set = NULL;
	size_t len = strlen(name);

	if (!tree->lock_sets || len >= NAME_ROOM)
		return NULL;
	memcpy(probe.name, name, len);
	HASH_FIND(hh, tree->lock_sets, &probe, sizeof(struct node_key) + len, set);
	return set;
}

static struct lock_set *set_of(const struct tfs_file *file) TFS_HOLDS(file->tree->lock)
{
	return find_set(file->tree, node_parent(file->node), node_name(file->node));
}

static bool is_awaited(const struct tfs_tree *tree, const struct lock_set *set)
{
	const struct tfs_lock_request *request;

	DL_FOREACH(tree->lock_requests, request)
	if (request->set == set)
		return true;
	return false;
}

static void set_free(struct tfs_tree *tree, struct lock_set *set) TFS_HOLDS(tree->lock)
{
	HASH_DEL(tree->lock_sets, set);
	tree_ranges_free(set->held);
	tfs_doc_unref(set->doc);
	tree_node_put(tree, set->key.parent);
	free(set);
}

/* Makes room for another set. */
static void drop_idle(struct tfs_tree *tree) TFS_HOLDS(tree->lock)
{
	struct lock_set *set, *next;

	HASH_ITER (hh, tree->lock_sets, set, next) {
		if (!set->held && !is_awaited(tree, set)) {
			set_free(tree, set);
			return;
		}
	}
}

static struct lock_set *make_set(struct tfs_tree *tree, const struct tfs_node *node) TFS_HOLDS(tree->lock)
{
	size_t len = strlen(node_name(node));
	struct lock_set *set;

	if (HASH_COUNT(tree->lock_sets) >= LOCKED_PATHS)
		drop_idle(tree);
	set = HASH_COUNT(tree->lock_sets) < LOCKED_PATHS ? calloc(1, sizeof(*set) + len + 1) : NULL;
	if (!set)
		return NULL;
	set->key.parent = node_parent(node);
	memcpy(set->key.name, node_name(node), len + 1);
	HASH_ADD_KEYPTR(hh, tree->lock_sets, &set->key, sizeof(set->key) + len, set);
	if (!tfs_hash_added(set)) {
		free(set);
		return NULL;
	}
	tree_node_get(set->key.parent);
	return set;
}

static void see(struct lock_set *set, struct tfs_doc *doc)
{
	if (doc && set->doc && doc->generation < set->doc->generation)
		return;
	tfs_doc_unref(set->doc);
	set->doc = doc ? tfs_doc_ref(doc) : NULL;
}

/* 0, -EAGAIN: another owner's lock is in the way, or -ENOLCK. */
static int grant(struct lock_set *set, const struct tfs_lock_request *request, uint64_t *ret_stale)
	TFS_HOLDS(request->file->tree->lock)
{
	struct tfs_file *file = request->file;
	int r = 0;

	*ret_stale = 0;
	if (tree_ranges_conflict(set->held, &request->lock))
		return -EAGAIN;
	if (set->doc && file->ops->follow)
		r = file->ops->follow(file, set->doc, request, ret_stale);
	return r < 0 ? r : tree_ranges_set(&set->held, &request->lock, file);
}

static void settle(struct tfs_tree *tree, struct tfs_lock_request *request, int result, uint64_t stale)
	TFS_HOLDS(tree->lock)
{
	const struct tfs_tree_events *events = &tree->options.events;

	DL_DELETE(tree->lock_requests, request);
	request->set = NULL;
	if (events->lock_settled)
		events->lock_settled(events->context, request, result, stale);
}

/* Called after a release: gives the path to those who wait, in their order. */
static void retry_waiting(struct tfs_tree *tree, struct lock_set *set) TFS_HOLDS(tree->lock)
{
	struct tfs_lock_request *request, *next;
	uint64_t stale;
	int r;

	DL_FOREACH_SAFE(tree->lock_requests, request, next)
	{
		r = request->set == set ? grant(set, request, &stale) : -EAGAIN;
		if (r != -EAGAIN)
			settle(tree, request, r, stale);
	}
}

static void release(struct tfs_tree *tree, struct lock_set *set, const struct tfs_file *file, struct tfs_file_lock lock)
	TFS_HOLDS(tree->lock)
{
	lock.type = F_UNLCK;
	if (tree_ranges_set(&set->held, &lock, file) == 0)
		retry_waiting(tree, set);
}

/* Whether an owner in the way waits, directly or through others, for the one who asks. */
static bool would_deadlock(const struct tfs_tree *tree, const struct lock_set *set, const struct tfs_file_lock *lock)
	TFS_HOLDS(tree->lock)
{
	const struct tfs_file_lock *holder = tree_ranges_conflict(set->held, lock);
	const struct tfs_lock_request *request;

	for (int i = 0; holder && i < CYCLE_MAX; i++) {
		if (holder->owner == lock->owner)
			return true;
		DL_FOREACH(tree->lock_requests, request)
		if (!request->lock.whole && request->lock.owner == holder->owner)
			break;
		holder = request ? tree_ranges_conflict(request->set->held, &request->lock) : NULL;
	}
	return false;
}

static int wait_or_refuse(struct tfs_tree *tree, struct lock_set *set, struct tfs_lock_request *request, bool wait)
	TFS_HOLDS(tree->lock)
{
	/* flock that changes its lock gives the old one up before it waits, and when it fails. */
	if (request->lock.whole)
		release(tree, set, request->file, request->lock);
	if (!wait)
		return -EAGAIN;
	if (request->cancelled)
		return -EINTR;
	if (!request->lock.whole && would_deadlock(tree, set, &request->lock))
		return -EDEADLK;
	request->set = set;
	DL_APPEND(tree->lock_requests, request);
	return TFS_LOCK_WAITS;
}

/* The version in the cache. A set that is new has not followed the document yet. */
static struct tfs_doc *present_version(struct tfs_file *file)
{
	const struct tfs_node *node = file->node;
	char object[NAME_ROOM];

	if (node->ops->kind != KIND_DOCUMENT)
		return NULL;
	tree_object_name(node_name(node), node->what, object);
	return tree_cached_doc(file->tree, node->resource, object);
}

int tfs_lock_ask(struct tfs_file *file, struct tfs_lock_request *request, bool wait, uint64_t *ret_stale)
{
	struct tfs_tree *tree = file->tree;
	struct tfs_doc *doc cleanup_doc = present_version(file);
	struct lock_set *set;
	int r = -ENOLCK;

	request->file = file;
	tree_lock(tree);
	file->locks = true;
	set = set_of(file);
	if (!set)
		set = make_set(tree, file->node);
	if (set) {
		if (doc)
			see(set, doc);
		r = grant(set, request, ret_stale);
	}
	if (r == -EAGAIN)
		r = wait_or_refuse(tree, set, request, wait);
	tree_unlock(tree);
	return r;
}

void tfs_lock_cancel(struct tfs_tree *tree, struct tfs_lock_request *request)
{
	tree_lock(tree);
	request->cancelled = true;
	if (request->set)
		settle(tree, request, -EINTR, 0);
	tree_unlock(tree);
}

void tfs_lock_release(struct tfs_file *file, const struct tfs_file_lock *lock)
{
	struct lock_set *set;

	tree_lock(file->tree);
	set = set_of(file);
	if (set)
		release(file->tree, set, file, *lock);
	tree_unlock(file->tree);
}

void tfs_lock_release_owner(struct tfs_file *file, uint64_t owner)
{
	const struct tfs_file_lock all = { .last = UINT64_MAX, .owner = owner };
	struct lock_set *set;

	tree_lock(file->tree);
	set = set_of(file);
	if (set && set->held)
		release(file->tree, set, file, all);
	tree_unlock(file->tree);
}

void tfs_lock_test(struct tfs_file *file, struct tfs_file_lock *lock)
{
	const struct tfs_file_lock *holder = NULL;
	const struct lock_set *set;

	tree_lock(file->tree);
	set = set_of(file);
	if (set)
		holder = tree_ranges_conflict(set->held, lock);
	if (holder)
		*lock = *holder;
	else
		lock->type = F_UNLCK;
	tree_unlock(file->tree);
}

void tfs_lock_end_all(struct tfs_tree *tree)
{
	struct tfs_lock_request *request, *next;

	tree_lock(tree);
	DL_FOREACH_SAFE(tree->lock_requests, request, next)
	settle(tree, request, -EIO, 0);
	tree_unlock(tree);
}

bool tree_locks_used(struct tfs_tree *tree, const struct tfs_node *node)
{
	return find_set(tree, node_parent(node), node_name(node));
}

bool tree_lock_awaited(struct tfs_tree *tree, const struct tfs_file *file)
{
	const struct lock_set *set =
		file->locks ? find_set(tree, node_parent(file->node), node_name(file->node)) : NULL;

	return file->locks && !(set && tree_ranges_held_by(set->held, file));
}

void tree_locks_follow(struct tfs_tree *tree, const struct tfs_node *dir, const char *name, struct tfs_doc *doc)
{
	struct lock_set *set = find_set(tree, dir, name);

	if (set)
		see(set, doc);
}

void tree_locks_release(struct tfs_tree *tree, const struct tfs_file *file)
{
	struct lock_set *set = set_of(file);

	if (set && tree_ranges_drop_file(&set->held, file))
		retry_waiting(tree, set);
}

void tree_locks_free(struct tfs_tree *tree)
{
	while (tree->lock_sets)
		set_free(tree, tree->lock_sets);
}
