/* Locks by name: saves of one object must not undo each other, and one look-up serves all who ask for it. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "name-lock.h"

/* A waiting thread; lives on its stack. All but `done` protected by locks->lock. */
struct waiting {
	struct waiting *next;
	struct tfs_op *op;
	atomic_bool done;
};

struct name_lock {
	struct name_lock *next;
	struct waiting *waiting; /* in order of arrival; whoever unlocks hands the lock to the first */
	char name[];
};

static struct name_lock **find_lock(struct name_locks *locks, const char *name) TFS_HOLDS(locks->lock)
{
	struct name_lock **at = &locks->held;

	while (*at && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	return at;
}

static int take_lock(struct name_locks *locks, const char *name) TFS_HOLDS(locks->lock)
{
	struct name_lock *entry = calloc(1, sizeof(*entry) + strlen(name) + 1);

	if (!entry)
		return -ENOMEM;
	memcpy(entry->name, name, strlen(name) + 1);
	entry->next = locks->held;
	locks->held = entry;
	return 0;
}

/* locks->lock is held. The entry lives as long as somebody waits for it. */
static void leave_queue(struct name_lock *entry, struct waiting *waiting)
{
	struct waiting **at = &entry->waiting;

	while (*at && *at != waiting)
		at = &(*at)->next;
	assert(*at == waiting);
	*at = waiting->next;
}

static void hand_on(struct name_locks *locks, const char *name) TFS_HOLDS(locks->lock)
{
	struct name_lock **at = find_lock(locks, name), *entry = *at;
	struct waiting *first;

	assert(entry);
	first = entry->waiting;
	if (first) {
		entry->waiting = first->next;
		tfs_op_signal(first->op, &first->done);
		return;
	}
	*at = entry->next;
	free(entry);
}

int resource_name_lock(struct name_locks *locks, struct tfs_op *op, const char *name)
{
	struct waiting waiting = { .op = op }, **at;
	struct name_lock *entry;
	int r = 0;

	tfs_mutex_lock(&locks->lock);
	entry = *find_lock(locks, name);
	if (!entry) {
		r = take_lock(locks, name);
		tfs_mutex_unlock(&locks->lock);
		return r < 0 ? tfs_fail_memory(op) : 0;
	}
	for (at = &entry->waiting; *at; at = &(*at)->next)
		;
	*at = &waiting;
	tfs_mutex_unlock(&locks->lock);
	r = tfs_op_wait(op, &waiting.done);
	if (r == 0)
		return 0;
	tfs_mutex_lock(&locks->lock);
	if (atomic_load(&waiting.done))
		hand_on(locks, name);
	else
		leave_queue(entry, &waiting);
	tfs_mutex_unlock(&locks->lock);
	return r;
}

void resource_name_unlock(struct name_locks *locks, const char *name)
{
	tfs_mutex_lock(&locks->lock);
	hand_on(locks, name);
	tfs_mutex_unlock(&locks->lock);
}
