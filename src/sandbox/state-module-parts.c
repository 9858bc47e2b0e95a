/* What belongs to an auth module: password policy, connection, script, user attributes, brokers. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "record.h"
#include "routes-config.h"

enum { KIND_TEXT = 64 };

/* A module's things are kept as a kind of their own. */
static const char *kind_of(const char *what, const char *module, char out[KIND_TEXT])
{
	snprintf(out, KIND_TEXT, "%s:%.40s", what, module);
	return out;
}

int serve_module_script(struct call *call)
{
	json_t *module = NULL;
	int r = record_module(call, call_param(call, "moduleId"), &module);

	/* What the body is, the document leaves open; that there is one, too. */
	if (r == 0 && call->body == NULL)
		call->body = json_object();
	if (r == 0 && call->body == NULL)
		r = -ENOMEM;
	if (r == 0)
		r = store_put(call->box->store, call->community->id, "module-script",
			      call_param(call, "moduleId"), call->body);
	if (r == 0)
		return call_answer(call, module);
	json_decref(module);
	return r;
}

static bool rule_holds(const json_t *rules, const char *name)
{
	return json_is_true(json_object_get(rules, name));
}

/* The module's own policy has a switch for each rule; users are told the rules that hold. */
int serve_password_policy(struct call *call)
{
	cleanup_json json_t *module = NULL;
	int r = record_module(call, call_text(call, "moduleId"), &module);

	if (r < 0)
		return r;
	const json_t *policy = tfs_json_at(module, "/config/passwordPolicy");
	const json_t *rules = json_object_get(policy, "rules");
	const char *about = tfs_json_text(policy, "description");
	if (!rules)
		return call_refuse(call, 404, "moduleId", "the auth module has no password policy");
	json_t *min = json_object_get(rules, "min");
	json_t *row = json_object_get(rules, "allowInRow");
	return call_answer(call, json_pack("{s:{s:O?, s:b, s:b, s:b, s:b, s:O?}, s:[s]}", "rules", "min", min,
					   "special", rule_holds(rules, "min_special_enabled"), "number",
					   rule_holds(rules, "min_numbers_enabled"), "noUsername",
					   rule_holds(rules, "noUsername_enabled"), "noSpaces",
					   rule_holds(rules, "noSpaces_enabled"), "allowInRow", row,
					   "descriptions", about ? about : ""));
}

static int has_broker(struct call *call, const char *module, bool *ret)
{
	char kind[KIND_TEXT];
	cleanup_json json_t *brokers = NULL;
	size_t index;
	json_t *broker;
	int r = store_list(call->box->store, call->community->id, kind_of("broker", module, kind), &brokers);

	*ret = false;
	json_array_foreach(brokers, index, broker)
	{
		*ret = *ret || json_is_true(json_object_get(broker, "enabled"));
	}
	return r;
}

int serve_test_connection(struct call *call)
{
	cleanup_json json_t *module = NULL;
	bool reached = true;
	int r = record_module(call, call_text(call, "moduleId"), &module);

	/* Of the refusals the document has no 404 for this call. */
	if (call->refusal.status == 404)
		return call_refuse(call, 400, "moduleId", "\"moduleId\" is no auth module");
	const char *mode = tfs_json_text(module, "mode");
	if (r == 0 && mode && !strcmp(mode, "broker"))
		r = has_broker(call, call_text(call, "moduleId"), &reached);
	reached = reached && json_is_true(json_object_get(module, "enabled"));
	if (r == 0 && (json_object_set_new(module, "status", json_boolean(reached)) < 0 ||
		       json_object_set_new(module, "message",
					   json_string(reached ? "connection success" : "connection failed")) <
			       0))
		r = -ENOMEM;
	return r < 0 ? r : call_answer(call, steal_pointer(&module));
}

int serve_attributes(struct call *call)
{
	const char *id = tfs_json_text(call->query, "moduleId");
	char kind[KIND_TEXT];
	cleanup_json json_t *module = NULL;
	json_t *list = NULL;
	int r = record_module(call, id, &module);

	if (r == 0)
		r = store_list(call->box->store, call->community->id, kind_of("attribute", id, kind), &list);
	return r < 0 ? r : call_answer(call, list);
}

/* Whether another of the module's attributes has the name. */
static int attribute_taken(struct call *call, const char *kind, const char *name, const char *id, bool *ret)
{
	cleanup_json json_t *list = NULL;
	size_t index;
	json_t *other;
	int r = store_list(call->box->store, call->community->id, kind, &list);

	*ret = false;
	json_array_foreach(list, index, other)
	{
		if (!strcmp(tfs_json_text(other, "name"), name) &&
		    (!id || strcmp(tfs_json_text(other, "_id"), id)))
			*ret = true;
	}
	return r;
}

/* What one attribute of the call became stands in `created` or in `errors`. */
static int create_attribute(struct call *call, const char *kind, const json_t *wanted, json_t *created,
			    json_t *errors)
{
	const char *name = tfs_json_text(wanted, "name");
	char id[RECORD_ID];
	bool taken = false;
	int r = attribute_taken(call, kind, name, NULL, &taken);

	if (r == 0)
		r = record_id(id);
	if (r < 0)
		return r;
	if (taken || !*name) {
		json_t *why = json_pack("{s:s, s:s}", "name", name, "message",
					taken ? "an attribute of this name exists"
					      : "\"name\" is not allowed to be empty");
		return why && json_array_append_new(errors, why) == 0 ? 0 : -ENOMEM;
	}
	json_t *made = json_pack("{s:s, s:s, s:s, s:s}", "_id", id, "name", name, "attribute",
				 tfs_json_text(wanted, "attribute"), "moduleId", call_text(call, "moduleId"));
	if (!made || json_array_append_new(created, made) < 0)
		return -ENOMEM;
	return store_put(call->box->store, call->community->id, kind, id, made);
}

int serve_attributes_create(struct call *call)
{
	const char *id = call_text(call, "moduleId");
	char kind[KIND_TEXT];
	cleanup_json json_t *module = NULL;
	cleanup_json json_t *created = json_array();
	cleanup_json json_t *errors = json_array();
	size_t index;
	json_t *wanted;
	int r = created && errors ? record_module(call, id, &module) : -ENOMEM;

	if (call->refusal.status == 404)
		return call_refuse(call, 400, "moduleId", "\"moduleId\" is no auth module");
	json_array_foreach(call_member(call, "attributes"), index, wanted)
	{
		if (r == 0)
			r = create_attribute(call, kind_of("attribute", id, kind), wanted, created, errors);
	}
	if (r == 0 && json_array_size(created))
		call->event = "E_DIRECTORY_ATTRIBUTE_ADDED";
	return r < 0 ? r : call_answer(call, json_pack("{s:O, s:O}", "created", created, "errors", errors));
}

/* A thing of the module the body names; a refusal of 404 when there is none. `*ret` is yours. */
static int find_part(struct call *call, const char *kind, const char *key, const char *what, json_t **ret)
{
	cleanup_json json_t *module = NULL;
	int r = record_module(call, call_text(call, "moduleId"), &module);

	if (r == 0)
		r = key ? store_get(call->box->store, call->community->id, kind, key, ret) : -ENOENT;
	return r == -ENOENT ? call_refuse(call, 404, what, "%s not found", what) : r;
}

int serve_attribute_change(struct call *call)
{
	static const char *const members[] = { "name", "attribute", NULL };
	const char *id = call_param(call, "attributeId");
	const char *name = call_text(call, "name");
	const char *module = call_text(call, "moduleId");
	char kind[KIND_TEXT];
	bool taken = false;
	cleanup_json json_t *attribute = NULL;

	kind_of("attribute", module ? module : "", kind);
	int r = find_part(call, kind, id, "attribute", &attribute);
	if (r == 0 && name)
		r = attribute_taken(call, kind, name, id, &taken);
	if (taken)
		return call_refuse(call, 400, "name", "an attribute of this name exists");
	if (r == 0)
		r = record_take(call, attribute, members);
	if (r == 0)
		r = store_put(call->box->store, call->community->id, kind, id, attribute);
	return r < 0 ? r : call_answer(call, steal_pointer(&attribute));
}

static int remove_part(struct call *call, const char *what, const char *key)
{
	const char *module = call_text(call, "moduleId");
	char kind[KIND_TEXT];
	cleanup_json json_t *part = NULL;

	kind_of(what, module ? module : "", kind);
	int r = find_part(call, kind, key, what, &part);
	if (r == 0)
		r = store_remove(call->box->store, call->community->id, kind, key);
	return r < 0 ? r : call_done(call);
}

int serve_attribute_remove(struct call *call)
{
	return remove_part(call, "attribute", call_param(call, "attributeId"));
}

int serve_brokers(struct call *call)
{
	const char *id = call_text(call, "moduleId");
	char kind[KIND_TEXT];
	cleanup_json json_t *module = NULL;
	json_t *list = NULL;
	int r = record_module(call, id, &module);

	if (r == 0)
		r = store_list(call->box->store, call->community->id, kind_of("broker", id, kind), &list);
	return r < 0 ? r : call_answer(call, list);
}

static int change_broker(struct call *call, const char *member, json_t *value)
{
	const char *uid = call_text(call, "uid");
	char kind[KIND_TEXT];
	cleanup_json json_t *broker = NULL;
	int r = find_part(call, kind_of("broker", call_text(call, "moduleId"), kind), uid, "broker", &broker);

	if (r == 0 && json_object_set(broker, member, value) < 0)
		r = -ENOMEM;
	json_decref(value);
	if (r == 0)
		r = store_put(call->box->store, call->community->id, kind, uid, broker);
	return r < 0 ? r : call_answer(call, steal_pointer(&broker));
}

int serve_broker_status(struct call *call)
{
	const char *enabled = call_text(call, "enabled");
	bool on = enabled && !strcmp(enabled, "true");

	if (!on && (!enabled || strcmp(enabled, "false")))
		return call_refuse(call, 400, "enabled", "\"enabled\" must be one of [true, false]");
	call->event = on ? "E_DIRECTORY_BROKER_ENABLED" : "E_DIRECTORY_BROKER_DISABLED";
	return change_broker(call, "enabled", json_boolean(on));
}

int serve_broker_rename(struct call *call)
{
	const char *name = call_text(call, "name");

	if (!name || !*name)
		return call_refuse(call, 400, "name", "\"name\" is not allowed to be empty");
	return change_broker(call, "name", json_string(name));
}

int serve_broker_remove(struct call *call)
{
	return remove_part(call, "broker", call_param(call, "uid"));
}
