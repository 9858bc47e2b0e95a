/* Seeds access codes of invited users. */
#include <errno.h>
#include <stdio.h>

#include "seed-data.h"

static int put_code(const struct seed_place *place, const json_t *user, uint64_t *state)
{
	char code[SEED_UUID], created[SEED_TIME], link[128];

	sandbox_seed_uuid(state, code);
	sandbox_seed_time(state, created);
	snprintf(link, sizeof(link), "https://invite.example.com/redeem/%s", code);
	cleanup_json json_t *doc = json_pack(
		"{s:s, s:O, s:O, s:O, s:O, s:O, s:O, s:s, s:s, s:s, s:s}", "code", code, "uid",
		json_object_get(user, "uid"), "userId", json_object_get(user, "username"), "authModuleId",
		json_object_get(user, "moduleId"), "emailTo", json_object_get(user, "email1"), "firstname",
		json_object_get(user, "firstname"), "lastname", json_object_get(user, "lastname"), "templateKeyPath",
		"invitation.email", "status", "pending", "link", link, "createdAt", created);
	return doc ? sandbox_store_put(place->store, place->community, "access-code", code, doc) : -ENOMEM;
}

int sandbox_seed_codes(const struct seed_place *place, const json_t *people)
{
	size_t index;
	json_t *user;
	int r = 0;

	json_array_foreach ((json_t *)people, index, user) {
		uint64_t state = sandbox_seed_state(place->seed, "access-code", index);
		if (r == 0)
			r = put_code(place, user, &state);
	}
	return r;
}
