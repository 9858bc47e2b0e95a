/* Auth modules: the sources of users. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "routes.h"

static int save_module(struct call *call, json_t *module)
{
	char now[RECORD_TIME];

	sandbox_record_now(now);
	if (json_object_set_new(module, "updatedAt", json_string(now)) < 0)
		return -ENOMEM;
	return sandbox_store_put(call->box->store, call->community->id, "module", tfs_json_text(module, "_id"), module);
}

int sandbox_serve_modules(struct call *call)
{
	json_t *list = NULL;
	int r = sandbox_store_list(call->box->store, call->community->id, "module", &list);

	return r < 0 ? r : sandbox_call_answer(call, json_pack("{s:o}", "modules", list));
}

int sandbox_serve_module(struct call *call)
{
	json_t *module = NULL;
	int r = sandbox_record_module(call, sandbox_call_param(call, "moduleId"), &module);

	return r < 0 ? r : sandbox_call_answer(call, module);
}

/* -EINVAL with a refusal of 409 when another module has the name. */
static int check_name_free(struct call *call, const char *name, const char *id)
{
	cleanup_json json_t *list = NULL;
	size_t index;
	json_t *module;
	int r = sandbox_store_list(call->box->store, call->community->id, "module", &list);

	json_array_foreach (list, index, module) {
		const char *other = tfs_json_text(module, "name");
		const char *other_id = tfs_json_text(module, "_id");
		if (other && !strcmp(other, name) && (!id || strcmp(other_id, id)))
			return call_refuse(call, 409, "name", "an auth module named \"%.200s\" exists", name);
	}
	return r;
}

static int check_name(struct call *call, const char *id)
{
	const char *name = sandbox_call_text(call, "name");

	if (!name || !*name)
		return call_refuse(call, 400, "name", "\"name\" is not allowed to be empty");
	return check_name_free(call, name, id);
}

int sandbox_serve_module_create(struct call *call)
{
	static const char *const members[] = { "type",   "subtype",         "method",
					       "name",   "enabled",         "mode",
					       "config", "kerberos_config", "enhanced_security_on",
					       NULL };
	char id[RECORD_ID];
	const char *type = sandbox_call_text(call, "type");
	int r = check_name(call, NULL);

	if (r == 0 && !type)
		r = call_refuse(call, 400, "type", "\"type\" is required");
	if (r == 0)
		r = sandbox_record_id(id);
	if (r < 0)
		return r;
	bool db = !strcmp(type, "db");
	json_t *module = json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:{}}", "_id", id, "communityId",
				   call->community->id, "type", type, "subtype", db ? "datastore" : "directory",
				   "method", "authn", "enabled", 1, "mode", "direct", "config");
	if (!module)
		return -ENOMEM;
	r = sandbox_record_take(call, module, members);
	if (r == 0)
		r = save_module(call, module);
	if (r == 0)
		return sandbox_call_answer(call, module);
	json_decref(module);
	return r;
}

/* The document does not say whether a change keeps the members of `config` that it does not name. */
static int set_config(const struct call *call, json_t *module)
{
	json_t *config = sandbox_call_member(call, "config");
	json_t *own = json_object_get(module, "config");

	if (!json_is_object(config))
		return 0;
	if (!json_is_object(own) || sandbox_call_is_strict(call))
		return json_object_set(module, "config", config) < 0 ? -ENOMEM : 0;
	return json_object_update(own, config) < 0 ? -ENOMEM : 0;
}

int sandbox_serve_module_change(struct call *call)
{
	static const char *const members[] = { "name", "enabled", "kerberos_config", "enhanced_security_on", NULL };
	json_t *module = NULL;
	const char *id = sandbox_call_param(call, "moduleId");
	int r = sandbox_record_module(call, id, &module);

	if (r < 0)
		return r;
	if (sandbox_call_member(call, "name"))
		r = check_name(call, id);
	if (r == 0)
		r = sandbox_record_take(call, module, members);
	if (r == 0)
		r = set_config(call, module);
	if (r == 0)
		r = save_module(call, module);
	if (r == 0)
		return sandbox_call_answer(call, module);
	json_decref(module);
	return r;
}

int sandbox_serve_module_remove(struct call *call)
{
	cleanup_json json_t *module = NULL;
	const char *id = sandbox_call_param(call, "moduleId");
	long long users = 0;
	int r = sandbox_record_module(call, id, &module);

	if (r < 0)
		return r;
	if (json_is_true(json_object_get(module, "isInternal")))
		return call_refuse(call, 400, "moduleId", "the internal user store cannot be deleted");
	r = sandbox_store_user_count(call->box->store, id, &users);
	if (r == 0 && users)
		return call_refuse(call, 400, "moduleId", "the auth module still has %lld users", users);
	if (r == 0)
		r = sandbox_store_remove(call->box->store, call->community->id, "module", id);
	return r < 0 ? r : sandbox_call_done(call);
}

/* The default scheme stores module ids; the answer has the modules' details. */
static int scheme_modules(struct call *call, json_t *scheme)
{
	json_t *list = json_array();
	size_t index;
	json_t *id;

	if (!list || json_object_set_new(scheme, "modules", list) < 0)
		return -ENOMEM;
	json_array_foreach (sandbox_call_member(call, "modules"), index, id) {
		cleanup_json json_t *module = NULL;
		int r = sandbox_record_module(call, json_string_value(id), &module);
		if (r < 0)
			return r;
		json_t *shown = json_pack("{s:O, s:O, s:O, s:O, s:O, s:s}", "_id", id, "id", id, "type",
					  json_object_get(module, "type"), "method", json_object_get(module, "method"),
					  "name", json_object_get(module, "name"), "criteria", "");
		if (!shown || json_array_append_new(list, shown) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* The first database module is repeated outside the list. */
static int scheme_database(json_t *scheme)
{
	size_t index;
	json_t *module;

	json_object_del(scheme, "dbModule");
	json_array_foreach (json_object_get(scheme, "modules"), index, module) {
		if (!strcmp(tfs_json_text(module, "type"), "db"))
			return json_object_set_new(scheme, "dbModule", json_deep_copy(module)) < 0 ? -ENOMEM : 0;
	}
	return 0;
}

int sandbox_serve_auth_scheme(struct call *call)
{
	json_t *scheme = NULL;
	int r = sandbox_store_get(call->box->store, call->community->id, "auth-scheme", "", &scheme);

	if (r == -ENOENT)
		r = call_refuse(call, 404, NULL, "the community has no auth scheme");
	if (r == 0 && sandbox_call_member(call, "modules"))
		r = scheme_modules(call, scheme);
	if (r == 0)
		r = scheme_database(scheme);
	if (r == 0)
		r = sandbox_store_put(call->box->store, call->community->id, "auth-scheme", "", scheme);
	if (r == 0)
		return sandbox_call_answer(call, scheme);
	json_decref(scheme);
	return r;
}
