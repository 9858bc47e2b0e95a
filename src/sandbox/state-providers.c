/* Service providers and roles. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record.h"
#include "routes.h"

static int load_provider(struct call *call, json_t **ret)
{
	int r = sandbox_store_get(call->box->store, call->community->id, "provider", sandbox_call_param(call, "id"),
				  ret);

	return r == -ENOENT ? call_refuse(call, 404, "id", "service provider not found") : r;
}

static int save_provider(struct call *call, const json_t *provider)
{
	return sandbox_store_put(call->box->store, call->community->id, "provider", tfs_json_text(provider, "_id"),
				 provider);
}

int sandbox_serve_providers(struct call *call)
{
	json_t *list = NULL;
	int r = sandbox_store_list(call->box->store, call->community->id, "provider", &list);

	return r < 0 ? r : sandbox_call_answer(call, list);
}

int sandbox_serve_provider(struct call *call)
{
	json_t *provider = NULL;
	int r = load_provider(call, &provider);

	return r < 0 ? r : sandbox_call_answer(call, provider);
}

static const char *const provider_members[] = { "name",
						"environment",
						"logo",
						"type",
						"saml_config",
						"oidc_config",
						"forceReauthentication",
						"hideBanner",
						"hideMobileLinks",
						"mobileAppLabel",
						NULL };

/* Gives a part of a provider an id of its own if it has none. */
static int give_id(json_t *part)
{
	char id[RECORD_ID];

	if (!json_is_object(part) || json_object_get(part, "_id"))
		return 0;
	int r = sandbox_record_id(id);
	return r < 0 ? r : json_object_set_new(part, "_id", json_string(id)) < 0 ? -ENOMEM : 0;
}

static int give_ids(json_t *provider)
{
	json_t *saml = json_object_get(provider, "saml_config");
	size_t index;
	json_t *attribute;
	int r = give_id(saml);

	if (r == 0)
		r = give_id(json_object_get(saml, "nameid"));
	json_array_foreach (json_object_get(saml, "attributes"), index, attribute) {
		if (r == 0)
			r = give_id(attribute);
	}
	return r;
}

/* A part sent again without its id keeps the old id. */
static int keep_id(const json_t *old, json_t *now)
{
	json_t *id = json_object_get(old, "_id");

	if (!id || !json_is_object(now) || json_object_get(now, "_id"))
		return 0;
	return json_object_set(now, "_id", id) < 0 ? -ENOMEM : 0;
}

static const json_t *attribute_claiming(const json_t *list, const json_t *claim)
{
	size_t index;
	json_t *attribute;

	json_array_foreach ((json_t *)list, index, attribute) {
		if (json_equal(json_object_get(attribute, "claim_name"), claim))
			return attribute;
	}
	return NULL;
}

static int keep_ids(const json_t *old, json_t *now, bool strict)
{
	const json_t *attributes = json_object_get(old, "attributes");
	size_t index;
	json_t *attribute;
	int r = keep_id(old, now);

	if (r == 0)
		r = keep_id(json_object_get(old, "nameid"), json_object_get(now, "nameid"));
	json_array_foreach (json_object_get(now, "attributes"), index, attribute) {
		/* The body has `_id` and `uuid` of an attribute (API document, lines 7651 and 7652). */
		if (r == 0 && !strict)
			r = keep_id(attribute_claiming(attributes, json_object_get(attribute, "claim_name")),
				    attribute);
	}
	return r;
}

static int check_provider(struct call *call, const json_t *provider)
{
	const char *name = tfs_json_text(provider, "name");
	const char *type = tfs_json_text(provider, "type");

	if (!name || !*name)
		return call_refuse(call, 400, "name", "\"name\" is not allowed to be empty");
	if (type && !strcmp(type, "saml") && !json_is_object(json_object_get(provider, "saml_config")))
		return call_refuse(call, 400, "saml_config", "\"saml_config\" is required");
	if (type && !strcmp(type, "oidc") && !json_is_object(json_object_get(provider, "oidc_config")))
		return call_refuse(call, 400, "oidc_config", "\"oidc_config\" is required");
	return 0;
}

static json_t *new_provider(const struct call *call)
{
	char id[RECORD_ID];
	char now[RECORD_TIME];

	if (sandbox_record_id(id) < 0)
		return NULL;
	sandbox_record_now(now);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i}", "_id", id, "communityId", call->community->id,
			 "environment", "", "logo", "", "createdAt", now, "updatedAt", now, "__v", 0);
}

/* Takes over `provider`. */
static int finish_provider(struct call *call, json_t *provider)
{
	int r = provider ? check_provider(call, provider) : -ENOMEM;

	if (r == 0)
		r = give_ids(provider);
	if (r == 0)
		r = save_provider(call, provider);
	if (r == 0)
		return sandbox_call_answer(call, provider);
	json_decref(provider);
	return r;
}

int sandbox_serve_provider_create(struct call *call)
{
	json_t *provider = new_provider(call);

	if (provider && sandbox_record_take(call, provider, provider_members) < 0) {
		json_decref(provider);
		return -ENOMEM;
	}
	return finish_provider(call, provider);
}

static json_t *featured_saml(const char *type, const char *domain, const char *sso)
{
	char entity[600];

	snprintf(entity, sizeof(entity), "https://%s/%s", domain ? domain : "example.com", type);
	return json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:s, s:b, s:b, s:s, s:{s:s, s:s, s:s}, s:[]}",
			 "accessUrl", sso ? sso : entity, "entityId", entity, "assertionMethod", "post",
			 "assertionConsumerServiceURL", sso ? sso : entity, "logoutRequestSignRequired", 0,
			 "logoutResponseSignRequired", 0, "authRequestSignRequired", 0, "assertionSignRequired", 1,
			 "signingAlgo", "http://www.w3.org/2000/09/xmldsig#rsa-sha256", "encryptAssertion", 0,
			 "idpInitiated", 0, "relayState", "", "nameid", "format", "emailAddress", "value", "email",
			 "attribute_type", "session", "attributes");
}

int sandbox_serve_provider_featured(struct call *call)
{
	static const char *const types[] = { "auth0", "forgerock", "gsuite", "okta", "salesforce", "zendesk", NULL };
	const char *type = sandbox_call_param(call, "type");
	const char *const *known = types;

	while (*known && strcmp(*known, type))
		known++;
	if (!*known)
		return call_refuse(call, 400, "type", "\"type\" is not a featured application");
	if (!sandbox_call_text(call, "name"))
		return call_refuse(call, 400, "name", "\"name\" is required");
	json_t *provider = new_provider(call);
	json_t *saml = featured_saml(type, sandbox_call_text(call, "domain"), sandbox_call_text(call, "ssoUrl"));
	if (!provider || !saml || json_object_set(provider, "name", sandbox_call_member(call, "name")) < 0 ||
	    json_object_set_new(provider, "type", json_string("saml")) < 0 ||
	    json_object_set_new(provider, "saml_config", saml) < 0) {
		json_decref(provider);
		return -ENOMEM;
	}
	return finish_provider(call, provider);
}

int sandbox_serve_provider_change(struct call *call)
{
	json_t *provider = NULL;
	int r = load_provider(call, &provider);

	if (r < 0)
		return r;
	cleanup_json json_t *saml = json_incref(json_object_get(provider, "saml_config"));
	r = sandbox_record_take(call, provider, provider_members);
	if (r == 0)
		r = keep_ids(saml, json_object_get(provider, "saml_config"), sandbox_call_is_strict(call));
	json_int_t version = json_integer_value(json_object_get(provider, "__v"));
	char now[RECORD_TIME];
	sandbox_record_now(now);
	if (r == 0 && (json_object_set_new(provider, "__v", json_integer(version + 1)) < 0 ||
		       json_object_set_new(provider, "updatedAt", json_string(now)) < 0))
		r = -ENOMEM;
	if (r == 0)
		return finish_provider(call, provider);
	json_decref(provider);
	return r;
}

int sandbox_serve_provider_remove(struct call *call)
{
	int r = sandbox_store_remove(call->box->store, call->community->id, "provider", sandbox_call_param(call, "id"));

	if (r == -ENOENT)
		return call_refuse(call, 404, "id", "service provider not found");
	return r < 0 ? r : sandbox_call_done(call);
}

int sandbox_serve_provider_apps(struct call *call)
{
	cleanup_json json_t *list = NULL;
	json_t *apps = json_array();
	size_t index;
	json_t *provider;
	int r = apps ? sandbox_store_list(call->box->store, call->community->id, "provider", &list) : -ENOMEM;

	json_array_foreach (list, index, provider) {
		if (!json_is_true(tfs_json_at(provider, "/saml_config/idpInitiated")))
			continue;
		json_t *app = json_pack("{s:O, s:O, s:O, s:O, s:b}", "_id", json_object_get(provider, "_id"), "name",
					json_object_get(provider, "name"), "logo", json_object_get(provider, "logo"),
					"type", json_object_get(provider, "type"), "idpInitiated", 1);
		if (!app || json_array_append_new(apps, app) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		return sandbox_call_answer(call, apps);
	json_decref(apps);
	return r;
}

int sandbox_serve_roles(struct call *call)
{
	cleanup_json json_t *list = NULL;
	json_t *names = json_array();
	size_t index;
	json_t *role;
	int r = names ? sandbox_store_list(call->box->store, call->community->id, "role", &list) : -ENOMEM;

	json_array_foreach (list, index, role) {
		if (json_array_append(names, json_object_get(role, "name")) < 0)
			r = -ENOMEM;
	}
	if (r == 0)
		return sandbox_call_answer(call, names);
	json_decref(names);
	return r;
}

int sandbox_serve_role(struct call *call)
{
	json_t *role = NULL;
	int r = sandbox_store_get(call->box->store, call->community->id, "role", sandbox_call_param(call, "roleName"),
				  &role);

	if (r == -ENOENT)
		return call_refuse(call, 404, "roleName", "role not found");
	return r < 0 ? r : sandbox_call_answer(call, role);
}
