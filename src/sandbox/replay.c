/*
 * Two generations of ids, each an open-addressed table of 16-byte ids. When the young generation is `seconds`
 * old it replaces the old one: an id is kept for one to two such periods, whatever the traffic.
 */
#include "replay.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/lock.h"

enum { FIRST_SLOTS = 1024, UUID_CHARS = 36 };

struct id {
	uint64_t high, low; /* both 0: free; no UUID of version 4 is zero */
};

struct generation {
	struct id *slots;
	size_t n_slots, used;
};

struct replay {
	struct tfs_mutex lock;
	struct generation young, old; /* protected by lock */
	time_t turned;                /* when the young generation began; protected by lock */
	time_t seconds;
	size_t max;
};

struct replay *sandbox_replay_new(unsigned seconds, size_t max)
{
	struct replay *replay = calloc(1, sizeof(*replay));

	if (!replay)
		return NULL;
	tfs_mutex_init(&replay->lock);
	replay->seconds = (time_t)seconds;
	replay->max = max;
	return replay;
}

void sandbox_replay_free(struct replay *replay)
{
	if (!replay)
		return;
	free(replay->young.slots);
	free(replay->old.slots);
	tfs_mutex_destroy(&replay->lock);
	free(replay);
}

static int nibble(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

static int read_uuid(const char *text, struct id *ret)
{
	uint64_t halves[2] = { 0, 0 };
	int digits = 0;

	if (strlen(text) != UUID_CHARS)
		return -EINVAL;
	for (int i = 0; i < UUID_CHARS; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash != (text[i] == '-') || (!dash && !isxdigit((unsigned char)text[i])))
			return -EINVAL;
		if (!dash) {
			halves[digits / 16] = halves[digits / 16] << 4 | (uint64_t)nibble(text[i]);
			digits++;
		}
	}
	if (text[14] != '4' || !strchr("89abAB", text[19]))
		return -EINVAL;
	*ret = (struct id){ halves[0], halves[1] };
	return 0;
}

static size_t slot_of(const struct generation *generation, struct id id)
{
	size_t mask = generation->n_slots - 1;
	size_t i = (size_t)((id.high ^ id.low * 0x9e3779b97f4a7c15u) >> 7) & mask;

	while (generation->slots[i].high | generation->slots[i].low) {
		if (generation->slots[i].high == id.high && generation->slots[i].low == id.low)
			break;
		i = (i + 1) & mask;
	}
	return i;
}

static bool has(const struct generation *generation, struct id id)
{
	if (!generation->n_slots)
		return false;
	const struct id *slot = &generation->slots[slot_of(generation, id)];
	return slot->high == id.high && slot->low == id.low;
}

static int grow(struct generation *generation)
{
	struct generation wider = { .n_slots = generation->n_slots ? generation->n_slots * 2 : FIRST_SLOTS };

	wider.slots = calloc(wider.n_slots, sizeof(*wider.slots));
	if (!wider.slots)
		return -ENOMEM;
	for (size_t i = 0; i < generation->n_slots; i++) {
		struct id id = generation->slots[i];
		if (id.high | id.low)
			wider.slots[slot_of(&wider, id)] = id;
	}
	wider.used = generation->used;
	free(generation->slots);
	*generation = wider;
	return 0;
}

static int remember(struct replay *replay, struct id id)
{
	struct generation *young = &replay->young;

	if (young->used >= replay->max)
		return -EAGAIN;
	if (2 * (young->used + 1) > young->n_slots) {
		int r = grow(young);
		if (r < 0)
			return r;
	}
	young->slots[slot_of(young, id)] = id;
	young->used++;
	return 0;
}

static void turn(struct replay *replay, time_t now)
{
	if (now - replay->turned < replay->seconds)
		return;
	bool long_ago = now - replay->turned >= 2 * replay->seconds;
	free(replay->old.slots);
	replay->old = replay->young;
	if (long_ago) {
		free(replay->old.slots);
		replay->old = (struct generation){ 0 };
	}
	replay->young = (struct generation){ 0 };
	replay->turned = now;
}

int sandbox_replay_take(struct replay *replay, const char *uuid, time_t now)
{
	struct id id;
	int r = read_uuid(uuid, &id);

	if (r < 0)
		return r;
	tfs_mutex_lock(&replay->lock);
	turn(replay, now);
	r = has(&replay->young, id) || has(&replay->old, id) ? -EEXIST : remember(replay, id);
	tfs_mutex_unlock(&replay->lock);
	return r;
}
