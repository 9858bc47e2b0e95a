/* The order of a plan: what is named must be there before it is named, and is no more named when it goes. */
#include "order.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/cleanup.h"

static const char BELOW[] = ".d", ENDING[] = ".json";

static bool is_document(const struct place *place)
{
	return place->type == PLACE_SET || place->type == PLACE_DOC;
}

/* `path` is cut at its slashes. Forms are few and told apart by their endings: the first that leads on is it. */
static const struct place *find_place(const struct place *at, char *path)
{
	char *rest = strchr(path, '/');
	const struct place *place = NULL, *found = NULL;

	if (rest != NULL)
		*rest++ = '\0';
	do {
		cleanup_free char *object = NULL;

		place = place_match(at, place, path, &object);
		if (place == NULL || is_document(place) != (rest == NULL))
			continue;
		found = rest == NULL ? place : find_place(place, rest);
	} while (place != NULL && found == NULL);
	if (rest != NULL)
		rest[-1] = '/';
	return found;
}

const struct place *order_place(const struct place *root, const char *path)
{
	cleanup_free char *copy = strdup(path);

	return copy != NULL ? find_place(root, copy) : NULL;
}

static bool is_action(const json_t *item, const char *action)
{
	const char *text = tfs_json_text(item, "action");

	return text != NULL && strcmp(text, action) == 0;
}

/* Whether `path` stands below the object at `above`: "X.d/…" of "X.json". */
static bool is_below(const char *path, const char *above)
{
	size_t len = strlen(above), ending = sizeof(ENDING) - 1, below = sizeof(BELOW) - 1;

	if (len <= ending || strcmp(above + len - ending, ENDING) != 0)
		return false;
	len -= ending;
	return strncmp(path, above, len) == 0 && strncmp(path + len, BELOW, below) == 0 && path[len + below] == '/';
}

static bool goes_with_another(const json_t *plan, const json_t *item)
{
	const json_t *other;
	size_t i;

	if (!is_action(item, "remove"))
		return false;
	json_array_foreach(plan, i, other)
	{
		if (is_action(other, "remove") && !json_is_true(json_object_get(other, "beyond")) &&
		    is_below(tfs_json_text(item, "path"), tfs_json_text(other, "path")))
			return true;
	}
	return false;
}

/* A path, and whether it stands in one of the directories. */
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

bool order_makes_above(const json_t *plan, const char *path)
{
	const json_t *item;
	size_t i;

	json_array_foreach(plan, i, item)
	{
		bool above = false;

		if (!is_action(item, "create") || json_is_true(json_object_get(item, "beyond")))
			continue;
		tfs_kind_below(tfs_json_text(item, "path"), note_above, &(struct above){ path, &above });
		if (above)
			return true;
	}
	return false;
}

struct place_in_order {
	json_t *item; /* counted */
	int phase;
	json_int_t rank;
	size_t index;
};

static int compare(const void *a, const void *b)
{
	const struct place_in_order *one = a, *other = b;

	if (one->phase != other->phase)
		return one->phase - other->phase;
	if (one->rank != other->rank)
		return one->rank < other->rank ? -1 : 1;
	return one->index < other->index ? -1 : one->index > other->index;
}

int order_plan(json_t *plan)
{
	cleanup_free struct place_in_order *all = calloc(json_array_size(plan) + 1, sizeof(*all));
	size_t count = 0, i;
	json_t *item;
	int r = 0;

	if (all == NULL)
		return -ENOMEM;
	json_array_foreach(plan, i, item)
	{
		json_int_t rank = json_integer_value(json_object_get(item, "rank"));
		bool removed = is_action(item, "remove"), early = json_object_get(item, "early") != NULL;

		if (goes_with_another(plan, item))
			continue;
		all[count] = (struct place_in_order){ .item = json_incref(item),
						      .phase = is_action(item, "create") || early ? 0 :
							       removed		    ? 2 :
										      1,
						      .rank = removed ? -rank : rank,
						      .index = count };
		count++;
	}
	qsort(all, count, sizeof(*all), compare);
	json_array_clear(plan);
	for (i = 0; i < count; i++) {
		json_object_del(all[i].item, "rank");
		json_object_del(all[i].item, "early");
		if (json_array_append_new(plan, all[i].item) < 0)
			r = -ENOMEM;
	}
	return r;
}
