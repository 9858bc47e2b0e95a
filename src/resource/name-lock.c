/* One at a time works on an object: saves must not undo each other, and one look-up serves all who ask. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "name-lock.h"

/* One who waits; lives on its stack. All but `done` protected by slots->lock. */
struct waiting {
	struct waiting *next;
	struct tfs_op *op;
	atomic_bool done;
};

struct slot {
	struct slot *next;
	struct waiting *waiting; /* in order of arrival; whoever leaves hands the slot to the first */
	char name[];
};

/* slots->lock is held. */
static struct slot **find_slot(struct slots *slots, const char *name)
{
	struct slot **at = &slots->held;

	while (*at != NULL && strcmp((*at)->name, name) != 0)
		at = &(*at)->next;
	return at;
}

/* slots->lock is held. */
static int take_slot(struct slots *slots, const char *name)
{
	struct slot *slot = calloc(1, sizeof(*slot) + strlen(name) + 1);

	if (slot == NULL)
		return -ENOMEM;
	memcpy(slot->name, name, strlen(name) + 1);
	slot->next = slots->held;
	slots->held = slot;
	return 0;
}

/* slots->lock is held. The slot lives as long as somebody waits for it. */
static void leave_queue(struct slot *slot, struct waiting *waiting)
{
	struct waiting **at = &slot->waiting;

	while (*at != NULL && *at != waiting)
		at = &(*at)->next;
	if (*at != NULL)
		*at = waiting->next;
}

/* slots->lock is held. */
static void hand_on(struct slots *slots, const char *name)
{
	struct slot **at = find_slot(slots, name), *slot = *at;
	struct waiting *first;

	if (slot == NULL)
		return;
	first = slot->waiting;
	if (first != NULL) {
		slot->waiting = first->next;
		tfs_op_signal(first->op, &first->done);
		return;
	}
	*at = slot->next;
	free(slot);
}

int slot_enter(struct slots *slots, struct tfs_op *op, const char *name)
{
	struct waiting waiting = { .op = op }, **at;
	struct slot *slot;
	int r = 0;

	pthread_mutex_lock(&slots->lock);
	slot = *find_slot(slots, name);
	if (slot == NULL) {
		r = take_slot(slots, name);
		pthread_mutex_unlock(&slots->lock);
		return r < 0 ? tfs_fail(op, r, "resource", "out of memory") : 0;
	}
	for (at = &slot->waiting; *at != NULL; at = &(*at)->next)
		;
	*at = &waiting;
	pthread_mutex_unlock(&slots->lock);
	r = tfs_op_wait(op, &waiting.done);
	if (r == 0)
		return 0;
	pthread_mutex_lock(&slots->lock);
	if (atomic_load(&waiting.done))
		hand_on(slots, name);
	else
		leave_queue(slot, &waiting);
	pthread_mutex_unlock(&slots->lock);
	return r;
}

void slot_leave(struct slots *slots, const char *name)
{
	pthread_mutex_lock(&slots->lock);
	hand_on(slots, name);
	pthread_mutex_unlock(&slots->lock);
}
