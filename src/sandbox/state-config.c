/* Configuration by key path: the platform's values, session attributes, message templates. */
#include <errno.h>
#include <string.h>

#include "record.h"
#include "routes-config.h"

/* The value at "a.b.c"; NULL. */
static json_t *at_key_path(const json_t *doc, const char *path)
{
	char name[128];

	while (doc && *path) {
		size_t len = strcspn(path, ".");
		if (len >= sizeof(name))
			return NULL;
		memcpy(name, path, len);
		name[len] = '\0';
		doc = json_object_get(doc, name);
		path += len + (path[len] == '.');
	}
	return (json_t *)doc;
}

/* `community` "": the platform's configuration. */
static int load(struct call *call, const char *community, const char *kind, json_t **ret)
{
	int r = sandbox_store_get(call->box->store, community, kind, "", ret);

	if (r != -ENOENT)
		return r;
	*ret = json_object();
	return *ret ? 0 : -ENOMEM;
}

int sandbox_serve_caas(struct call *call)
{
	cleanup_json json_t *doc = NULL;
	cleanup_json json_t *found = json_object();
	size_t index;
	json_t *path;
	int r = found ? load(call, "", "caas", &doc) : -ENOMEM;

	json_array_foreach (sandbox_call_member(call, "key_paths"), index, path) {
		json_t *value = at_key_path(doc, json_string_value(path));
		if (r == 0 && value && json_object_set(found, json_string_value(path), value) < 0)
			r = -ENOMEM;
	}
	return r < 0 ? r : sandbox_call_answer(call, steal_pointer(&found));
}

static bool asks_for(const struct call *call, const char *list, const char *path)
{
	size_t index;
	json_t *asked;

	json_array_foreach (sandbox_call_member(call, list), index, asked) {
		if (!strcmp(json_string_value(asked), path))
			return true;
	}
	return false;
}

int sandbox_serve_session_attributes(struct call *call)
{
	static const struct {
		const char *list, *path, *member;
	} parts[] = {
		{ "local_key_paths", "blockid_session_attributes", "custom" },
		{ "global_key_paths", "blockid_session_attributes", "baseline" },
		{ "global_key_paths", "blockid_ledger_attributes", "ledger" },
		{ "global_key_paths", "identity_attributes", "identity" },
	};
	cleanup_json json_t *local = NULL;
	cleanup_json json_t *global = NULL;
	cleanup_json json_t *shown = json_object();
	int r = shown ? load(call, call->community->id, "session-attributes", &local) : -ENOMEM;

	if (r == 0)
		r = load(call, "", "caas", &global);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts) && r == 0; i++) {
		json_t *value = json_object_get(i ? global : local, parts[i].path);
		if (asks_for(call, parts[i].list, parts[i].path) && value &&
		    json_object_set(shown, parts[i].member, value) < 0)
			r = -ENOMEM;
	}
	return r < 0 ? r : sandbox_call_answer(call, steal_pointer(&shown));
}

int sandbox_serve_session_attributes_set(struct call *call)
{
	json_t *data = sandbox_call_member(call, "data");
	cleanup_json json_t *doc = json_pack("{s:O}", "blockid_session_attributes", data);
	int r = doc ? sandbox_store_put(call->box->store, call->community->id, "session-attributes", "", doc) : -ENOMEM;

	return r < 0 ? r : sandbox_call_answer(call, json_deep_copy(data));
}

/* All templates are in one document, by purpose, channel and uuid. */

int sandbox_serve_templates(struct call *call)
{
	json_t *purposes = sandbox_call_member(call, "purposes");
	cleanup_json json_t *all = NULL;
	cleanup_json json_t *shown = json_object();
	size_t index;
	json_t *purpose;
	int r = shown ? load(call, call->community->id, "templates", &all) : -ENOMEM;

	if (r < 0)
		return r;
	if (!purposes)
		return sandbox_call_answer(call, steal_pointer(&all));
	json_array_foreach (purposes, index, purpose) {
		const char *name = json_string_value(purpose);
		json_t *value = json_object_get(all, name);
		if (value && json_object_set(shown, name, value) < 0)
			return -ENOMEM;
	}
	return sandbox_call_answer(call, steal_pointer(&shown));
}

static int refuse_template(struct call *call, const char *uuid, const char *what)
{
	return call_refuse(call, 400, "templateData", "\"templateData\": %.100s %s", uuid, what);
}

static int check_template(struct call *call, const char *channel, const char *uuid, const json_t *template)
{
	static const char *const known[] = { "name", "subject", "data", "isDefault", NULL };
	const char *member;
	json_t *value;

	if (!json_is_object(template))
		return refuse_template(call, uuid, "must be of type object");
	json_object_foreach ((json_t *)template, member, value) {
		size_t i = 0;
		while (known[i] && strcmp(known[i], member))
			i++;
		if (!known[i])
			return refuse_template(call, uuid, "has a member that is not allowed");
		if (strcmp(member, "isDefault") ? !json_is_string(value) : !json_is_boolean(value))
			return refuse_template(call, uuid, "has a member of a wrong type");
	}
	if (!json_string_length(json_object_get(template, "name")))
		return refuse_template(call, uuid, "needs a name");
	if (!json_object_get(template, "data"))
		return refuse_template(call, uuid, "needs data");
	if (!strcmp(channel, "sms") && json_object_get(template, "subject"))
		return refuse_template(call, uuid, "is a message, which has no subject");
	return 0;
}

/* The member object `name`, created if missing. */
static json_t *below(json_t *object, const char *name)
{
	json_t *found = json_object_get(object, name);

	if (!found && json_object_set_new(object, name, json_object()) == 0)
		found = json_object_get(object, name);
	return found;
}

static int set_channel(struct call *call, json_t *own, const char *channel, json_t *templates)
{
	const char *uuid;
	json_t *template;

	if (strcmp(channel, "email") && strcmp(channel, "sms"))
		return refuse_template(call, channel, "is no channel: email, sms");
	if (!json_is_object(templates))
		return refuse_template(call, channel, "must be of type object");
	json_object_foreach (templates, uuid, template) {
		int r = check_template(call, channel, uuid, template);
		if (r < 0)
			return r;
		if (json_object_set_new(own, uuid, json_deep_copy(template)) < 0)
			return -ENOMEM;
	}
	return 0;
}

int sandbox_serve_templates_set(struct call *call)
{
	cleanup_json json_t *all = NULL;
	const char *purpose, *channel;
	json_t *channels, *templates;
	int r = load(call, call->community->id, "templates", &all);

	json_object_foreach (sandbox_call_member(call, "templateData"), purpose, channels) {
		if (r == 0 && !json_is_object(channels))
			r = refuse_template(call, purpose, "must be of type object");
		if (r < 0)
			return r;
		json_object_foreach (channels, channel, templates) {
			json_t *own = below(below(all, purpose), channel);
			if (r == 0)
				r = own ? set_channel(call, own, channel, templates) : -ENOMEM;
		}
	}
	if (r == 0)
		r = sandbox_store_put(call->box->store, call->community->id, "templates", "", all);
	return r < 0 ? r : sandbox_call_answer(call, steal_pointer(&all));
}

/* Removes "purpose.channel.uuid"; refuses if any of them is missing. */
static int remove_template(struct call *call, json_t *all, const char *path)
{
	const char *last = strrchr(path, '.');
	cleanup_free char *up = last ? strndup(path, (size_t)(last - path)) : NULL;

	if (last && !up)
		return -ENOMEM;
	if (!last || json_object_del(at_key_path(all, up), last + 1) < 0)
		return call_refuse(call, 400, "key_paths", "\"key_paths\": there is no %.200s", path);
	return 0;
}

int sandbox_serve_templates_remove(struct call *call)
{
	cleanup_json json_t *all = NULL;
	size_t index;
	json_t *path;
	int r = load(call, call->community->id, "templates", &all);

	json_array_foreach (sandbox_call_member(call, "key_paths"), index, path) {
		if (r == 0)
			r = remove_template(call, all, json_string_value(path));
	}
	if (r == 0)
		r = sandbox_store_put(call->box->store, call->community->id, "templates", "", all);
	return r < 0 ? r : sandbox_call_answer(call, steal_pointer(&all));
}
