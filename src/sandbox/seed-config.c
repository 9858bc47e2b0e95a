/*
 * Seeds configuration: the platform's, and each community's identity provider, templates, consents and module
 * parts.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "seed-data.h"

static int put_text(const struct seed_place *place, const char *kind, const char *text)
{
	cleanup_json json_t *doc = json_loads(text, 0, NULL);

	return doc ? sandbox_store_put(place->store, place->community, kind, "", doc) : -EINVAL;
}

int sandbox_seed_platform(const struct seed_place *place)
{
	const struct seed_place all = { .store = place->store, .community = "" };

	return put_text(&all, "caas",
			"{\"blockid_session_attributes\": [\"sub\", \"auth_time\", \"acr\"],"
			" \"blockid_ledger_attributes\": [\"did\", \"publicKey\"],"
			" \"identity_attributes\": ["
			"{\"attribute\": \"firstname\", \"displayName\": \"First name\"},"
			"{\"attribute\": \"lastname\", \"displayName\": \"Last name\"},"
			"{\"attribute\": \"département\", \"displayName\": \"Département / Abteilung\"}],"
			" \"session\": {\"idle\": {\"minutes\": 15}, \"absolute\": {\"minutes\": 480}}}");
}

#define CERT "MIIBszCCAVmgAwIBAgIUTQ0x5Z1c3RyaW5nIG9mIGEgc2FuZGJveCBjZXJ0aWZpY2F0ZQ=="

static int seed_idp(const struct seed_place *place)
{
	return put_text(place, "saml-idp",
			"{\"signingCert\": \"" CERT "\", \"signingKey\": \"c2lnbmluZyBrZXkgb2YgdGhlIHNhbmRib3g=\","
			" \"encryptionCert\": \"" CERT "\","
			" \"encryptionKey\": \"ZW5jcnlwdGlvbiBrZXkgb2YgdGhlIHNhbmRib3g=\","
			" \"entityId\": \"https://sandbox.tenantfs.test/idp?a=1&b=2\","
			" \"authnRequestsSigned\": true, \"sso_bindings\": [\"post\", \"redirect\"],"
			" \"slo_bindings\": [\"post\"], \"identifier\": \"main idp\"}");
}

struct template
{
	const char *purpose, *channel, *name, *subject, *data;
	bool is_default;
};

static const struct template templates[] = {
	{ "self_onboarding", "email", "Welcome", "Welcome aboard", "PHA+V2VsY29tZTwvcD4=", true },
	{ "self_onboarding", "email", "Willkommen / bienvenue", "Schön, dass Sie da sind",
	  "PHA+V2lsbGtvbW1lbjwvcD4=", false },
	{ "self_onboarding", "email", "Welcome", "Once more", "PHA+QWdhaW48L3A+", false },
	{ "self_onboarding", "sms", "Welcome", NULL, "V2VsY29tZQ==", true },
	{ "self_onboarding", "sms", "100 % kurz", NULL, "S3Vyeg==", false },
	{ "password_reset", "email", "Reset", "Your new password", "PHA+UmVzZXQ8L3A+", true },
	{ "password_reset", "email", ".hidden \"draft\"", "パスワード", "PHA+RHJhZnQ8L3A+", false },
	{ "password_reset", "sms", "Reset", NULL, "UmVzZXQ=", true },
};

static json_t *below(json_t *object, const char *name)
{
	if (!json_object_get(object, name))
		json_object_set_new(object, name, json_object());
	return json_object_get(object, name);
}

static int seed_templates(const struct seed_place *place)
{
	cleanup_json json_t *all = json_object();
	uint64_t state = sandbox_seed_state(place->seed, place->community, 100);

	for (size_t i = 0; i < sizeof(templates) / sizeof(*templates); i++) {
		const struct template *template = &templates[i];
		char uuid[SEED_UUID];
		sandbox_seed_uuid(&state, uuid);
		json_t *made = json_pack("{s:s, s:s*, s:s, s:b}", "name", template->name, "subject", template->subject,
					 "data", template->data, "isDefault", template->is_default);
		json_t *channel = below(below(all, template->purpose), template->channel);
		if (json_object_set_new(channel, uuid, made) < 0)
			return -ENOMEM;
	}
	return sandbox_store_put(place->store, place->community, "templates", "", all);
}

/* Every purpose of a message has a template before anybody writes one. */
static int seed_purposes(const struct seed_place *place)
{
	return put_text(place, "templates",
			"{\"self_onboarding\": {\"email\": {}, \"sms\": {}},"
			" \"password_reset\": {\"email\": {}, \"sms\": {}}}");
}

/* One earlier and one current text. */
static int seed_consent(const struct seed_place *place)
{
	static const char *const hashes[] = { "QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG",
					      "QmT5NvUtoM5nWFfrQdVrFtvGfKFmG7AHE8P34isapyhCxX" };
	static const char *const bodies[] = { "V2Uga2VlcCB5b3VyIGZhY2Uu",
					      "V2Uga2VlcCBhIHRlbXBsYXRlIG9mIHlvdXIgZmFjZS4=" };
	cleanup_json json_t *history = json_array();
	cleanup_json json_t *consent = NULL;
	uint64_t state = sandbox_seed_state(place->seed, place->community, 101);
	int r = 0;

	for (unsigned i = 0; i < 2 && r == 0; i++) {
		char when[SEED_TIME];
		sandbox_seed_time(&state, when);
		json_decref(consent);
		consent = json_pack("{s:s, s:b, s:s, s:s, s:s, s:s, s:s}", "type", "biometric", "isEnabled", 1, "title",
				    "Biometrics", "subtitle", i ? "Before you go on" : "", "body", bodies[i],
				    "acknowledgeText", "I agree", "ipfsHash", hashes[i]);
		json_array_append_new(history, json_pack("{s:s, s:s}", "ipfsHash", hashes[i], "updatedAt", when));
		r = consent ? sandbox_store_put(place->store, place->community, "consent-version", hashes[i], consent)
			    : -ENOMEM;
	}
	if (r == 0 && json_object_set(consent, "history", history) < 0)
		r = -ENOMEM;
	return r < 0 ? r : sandbox_store_put(place->store, place->community, "consent", "biometric", consent);
}

int sandbox_seed_config(const struct seed_place *place)
{
	int r = put_text(place, "session-attributes",
			 "{\"blockid_session_attributes\": [\"employee_id\", \"cost centre\", \"Abteilung\"]}");

	if (r == 0)
		r = seed_idp(place);
	if (r == 0)
		r = place->empty ? seed_purposes(place) : seed_templates(place);
	return r < 0 ? r : seed_consent(place);
}

static int seed_attributes(const struct seed_place *place, const char *module)
{
	static const char *const attributes[][2] = {
		{ "Department", "department" },
		{ "Cost centre / Kostenstelle", "costCenter" },
		{ "Employee number", "employeeNumber" },
		{ "社員番号", "employeeID" },
	};
	uint64_t state = sandbox_seed_state(place->seed, module, 102);
	int r = 0;

	for (size_t i = 0; i < sizeof(attributes) / sizeof(*attributes) && r == 0; i++) {
		char id[SEED_ID];
		sandbox_seed_id(&state, id);
		cleanup_json json_t *doc = json_pack("{s:s, s:s, s:s, s:s}", "_id", id, "name", attributes[i][0],
						     "attribute", attributes[i][1], "moduleId", module);
		r = doc ? sandbox_store_put(place->store, place->community, "attribute", id, doc) : -ENOMEM;
	}
	return r;
}

static int seed_brokers(const struct seed_place *place, const char *module)
{
	static const char *const brokers[] = { "dc1", "dc2 / backup", "Büro \"Süd\"", "dc1" };
	uint64_t state = sandbox_seed_state(place->seed, module, 103);
	int r = 0;

	for (unsigned i = 0; i < sizeof(brokers) / sizeof(*brokers) && r == 0; i++) {
		char uid[SEED_UUID], seen[SEED_TIME];
		sandbox_seed_uuid(&state, uid);
		sandbox_seed_time(&state, seen);
		cleanup_json json_t *doc = json_pack("{s:s, s:s, s:b, s:s, s:s, s:s, s:s}", "uid", uid, "name",
						     brokers[i], "enabled", i != 1, "moduleId", module, "os",
						     i ? "windows" : "linux", "version", "2.03.01", "lastSeen", seen);
		r = doc ? sandbox_store_put(place->store, place->community, "broker", uid, doc) : -ENOMEM;
	}
	return r;
}

int sandbox_seed_module_parts(const struct seed_place *place, const char *module, bool broker)
{
	int r = seed_attributes(place, module);

	return r == 0 && broker ? seed_brokers(place, module) : r;
}
