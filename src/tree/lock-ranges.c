/* The locks held on one path: conflicts, overlaps, release. */
#include "lock-ranges.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

enum { LOCKS_MAX = 4096 }; /* on one path */

struct held_lock {
	struct held_lock *next;
	struct tfs_file_lock lock;
	const struct tfs_file *file; /* which the lock was set through */
};

static bool overlap(const struct tfs_file_lock *a, const struct tfs_file_lock *b)
{
	return a->whole == b->whole && a->first <= b->last && b->first <= a->last;
}

const struct tfs_file_lock *tree_ranges_conflict(const struct held_lock *locks, const struct tfs_file_lock *lock)
{
	for (; locks; locks = locks->next)
		if (locks->lock.owner != lock->owner && overlap(&locks->lock, lock) &&
		    (locks->lock.type == F_WRLCK || lock->type == F_WRLCK))
			return &locks->lock;
	return NULL;
}

static void add(struct held_lock **locks, struct held_lock *held)
{
	held->next = *locks;
	*locks = held;
}

/* Takes `lock` out of an older one: what is left before it and after it stays. Uses `spare` if both are left. */
static void cut(struct held_lock **at, const struct tfs_file_lock *lock, struct held_lock **spare)
{
	struct held_lock *held = *at, *rest = *spare;
	bool before = held->lock.first<lock->first, after = held->lock.last> lock->last;

	if (before && after) {
		*spare = NULL;
		rest->lock = held->lock;
		rest->file = held->file;
		rest->lock.first = lock->last + 1;
		held->lock.last = lock->first - 1;
		add(&held->next, rest);
	} else if (before) {
		held->lock.last = lock->first - 1;
	} else if (after) {
		held->lock.first = lock->last + 1;
	} else {
		*at = held->next;
		free(held);
	}
}

static unsigned count(const struct held_lock *locks)
{
	unsigned n = 0;

	for (; locks; locks = locks->next)
		n++;
	return n;
}

int tree_ranges_set(struct held_lock **locks, const struct tfs_file_lock *lock, const struct tfs_file *file)
{
	struct held_lock *spare = calloc(1, sizeof(*spare)), *new = calloc(1, sizeof(*new)), *held;

	if (!spare || !new || (lock->type != F_UNLCK && count(*locks) >= LOCKS_MAX)) {
		free(spare);
		free(new);
		return -ENOLCK;
	}
	for (struct held_lock **at = locks; (held = *at);) {
		if (held->lock.owner == lock->owner && overlap(&held->lock, lock))
			cut(at, lock, &spare);
		if (*at == held)
			at = &held->next;
	}
	free(spare);
	if (lock->type == F_UNLCK) {
		free(new);
		return 0;
	}
	new->lock = *lock;
	new->file = file;
	add(locks, new);
	return 0;
}

bool tree_ranges_held_by(const struct held_lock *locks, const struct tfs_file *file)
{
	while (locks && locks->file != file)
		locks = locks->next;
	return locks;
}

bool tree_ranges_drop_file(struct held_lock **locks, const struct tfs_file *file)
{
	bool dropped = false;

	for (struct held_lock **at = locks, *held; (held = *at);) {
		if (held->file != file) {
			at = &held->next;
			continue;
		}
		*at = held->next;
		free(held);
		dropped = true;
	}
	return dropped;
}

void tree_ranges_free(struct held_lock *locks)
{
	while (locks) {
		struct held_lock *next = locks->next;

		free(locks);
		locks = next;
	}
}
