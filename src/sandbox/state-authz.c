/* Authorization of users: their roles, the permissions of the roles, identity assurance levels. */
#include <errno.h>
#include <string.h>

#include "record.h"
#include "routes.h"
#include "users.h"

static int load_role(struct call *call, const json_t *user, json_t **ret)
{
	const char *name = tfs_json_text(user, "roleValue");
	int r = name ? sandbox_store_get(call->box->store, call->community->id, "role", name, ret) : -ENOENT;

	if (r != -ENOENT)
		return r;
	*ret = json_pack("{s:s, s:[]}", "name", name ? name : "", "permissions");
	return *ret ? 0 : -ENOMEM;
}

int sandbox_serve_authorizations(struct call *call)
{
	struct user_place place = { 0 };
	const char *object = sandbox_call_text(call, "objectType");
	const char *subject = sandbox_call_text(call, "subjectType");
	cleanup_json json_t *role = NULL;

	if (strcmp(object, "user"))
		return call_refuse(call, 400, "objectType", "\"objectType\" must be [user]");
	if (strcmp(subject, "community"))
		return call_refuse(call, 400, "subjectType", "\"subjectType\" must be [community]");
	if (strcmp(sandbox_call_text(call, "subjectId"), call->community->id))
		return call_refuse(call, 400, "subjectId", "\"subjectId\" is not the community of the session");
	int r = sandbox_user_load_uid(call, sandbox_call_member(call, "objectId"), &place);
	if (r < 0)
		return r;
	cleanup_json json_t *user = place.user;
	r = load_role(call, user, &role);
	if (r < 0)
		return r;
	json_object_del(role, "id");
	json_object_del(role, "tenantId");
	json_object_del(role, "communityId");
	return sandbox_call_answer(call,
				   json_pack("[{s:O, s:s, s:s, s:s, s:O, s:O}]", "id", json_object_get(user, "_id"),
					     "subjectType", "community", "subjectId", call->community->id, "objectType",
					     "user", "objectId", json_object_get(user, "uid"), "role", role));
}

int sandbox_serve_permissions(struct call *call)
{
	struct user_place place = { 0 };
	cleanup_json json_t *role = NULL;
	cleanup_json json_t *list = json_array();
	size_t index;
	json_t *permission;
	int r = list ? sandbox_user_load(call, sandbox_call_text(call, "moduleId"), call->body, &place) : -ENOMEM;

	if (r < 0)
		return r;
	cleanup_json json_t *user = place.user;
	r = load_role(call, user, &role);
	json_array_foreach (json_object_get(role, "permissions"), index, permission) {
		if (json_array_append_new(list, json_pack("{s:O, s:O, s:O, s:s, s:s, s:s, s:s}", "_id",
							  json_object_get(user, "_id"), "permission", permission,
							  "objectId", json_object_get(user, "uid"), "objectType",
							  "user", "subjectId", call->community->id, "subjectType",
							  "community", "createdBy", "system")) < 0)
			r = -ENOMEM;
	}
	return r < 0 ? r : sandbox_call_answer(call, json_incref(list));
}

/* The caller need not be a user of any module of the community. */
int sandbox_serve_ial(struct call *call)
{
	struct user_place place = { 0 };
	cleanup_json json_t *name = json_string(sandbox_call_actor(call));
	int r = name ? sandbox_user_load_named(call, name, &place) : -ENOMEM;

	json_decref(place.user);
	return r < 0 ? r : sandbox_call_answer(call, json_pack("{s:s}", "ial", "IAL1"));
}
