/* Loads and stores users. */
#include "users.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "record.h"

static int load_from(struct call *call, const char *module, const json_t *names, struct user_place *ret)
{
	const char *member = "uid";
	const json_t *value = json_object_get(names, "uid");

	if (!json_is_string(value)) {
		member = "username";
		value = json_object_get(names, "username");
	}
	if (!json_is_string(value))
		return call_refuse(call, 400, "user.uid", "\"user.uid\" is required");
	int r = sandbox_store_user_get(call->box->store, module, member, json_string_value(value),
				       json_string_length(value), &ret->user);
	if (r == 0)
		snprintf(ret->module, sizeof(ret->module), "%s", module);
	return r;
}

int sandbox_user_load(struct call *call, const char *module, const json_t *names, struct user_place *ret)
{
	cleanup_json json_t *known = NULL;
	int r = sandbox_record_module(call, module, &known);

	if (r == 0)
		r = load_from(call, module, names, ret);
	if (r < 0)
		return r == -ENOENT ? call_refuse(call, 404, "uid", "user not found") : r;
	const char *asked = tfs_json_text(names, "username");
	const char *found = tfs_json_text(ret->user, "username");
	if (asked && found && strcmp(asked, found)) {
		json_decref(ret->user);
		ret->user = NULL;
		return call_refuse(call, 404, "username", "user not found");
	}
	return 0;
}

/* The first module of the community with such a user. */
static int load_anywhere(struct call *call, const char *member, const json_t *value, struct user_place *ret)
{
	cleanup_json json_t *modules = NULL;
	cleanup_json json_t *names = json_pack("{s:O}", member, value);
	size_t index;
	json_t *module;
	int r = names ? sandbox_store_list(call->box->store, call->community->id, "module", &modules) : -ENOMEM;

	json_array_foreach (modules, index, module) {
		int found = load_from(call, tfs_json_text(module, "_id"), names, ret);
		if (found != -ENOENT)
			return found;
	}
	return r < 0 ? r : call_refuse(call, 404, member, "user not found");
}

int sandbox_user_load_named(struct call *call, const json_t *name, struct user_place *ret)
{
	return load_anywhere(call, "username", name, ret);
}

int sandbox_user_load_uid(struct call *call, const json_t *uid, struct user_place *ret)
{
	return load_anywhere(call, "uid", uid, ret);
}

int sandbox_user_save(struct call *call, const struct user_place *place)
{
	char now[RECORD_TIME];

	sandbox_record_now(now);
	if (json_object_set_new(place->user, "updatedAt", json_string(now)) < 0)
		return -ENOMEM;
	return sandbox_store_user_update(call->box->store, place->module, place->user);
}

int sandbox_user_check_role(struct call *call, const char *member, const char *role)
{
	cleanup_json json_t *known = NULL;
	int r = sandbox_store_get(call->box->store, call->community->id, "role", role, &known);

	return r == -ENOENT ? call_refuse(call, 400, member, "\"%s\" is not a role", member) : r;
}
