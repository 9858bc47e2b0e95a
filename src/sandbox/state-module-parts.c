/*
 * Parts of an auth module that are no collection: password policy, connection test, script; creation of
 * several attributes.
 */
#include <errno.h>
#include <string.h>

#include "collection.h"
#include "record.h"
#include "routes-config.h"

int sandbox_serve_module_script(struct call *call)
{
	json_t *module = NULL;
	int r = sandbox_record_module(call, sandbox_call_param(call, "moduleId"), &module);

	/* The document leaves the body open, and makes it optional. */
	if (r == 0 && !call->body)
		call->body = json_object();
	if (r == 0 && !call->body)
		r = -ENOMEM;
	if (r == 0)
		r = sandbox_store_put(call->box->store, call->community->id, "module-script",
				      sandbox_call_param(call, "moduleId"), call->body);
	if (r == 0)
		return sandbox_call_answer(call, module);
	json_decref(module);
	return r;
}

static bool rule_holds(const json_t *rules, const char *name)
{
	return json_is_true(json_object_get(rules, name));
}

/* The module's policy has a switch for each rule; the answer has the rules that are on. */
int sandbox_serve_password_policy(struct call *call)
{
	cleanup_json json_t *module = NULL;
	int r = sandbox_record_module(call, sandbox_call_text(call, "moduleId"), &module);

	if (r < 0)
		return r;
	const json_t *policy = tfs_json_at(module, "/config/passwordPolicy");
	const json_t *rules = json_object_get(policy, "rules");
	const char *about = tfs_json_text(policy, "description");
	if (!rules)
		return call_refuse(call, 404, "moduleId", "the auth module has no password policy");
	json_t *min = json_object_get(rules, "min");
	json_t *row = json_object_get(rules, "allowInRow");
	return sandbox_call_answer(call, json_pack("{s:{s:O?, s:b, s:b, s:b, s:b, s:O?}, s:[s]}", "rules", "min", min,
						   "special", rule_holds(rules, "min_special_enabled"), "number",
						   rule_holds(rules, "min_numbers_enabled"), "noUsername",
						   rule_holds(rules, "noUsername_enabled"), "noSpaces",
						   rule_holds(rules, "noSpaces_enabled"), "allowInRow", row,
						   "descriptions", about ? about : ""));
}

static int has_broker(struct call *call, const char *module, bool *ret)
{
	cleanup_json json_t *brokers = NULL;
	size_t index;
	json_t *broker;
	int r = sandbox_store_list(call->box->store, call->community->id, "broker", &brokers);

	*ret = false;
	json_array_foreach (brokers, index, broker) {
		if (!strcmp(tfs_json_text(broker, "moduleId"), module) &&
		    json_is_true(json_object_get(broker, "enabled")))
			*ret = true;
	}
	return r;
}

int sandbox_serve_test_connection(struct call *call)
{
	cleanup_json json_t *module = NULL;
	bool reached = true;
	int r = sandbox_record_module(call, sandbox_call_text(call, "moduleId"), &module);

	/* The document has no 404 for this call. */
	if (call->refusal.status == 404)
		return call_refuse(call, 400, "moduleId", "\"moduleId\" is not an auth module");
	const char *mode = tfs_json_text(module, "mode");
	if (r == 0 && mode && !strcmp(mode, "broker"))
		r = has_broker(call, sandbox_call_text(call, "moduleId"), &reached);
	reached = reached && json_is_true(json_object_get(module, "enabled"));
	if (r == 0 && (json_object_set_new(module, "status", json_boolean(reached)) < 0 ||
		       json_object_set_new(module, "message",
					   json_string(reached ? "connection success" : "connection failed")) < 0))
		r = -ENOMEM;
	return r < 0 ? r : sandbox_call_answer(call, steal_pointer(&module));
}

/* Adds the outcome of one attribute to `created` or to `errors`. */
static int create_attribute(struct call *call, const json_t *wanted, json_t *created, json_t *errors)
{
	cleanup_json json_t *record =
		json_pack("{s:O, s:O, s:O}", "name", json_object_get(wanted, "name"), "attribute",
			  json_object_get(wanted, "attribute"), "moduleId", sandbox_call_member(call, "moduleId"));
	int r = sandbox_collection_add(call, call->collection, json_incref(record));

	if (r == 0)
		return json_array_append(created, record) < 0 ? -ENOMEM : 0;
	if (call->refusal.status == 0)
		return r;
	json_t *why =
		json_pack("{s:O, s:s}", "name", json_object_get(wanted, "name"), "message", call->refusal.message);
	call->refusal = (struct refusal){ 0 };
	return why && json_array_append_new(errors, why) == 0 ? 0 : -ENOMEM;
}

int sandbox_serve_attributes_create(struct call *call)
{
	cleanup_json json_t *module = NULL, *created = json_array(), *errors = json_array();
	size_t index;
	json_t *wanted;
	int r = created && errors ? sandbox_record_module(call, sandbox_call_text(call, "moduleId"), &module) : -ENOMEM;

	if (call->refusal.status == 404)
		return call_refuse(call, 400, "moduleId", "\"moduleId\" is not an auth module");
	json_array_foreach (sandbox_call_member(call, "attributes"), index, wanted) {
		if (r == 0)
			r = create_attribute(call, wanted, created, errors);
	}
	if (r == 0 && json_array_size(created))
		call->event = "E_DIRECTORY_ATTRIBUTE_ADDED";
	return r < 0 ? r : sandbox_call_answer(call, json_pack("{s:O, s:O}", "created", created, "errors", errors));
}
