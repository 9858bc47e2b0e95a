/* Seeds settings, branding and service providers of a community. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "seed-data.h"
#include "tenantfs/catalogue.h"

/* A kind of document, the endpoint that sets it, and its initial contents. */
struct setting {
	const char *kind, *method, *path, *text;
};

#define SETTINGS "/config/authentication/"
#define PIXEL                    \
	"data:image/png;base64," \
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

static const struct setting settings[] = {
	{ "fido", "PUT", SETTINGS "fido_settings",
	  "{\"fido_disabled\": false, \"fido_platform_authenticator_disabled\": false,"
	  " \"fido_security_key_disabled\": true}" },
	{ "first-time-enrollment", "PUT", SETTINGS "first_time_enrollment_settings",
	  "{\"first_time_login_enrollment\": true, \"allowed_factors\": [\"mobile\", \"smartphone\"]}" },
	{ "liveid-selfie", "PUT", SETTINGS "liveid_selfie_settings", "{\"liveid_selfie_enabled\": false}" },
	{ "mfa", "PUT", SETTINGS "mfa_settings",
	  "{\"show_otp_email\": true, \"show_otp_phone\": true, \"show_otp_voice\": false, "
	  "\"show_otp_hardware\": true,"
	  " \"otp_prompt_text\": \"Enter the code we have sent you\", \"accountLockEnabled\": true,"
	  " \"otpMaxAttempts\": 5, \"lockDurationMinutes\": 30, \"onespan_domain\": \"example\","
	  " \"onespan_url\": \"https://onespan.example.com\", \"self_enroll_phone_allowed\": false,"
	  " \"sync_window_for_first_usage\": 60000}" },
	{ "orion", "PUT", SETTINGS "orion_settings",
	  "{\"orion_authenticator_enabled\": false, \"orion_authenticator_wait_time_ms\": 1500}" },
	{ "password-reset", "PUT", SETTINGS "password_reset",
	  "{\"default_input_method\": \"username\", \"adminx_via_email_enabled\": true, "
	  "\"adminx_require_otp\": true,"
	  " \"mobile_enabled\": true, \"sspr\": {\"enabled\": true, \"via_idproofing\": {\"enabled\": false},"
	  " \"otp\": \"email\", \"dvcId\": \"default\", \"user_profile_api\": {\"enabled\": false, \"provider\": "
	  "\"rest\", "
	  "\"api\": {"
	  "\"url\": \"https://profiles.example.com\", \"type\": \"rest\", \"auth\": \"basic\", "
	  "\"credential\": {"
	  "\"username\": \"sandbox\", \"password\": \"kept-secret\", \"token\": \"\"}},"
	  " \"transformationB64\": \"cmV0dXJuIHByb2ZpbGU7\"}}}" },
	{ "passwordless", "PUT", SETTINGS "pwdless_settings",
	  "{\"primaryMethod\": \"Fingerprint\", \"secondaryMethod\": \"Pin\", \"selfOnBoard\": true,"
	  " \"selfOnBoardFromUserProfile\": true, \"accountsPerPerson\": 5, \"personsPerAccount\": 1,"
	  " \"personLimitRule\": \"cleanup\", \"passwordless_disabled\": false, \"qr_disabled\": false,"
	  " \"push_disabled\": true, \"push_number_challenge_enabled\": true, \"defaultMethods\": "
	  "\"Fingerprint\"}" },
	{ "windows-mfa", "PUT", SETTINGS "windows_mfa_settings",
	  "{\"allowed_enrollments\": {\"behavior_auth\": true, \"user_pin\": true}, \"enableFallbackAuth\": "
	  "true,"
	  " \"maxAuthAttemptsBeforeFallback\": 4}" },
	{ "self-registration", "PUT", "/config/self_registration_config", "{\"allowed\": true}" },
	{ "branding", "PUT", "/branding",
	  "{\"bg_color_left_panel\": \"#103050\", \"bg_color_right_panel\": \"#ffffff\","
	  " \"heading_text_color\": \"#202020\", \"primary_button_color\": \"#0066cc\","
	  " \"active_tab_text_color\": \"#0066cc\", \"links_color\": \"#004499\", \"community_logo_img\": "
	  "\"" PIXEL "\", \"bg_img_left_panel\": \"" PIXEL "\", \"default_login_method\": \"username\","
	  " \"username_label\": \"Corporate user name\", \"disclaimer_message\": \"For authorised use "
	  "only.\","
	  " \"heading_label\": \"Welcome – bienvenue – 欢迎\", \"bg_img_fullscreen_enabled\": false,"
	  " \"app_download_override\": {\"enabled\": false, \"content\": \"\", \"url\": \"\"},"
	  " \"username_hidden_on_desktop\": false, \"copyright_message_disabled\": false,"
	  " \"qr_code_corner_squares_color\": \"#103050\", \"qr_code_dots_color\": \"#202020\","
	  " \"qr_code_logo\": \"https://login.example.com/logo.png\", \"helpDeskButtonEnabled\": true,"
	  " \"helpDeskButtonData\": {\"url\": \"https://help.example.com/\"}}" },
};

/* The API document's tables and examples disagree on some booleans: the table decides. */
static int follow_table(const struct setting *setting, json_t *doc)
{
	const struct tfs_endpoint *endpoint = tfs_endpoint_find(setting->method, setting->path);

	for (size_t i = 0; endpoint && i < endpoint->n_body; i++) {
		const struct tfs_field *field = &endpoint->body[i];
		const json_t *value = json_object_get(doc, field->name);
		if (field->type != TFS_TYPE_STRING || !json_is_boolean(value))
			continue;
		if (json_object_set_new(doc, field->name, json_string(json_is_true(value) ? "true" : "false")) < 0)
			return -ENOMEM;
	}
	return 0;
}

int sandbox_seed_settings(const struct seed_place *place)
{
	int r = 0;

	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings) && r == 0; i++) {
		cleanup_json json_t *doc = json_loads(settings[i].text, 0, NULL);
		r = doc ? follow_table(&settings[i], doc) : -EINVAL;
		if (r == 0)
			r = sandbox_store_put(place->store, place->community, settings[i].kind, "", doc);
	}
	return r;
}

/* Application names, some of them awkward. */
static const char *const provider_names[] = {
	"Salesforce",
	"Workday",
	"ServiceNow",
	"Jira",
	"Confluence",
	"GitLab",
	"Grafana",
	"Zendesk",
	"Office 365",
	"SAP Concur",
	"Expense reports / travel",
	"Zeiterfassung",
	"社内ポータル",
	"HR (\"people\")",
	"Wiki",
	"Wiki",
	"50% off shop",
	".hidden",
	"Ops\tconsole",
	"Портал",
	"Backup~2024",
	"con",
	"Slack",
	"Zoom",
	"A name that goes on and on, as people paste whole descriptions into the field, with the department, "
	"the cost "
	"centre, the owner, the date of the last review and the words of the contract it was bought under, "
	"until at "
	"last nobody can tell what was meant by it; and so it ends here, or rather here.",
};

static json_t *saml_config(uint64_t *state, const char *host, bool initiated)
{
	char id[SEED_ID], nameid[SEED_ID], attribute[SEED_ID], uuid[SEED_UUID];

	sandbox_seed_id(state, id);
	sandbox_seed_id(state, nameid);
	sandbox_seed_id(state, attribute);
	sandbox_seed_uuid(state, uuid);
	json_t *attributes = json_pack("[{s:s, s:s, s:s, s:s, s:s, s:s, s:s}]", "_id", attribute, "uuid", uuid,
				       "claim_name", "email", "attribute_name", "email", "attribute_type", "session",
				       "value_type", "static", "value", "email");
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b, s:s, s:s, s:b, s:s, s:b, s:s,"
			 " s:{s:s, s:s, s:s, s:s}, s:o, s:s}",
			 "_id", id, "accessUrl", host, "entityId", host, "assertionMethod", "post",
			 "assertionConsumerServiceURL", host, "logoutRequestSignRequired", 0,
			 "logoutResponseSignRequired", 0, "authRequestSignRequired", 1, "assertionSignRequired", 1,
			 "signingCert", "", "signingAlgo", "http://www.w3.org/2000/09/xmldsig#rsa-sha256",
			 "encryptAssertion", 0, "encryptionCert", "", "idpInitiated", initiated ? 1 : 0, "relayState",
			 "", "nameid", "_id", nameid, "format", "emailAddress", "value", "email", "attribute_type",
			 "session", "attributes", attributes, "metadata", "");
}

static json_t *oidc_config(const char *host)
{
	return json_pack("{s:[s, s], s:[s], s:[s, s, s], s:s}", "grant_types", "authorization_code", "refresh_token",
			 "redirect_uris", host, "scope", "openid", "profile", "email", "id_token_signed_response_alg",
			 "RS256");
}

static int seed_provider(const struct seed_place *place, unsigned community, unsigned number)
{
	uint64_t state = sandbox_seed_state(place->seed, "provider", community * 1000 + number);
	char id[SEED_ID], created[SEED_TIME], host[64];
	bool oidc = number % 4 == 3;

	sandbox_seed_id(&state, id);
	sandbox_seed_time(&state, created);
	snprintf(host, sizeof(host), "https://app%u.example.com/sso", number);
	json_t *config = oidc ? oidc_config(host) : saml_config(&state, host, number % 3 == 0);
	cleanup_json json_t *doc = json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:b, s:s, s:s, s:i}", "_id", id, "name", provider_names[number],
		"environment", number % 2 ? "production" : "staging", "logo", "", "type", oidc ? "oidc" : "saml",
		oidc ? "oidc_config" : "saml_config", config, "communityId", place->community, "forceReauthentication",
		number % 5 == 0, "createdAt", created, "updatedAt", created, "__v", 0);
	if (doc && oidc) {
		json_object_set_new(doc, "hideBanner", json_false());
		json_object_set_new(doc, "hideMobileLinks", json_boolean(number % 8 == 3));
		json_object_set_new(doc, "mobileAppLabel", json_string("Acme"));
	}
	return doc ? sandbox_store_put(place->store, place->community, "provider", id, doc) : -ENOMEM;
}

int sandbox_seed_providers(const struct seed_place *place, unsigned number)
{
	const unsigned all = sizeof(provider_names) / sizeof(*provider_names);
	int r = 0;

	for (unsigned i = 0; i < (number ? 3 : all) && r == 0; i++)
		r = seed_provider(place, number, i);
	return r;
}
