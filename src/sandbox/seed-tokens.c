/* Seeds hardware tokens and their assignments. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "seed-data.h"
#include "session.h"
#include "tokens.h"

enum { MOST_HOLDERS = 3, SEED_HEX = 41 };

/* Serial numbers as printed by makers, and some that are awkward as file names or in tables. */
static const char *const serials[] = {
	"sr001",      "sr002", "SN-00042", "2601-7734-0001", "2601-7734-0002", "00 11 22",
	"C200/00731", "a,b",   "Ключ-7",   "say \"42\"",     "2601-7734-0003", "50%",
};
enum { N_SERIALS = sizeof(serials) / sizeof(*serials) };

static int put_token(const struct seed_place *place, unsigned number, const char *serial)
{
	uint64_t state = sandbox_seed_state(place->seed, "hardware-token", number);
	char id[SEED_ID], one[SEED_ID], two[SEED_ID], created[SEED_TIME], secret[SEED_HEX];

	sandbox_seed_id(&state, id);
	sandbox_seed_id(&state, one);
	sandbox_seed_id(&state, two);
	sandbox_seed_time(&state, created);
	snprintf(secret, sizeof(secret), "%s%.16s", one, two);
	cleanup_json json_t *token = json_pack(
		"{s:s, s:s, s:s, s:I, s:s, s:s, s:s, s:s, s:s}", "_id", id, "serialNumber", serial, "seed", secret,
		"counter", (json_int_t)sandbox_seed_below(&state, 500), "tenantId", place->tenant, "communityId",
		place->community, "createdBy", SESSION_LOGIN, "createdAt", created, "updatedAt", created);
	return token ? sandbox_store_put(place->store, place->community, TOKEN_KIND, serial, token) : -ENOMEM;
}

static int put_holder(const struct seed_place *place, const char *serial, const char *user, uint64_t *state)
{
	char assigned[SEED_TIME];
	cleanup_free char *key = NULL;

	sandbox_seed_time(state, assigned);
	if (asprintf(&key, "%zu:%s%s", strlen(serial), serial, user) < 0) {
		key = NULL;
		return -ENOMEM;
	}
	cleanup_json json_t *holder = json_pack("{s:s, s:s, s:s, s:s}", "username", user, "serialNumber", serial,
						"assignedBy", SESSION_LOGIN, "assignedAt", assigned);
	return holder ? sandbox_store_put(place->store, place->community, TOKEN_USER_KIND, key, holder) : -ENOMEM;
}

int sandbox_seed_tokens(const struct seed_place *place, const json_t *people, unsigned first, unsigned n)
{
	int r = 0;

	for (unsigned i = first; i < first + n && i < N_SERIALS && r == 0; i++) {
		uint64_t state = sandbox_seed_state(place->seed, "token-holder", i);
		size_t holders = sandbox_seed_below(&state, MOST_HOLDERS + 1);
		r = put_token(place, i, serials[i]);
		for (size_t k = 0; k < holders && json_array_size(people) && r == 0; k++) {
			size_t who = sandbox_seed_below(&state, json_array_size(people));
			r = put_holder(place, serials[i], tfs_json_text(json_array_get(people, who), "username"),
				       &state);
		}
	}
	return r;
}
