/* Seeds the tenant: communities, modules, roles, keys. Their contents come from the other seed-*.c. */
#include "seed-data.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIRECTORY_USERS = 12, PARTNER_USERS = 5 };

static int put(struct store *store, const char *community, const char *kind, const char *key, json_t *doc)
{
	int r = doc ? sandbox_store_put(store, community, kind, key, doc) : -ENOMEM;

	json_decref(doc);
	return r;
}

static json_t *password_policy(void)
{
	return json_pack("{s:s, s:s, s:{s:i, s:b, s:i, s:b, s:i, s:b, s:s, s:b, s:i, s:b, s:b, s:b, s:b, "
			 "s:b, s:i, s:b}}",
			 "authtype", "Fingerprint", "description", "At least 10 characters, one of them a digit.",
			 "rules", "min", 10, "min_enabled", 1, "min_special", 1, "min_special_enabled", 0,
			 "min_numbers", 1, "min_numbers_enabled", 1, "special_chars_allowed", "!#$%&",
			 "special_chars_allowed_enabled", 0, "min_alpha_caps", 1, "min_alpha_caps_enabled", 0,
			 "noUsername", 1, "noUsername_enabled", 1, "noSpaces", 1, "noSpaces_enabled", 1, "allowInRow",
			 3, "allowInRow_enabled", 1);
}

static json_t *directory_config(const char *server, json_t *log_size)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:O*, s:o*, s:i, s:i, s:o}", "serverprotocol",
			 "ldaps", "server", server, "serverport", "636", "binddn", "cn=reader,dc=example,dc=com",
			 "bindpassword", "correct horse battery staple", "basedn", "ou=people,dc=example,dc=com",
			 "securityauthentication", "Simple", "filter", "(objectClass=person)", "serviceacctreadonly", 1,
			 "logfilesizemb", log_size, "logfilecount", log_size, "caTimeoutSeconds", 10,
			 "caRetryAfterMinutes", 30, "passwordPolicy", password_policy());
}

static json_t *azure_config(void)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:o}", "appName", "tenantfs", "tenantId",
			 "8f0d2a4e-0000-4000-8000-5f1c2b3a4d5e", "tenantName", "contoso", "clientId",
			 "d3c1f0aa-0000-4000-8000-7a6b5c4d3e2f", "clientSecret", "not-so-secret-after-all",
			 "loginBasePath", "https://login.example.com", "graphApiBasePath", "https://graph.example.com",
			 "passwordPolicy", password_policy());
}

struct module {
	const char *name, *type, *mode;
	bool internal;
};

static int seed_module(const struct seed_place *place, const struct module *module, unsigned number, char id[SEED_ID])
{
	uint64_t state = sandbox_seed_state(place->seed, place->community, number);
	char created[SEED_TIME];
	bool db = !strcmp(module->type, "db"), broker = !strcmp(module->mode, "broker");
	json_t *config;

	sandbox_seed_id(&state, id);
	sandbox_seed_time(&state, created);
	if (db)
		config = json_pack("{s:o}", "passwordPolicy", password_policy());
	else
		config = strcmp(module->type, "azuread")
				 ? directory_config("ldap.example.com", broker ? json_integer(10) : NULL)
				 : azure_config();
	json_t *doc =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:s, s:o, s:s, s:s, s:i}", "_id", id, "communityId",
			  place->community, "type", module->type, "subtype", db ? "datastore" : "directory", "method",
			  "authn", "name", module->name, "enabled", 1, "mode", module->mode, "config", config,
			  "createdAt", created, "updatedAt", created, "__v", 0);
	if (doc && module->internal)
		json_object_set_new(doc, "isInternal", json_true());
	int r = put(place->store, place->community, "module", id, doc);
	return r < 0 || place->empty ? r : sandbox_seed_module_parts(place, id, broker);
}

static json_t *scheme_module(const char *id, const struct module *module)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "_id", id, "id", id, "type", module->type, "method", "authn",
			 "name", module->name, "criteria", "");
}

/* The internal store, and the directory where there is one. */
static int seed_auth_scheme(const struct seed_place *place, const struct module *modules, char ids[][SEED_ID],
			    unsigned n)
{
	uint64_t state = sandbox_seed_state(place->seed, "auth-scheme", 0);
	char id[SEED_ID];
	json_t *list = json_array();

	sandbox_seed_id(&state, id);
	for (unsigned i = 0; i < n; i++)
		json_array_append_new(list, scheme_module(ids[i], &modules[i]));
	return put(place->store, place->community, "auth-scheme", "",
		   json_pack("{s:s, s:s, s:b, s:b, s:o, s:o}", "_id", id, "tag", "default", "enabled", 1, "isDefault",
			     1, "dbModule", scheme_module(ids[0], &modules[0]), "modules", list));
}

static int seed_roles(const struct seed_place *place)
{
	static const struct {
		const char *name, *about;
	} roles[] = {
		{ "super_admin", "May do everything in every tenant" },
		{ "tenant_admin", "May do everything in the tenant" },
		{ "community_admin", "May do everything in the community" },
		{ "helpdesk_admin", "May lock, unlock and invite users" },
		{ "auditor", "May read reports" },
		{ "basic_user", "May use applications" },
	};
	int r = 0;

	for (unsigned i = 0; i < sizeof(roles) / sizeof(*roles) && r == 0; i++) {
		uint64_t state = sandbox_seed_state(place->seed, "role", i);
		char id[SEED_ID];
		sandbox_seed_id(&state, id);
		r = put(place->store, place->community, "role", roles[i].name,
			json_pack("{s:s, s:s, s:s, s:s, s:[s, s], s:s, s:s}", "id", id, "name", roles[i].name,
				  "description", roles[i].about, "createdBy", "system", "permissions", "read",
				  i < 3 ? "write" : "self", "tenantId", place->tenant, "communityId",
				  place->community));
	}
	return r;
}

static int seed_service_keys(struct store *store, uint64_t seed)
{
	static const char *const tags[] = { "adminx", "reports", "users-mgmt", "sessions" };
	int r = 0;

	for (unsigned i = 0; i < sizeof(tags) / sizeof(*tags) && r == 0; i++) {
		uint64_t state = sandbox_seed_state(seed, "service-key", i);
		char id[SEED_UUID], secret[SEED_UUID];
		sandbox_seed_uuid(&state, id);
		sandbox_seed_uuid(&state, secret);
		r = put(store, "", "service-key", id,
			json_pack("{s:s, s:s, s:s, s:s}", "tag", tags[i], "keyId", id, "keySecret", secret, "type",
				  "hawk"));
	}
	return r;
}

/* The events, tokens and codes of a module's users. */
static int seed_activity(const struct seed_place *place, const char *module, unsigned first_token, unsigned tokens)
{
	cleanup_json json_t *people = NULL;
	int r = sandbox_seed_people(place, module, &people);

	if (r == 0)
		r = sandbox_seed_events(place, people);
	if (r == 0 && !place->empty)
		r = sandbox_seed_tokens(place, people, first_token, tokens);
	if (r == 0)
		r = sandbox_seed_codes(place, people);
	return r < 0 ? r : sandbox_seed_jobs(place);
}

static int seed_first(const struct seed_place *place, unsigned users)
{
	static const struct module modules[] = { { "Internal User Store", "db", "direct", true },
						 { "Corporate Directory", "ldap", "direct", false },
						 { "Contoso / Azure AD", "azuread", "direct", false },
						 { "Werk München", "ad", "broker", false } };
	char ids[4][SEED_ID];
	unsigned directory = users / 4 < DIRECTORY_USERS ? users / 4 : DIRECTORY_USERS;
	unsigned count = place->empty ? 1 : 4;
	int r = 0;

	for (unsigned i = 0; i < count && r == 0; i++)
		r = seed_module(place, &modules[i], i, ids[i]);
	if (r == 0)
		r = seed_auth_scheme(place, modules, ids, count < 2 ? count : 2);
	if (r == 0 && place->empty)
		return sandbox_seed_users(place, ids[0], 0, 1);
	if (r == 0)
		r = sandbox_seed_users(place, ids[0], 0, users - directory);
	if (r == 0)
		r = sandbox_seed_directory_users(place, ids[1], directory);
	return r < 0 ? r : seed_activity(place, ids[0], 0, 8);
}

static int seed_second(const struct seed_place *place)
{
	static const struct module module = { "Internal User Store", "db", "direct", true };
	char ids[1][SEED_ID];
	int r = seed_module(place, &module, 0, ids[0]);

	if (r == 0)
		r = seed_auth_scheme(place, &module, ids, 1);
	if (r == 0 && !place->empty)
		r = sandbox_seed_users(place, ids[0], 1000, PARTNER_USERS);
	return r < 0 ? r : seed_activity(place, ids[0], 8, 4);
}

static int seed_community(struct seed_place *place, const char *name, unsigned number, unsigned users)
{
	uint64_t state = sandbox_seed_state(place->seed, "community", number);
	char id[SEED_ID];

	sandbox_seed_id(&state, id);
	place->community = id;
	int r = put(place->store, "", "community", id, json_pack("{s:s, s:s}", "id", id, "name", name));
	if (r == 0)
		r = seed_roles(place);
	if (r == 0)
		r = sandbox_seed_settings(place);
	if (r == 0)
		r = sandbox_seed_config(place);
	if (r == 0 && !place->empty)
		r = sandbox_seed_providers(place, number);
	if (r == 0 && !place->empty)
		r = sandbox_seed_connections(place, number);
	return r < 0 ? r : number ? seed_second(place) : seed_first(place, users);
}

static int fill(struct store *store, uint64_t seed, unsigned users)
{
	uint64_t state = sandbox_seed_state(seed, "tenant", 0);
	char id[SEED_ID], text[32];
	struct seed_place place = { .store = store, .seed = seed, .tenant = id, .empty = users == 0 };

	sandbox_seed_id(&state, id);
	int r = put(store, "", "tenant", "tenant", json_pack("{s:s, s:s}", "id", id, "name", "Sandbox"));
	if (r == 0)
		r = put(store, "", "environment", "", json_pack("{s:i}", "sessionMaxAgeMinute", 60));
	if (r == 0)
		r = put(store, "", "instance-self-registration", "", json_pack("{s:b}", "allowed", 0));
	if (r == 0)
		r = sandbox_seed_platform(&place);
	if (r == 0)
		r = seed_service_keys(store, seed);
	if (r == 0)
		r = seed_community(&place, "default", 0, users);
	if (r == 0)
		r = seed_community(&place, "partners", 1, 0);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)seed);
	return r < 0 ? r : sandbox_store_meta_set(store, "seed", text);
}

int sandbox_seed_store(struct store *store, uint64_t seed, unsigned users, struct tfs_error *error)
{
	char *made = NULL;
	int r = sandbox_store_begin(store);

	if (r == 0) {
		r = sandbox_store_meta_get(store, "seed", &made);
		free(made);
		if (r == -ENOENT)
			r = fill(store, seed, users);
		int end = sandbox_store_end(store, r == 0);
		r = r < 0 ? r : end;
	}
	return r < 0 ? tfs_error_set(error, r, "sandbox", "the database cannot be filled") : 0;
}
