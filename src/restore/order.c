/* The order of a plan: an object is created before others reference it, and removed after they no longer do. */
#include "order.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/catalogue.h"
#include "tenantfs/cleanup.h"

static const char BELOW[] = ".d", ENDING[] = ".json";

static bool is_action(const json_t *item, const char *action)
{
	const char *text = tfs_json_text(item, "action");

	return text && strcmp(text, action) == 0;
}

/* Whether `path` is below the object at `above`: "X.d/…" of "X.json". */
static bool is_below(const char *path, const char *above)
{
	size_t len = strlen(above), ending = sizeof(ENDING) - 1, below = sizeof(BELOW) - 1;

	if (len <= ending || strcmp(above + len - ending, ENDING) != 0)
		return false;
	len -= ending;
	return strncmp(path, above, len) == 0 && strncmp(path + len, BELOW, below) == 0 && path[len + below] == '/';
}

static bool is_removed_with_another(const json_t *items, const json_t *item)
{
	const json_t *other;
	size_t i;

	if (!is_action(item, "remove"))
		return false;
	json_array_foreach (items, i, other) {
		if (is_action(other, "remove") && !json_is_true(json_object_get(other, "beyond")) &&
		    is_below(tfs_json_text(item, "path"), tfs_json_text(other, "path")))
			return true;
	}
	return false;
}

/* A path, and whether it is in one of the directories. */
struct above {
	const char *path;
	bool *found;
};

static int note_above(void *context, const char *directory)
{
	const struct above *above = context;
	size_t len = strlen(directory);

	*above->found |= strncmp(above->path, directory, len) == 0 && above->path[len] == '/';
	return 0;
}

bool restore_order_creates_above(const json_t *items, const char *path)
{
	const json_t *item;
	size_t i;

	json_array_foreach (items, i, item) {
		bool above = false;

		if (!is_action(item, "create") || json_is_true(json_object_get(item, "beyond")))
			continue;
		tfs_kind_below(tfs_json_text(item, "path"), note_above, &(struct above){ path, &above });
		if (above)
			return true;
	}
	return false;
}

struct position {
	json_t *item; /* counted */
	int phase;
	json_int_t rank;
	size_t index;
};

static int compare(const void *a, const void *b)
{
	const struct position *one = a, *other = b;

	if (one->phase != other->phase)
		return one->phase - other->phase;
	if (one->rank != other->rank)
		return one->rank < other->rank ? -1 : 1;
	return one->index < other->index ? -1 : one->index > other->index;
}

json_int_t restore_order_lowest_created(const json_t *items)
{
	json_int_t lowest = INT32_MAX;
	const json_t *item;
	size_t i;

	json_array_foreach (items, i, item) {
		json_int_t rank = json_integer_value(json_object_get(item, "rank"));

		if (is_action(item, "create") && rank < lowest)
			lowest = rank;
	}
	return lowest;
}

int restore_order_items(json_t *items)
{
	cleanup_free struct position *all = calloc(json_array_size(items) + 1, sizeof(*all));
	size_t count = 0, i;
	json_t *item;
	int r = 0;

	if (!all)
		return -ENOMEM;
	json_array_foreach (items, i, item) {
		json_int_t rank = json_integer_value(json_object_get(item, "rank"));
		bool removed = is_action(item, "remove"), early = json_object_get(item, "early");

		if (is_removed_with_another(items, item))
			continue;
		all[count] = (struct position){ .item = json_incref(item),
						.phase = is_action(item, "create") || early ? 0
							 : removed                          ? 2
											    : 1,
						.rank = removed ? -rank : rank,
						.index = count };
		count++;
	}
	qsort(all, count, sizeof(*all), compare);
	json_array_clear(items);
	for (i = 0; i < count; i++) {
		json_object_del(all[i].item, "rank");
		json_object_del(all[i].item, "early");
		if (json_array_append_new(items, all[i].item) < 0)
			r = -ENOMEM;
	}
	return r;
}
