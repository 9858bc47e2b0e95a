/*
 * The table of all routes that keep state and belong to no collection, and the answer of all other endpoints.
 */
#include "routes.h"

#include <errno.h>
#include <string.h>

#include "collections.h"
#include "routes-config.h"

#define SETTINGS "/config/authentication/"

static const struct route routes[] = {
	{ "GET", "/publickeys", sandbox_serve_public_key },
	{ "GET", "/healthz", sandbox_serve_health },
	{ "GET", "/platform_health", sandbox_serve_health },
	{ "GET", "/sd", sandbox_serve_directory },
	{ "POST", "/community_auth_info/fetch", sandbox_serve_community_info },
	{ "POST", "/ecdsa_helper/{method}", sandbox_serve_ecdsa },
	{ "GET", "/servicekeys", sandbox_serve_service_keys },
	{ "DELETE", "/servicekey/{keyId}", sandbox_serve_service_key_reset, "SERVICE_KEY_RESET" },

	{ "POST", "/authenticate", sandbox_serve_authenticate },
	{ "POST", "/verifyuser", sandbox_serve_verify_user },
	{ "POST", "/v2/request_access", sandbox_serve_request_access },
	{ "PUT", "/session/new", sandbox_serve_session_new },
	{ "GET", "/logout", sandbox_serve_logout, "LOGOUT" },
	{ "POST", "/jwt/verifyToken", sandbox_serve_token_check },

	{ "GET", "/environment", sandbox_serve_environment, NULL, "environment" },
	{ "PATCH", "/environment", sandbox_serve_document_merge, "ENVIRONMENT_UPDATED", "environment" },
	{ "GET", SETTINGS "fido_settings", sandbox_serve_document, NULL, "fido" },
	{ "PUT", SETTINGS "fido_settings", sandbox_serve_document_replace, "FIDO_SETTINGS_UPDATED", "fido" },
	{ "GET", SETTINGS "first_time_enrollment_settings", sandbox_serve_document, NULL, "first-time-enrollment" },
	{ "PUT", SETTINGS "first_time_enrollment_settings", sandbox_serve_document_replace,
	  "FIRST_TIME_ENROLLMENT_UPDATED", "first-time-enrollment" },
	{ "GET", SETTINGS "liveid_selfie_settings", sandbox_serve_document, NULL, "liveid-selfie" },
	{ "PUT", SETTINGS "liveid_selfie_settings", sandbox_serve_document_replace, "LIVEID_SELFIE_UPDATED",
	  "liveid-selfie" },
	{ "GET", SETTINGS "mfa_settings", sandbox_serve_document, NULL, "mfa" },
	{ "PUT", SETTINGS "mfa_settings", sandbox_serve_document_replace, "MFA_SETTINGS_UPDATED", "mfa" },
	{ "GET", SETTINGS "orion_settings", sandbox_serve_document, NULL, "orion" },
	{ "PUT", SETTINGS "orion_settings", sandbox_serve_document_replace, "ORION_SETTINGS_UPDATED", "orion" },
	{ "GET", SETTINGS "password_reset", sandbox_serve_document, NULL, "password-reset" },
	{ "PUT", SETTINGS "password_reset", sandbox_serve_document_replace, "PASSWORD_RESET_UPDATED",
	  "password-reset" },
	{ "GET", SETTINGS "pwdless_settings/{dns}/{communityName}", sandbox_serve_document, NULL, "passwordless" },
	{ "PUT", SETTINGS "pwdless_settings", sandbox_serve_document_replace, "PASSWORDLESS_UPDATED", "passwordless" },
	{ "GET", SETTINGS "windows_mfa_settings", sandbox_serve_document, NULL, "windows-mfa" },
	{ "PUT", SETTINGS "windows_mfa_settings", sandbox_serve_document_replace, "WINDOWS_MFA_UPDATED",
	  "windows-mfa" },
	{ "POST", "/branding/fetch", sandbox_serve_document, NULL, "branding" },
	{ "PUT", "/branding", sandbox_serve_document_replace, "E_BRANDING_MODIFIED", "branding" },
	{ "POST", "/config/self_registration_config/fetch", sandbox_serve_document, NULL, "self-registration" },
	{ "PUT", "/config/self_registration_config", sandbox_serve_document_replace, "SELF_REGISTRATION_UPDATED",
	  "self-registration" },
	{ "POST", "/config/idp_config/fetch", sandbox_serve_document, NULL, "saml-idp" },
	{ "PUT", "/config/idp_config", sandbox_serve_document_replace, "E_IDP_CONFIGURATION_MODIFIED", "saml-idp" },
	{ "GET", "/instance_config/self_registration_config", sandbox_serve_document, NULL,
	  "instance-self-registration" },
	{ "PUT", "/instance_config/self_registration_config", sandbox_serve_document_replace,
	  "INSTANCE_SELF_REGISTRATION_UPDATED", "instance-self-registration" },

	{ "POST", "/config/fetch", sandbox_serve_caas },
	{ "POST", "/config/session_attributes/fetch", sandbox_serve_session_attributes },
	{ "PUT", "/config/session_attributes", sandbox_serve_session_attributes_set, "SESSION_ATTRIBUTES_UPDATED" },
	{ "POST", "/config/template/fetch", sandbox_serve_templates },
	{ "PUT", "/config/template", sandbox_serve_templates_set, "TEMPLATE_UPDATED" },
	{ "DELETE", "/config/template", sandbox_serve_templates_remove, "TEMPLATE_DELETED" },
	{ "GET", "/config/consents/{type}", sandbox_serve_consent },
	{ "GET", "/config/consents/ipfs/{ipfsHash}", sandbox_serve_consent_version },
	{ "PUT", "/config/consents", sandbox_serve_consent_set, "E_BIOMETRIC_CONSENT_UPDATED" },
	{ "POST", "/user_consent/check", sandbox_serve_consent_check },
	{ "GET", "/spcatalog/list", sandbox_serve_catalog },
	{ "POST", "/downloadables/versions/fetch", sandbox_serve_versions },
	{ "POST", "/downloadables/artifact/fetch", sandbox_serve_artifact },
	{ "GET", "/community/{communityName}/idp/{idpIdentifier}/metadata", sandbox_serve_idp_metadata },
	{ "POST", "/community/{communityName}/idp/{idpIdentifier}/metadata", sandbox_serve_idp_metadata },

	{ "POST", "/auth_modules/fetch", sandbox_serve_modules },
	{ "GET", "/auth_modules/{moduleId}", sandbox_serve_module },
	{ "PUT", "/auth_modules/create", sandbox_serve_module_create, "E_DIRECTORY_ADDED" },
	{ "PATCH", "/auth_modules/{moduleId}", sandbox_serve_module_change, "E_DIRECTORY_MODIFIED" },
	{ "PATCH", "/auth_modules/updateJs/{moduleId}", sandbox_serve_module_script,
	  "E_DIRECTORY_ADVANCED_CONFIGURATION_MODIFIED" },
	{ "DELETE", "/auth_modules/{moduleId}", sandbox_serve_module_remove, "E_DIRECTORY_REMOVED" },
	{ "POST", "/pwd-policy/fetch", sandbox_serve_password_policy },
	{ "POST", "/test-connection", sandbox_serve_test_connection },
	{ "PATCH", "/authscheme/default/modules", sandbox_serve_auth_scheme, "E_PREFERREDSTORES_MODIFIED" },

	{ "POST", "/users/fetch", sandbox_serve_users },
	{ "POST", "/users/count", sandbox_serve_users_count },
	{ "POST", "/users/countAll", sandbox_serve_users_count_all },
	{ "POST", "/users/find", sandbox_serve_users_find },
	{ "POST", "/users/user/detailProfile/fetch", sandbox_serve_user_detail },
	{ "PUT", "/users/create", sandbox_serve_user_create, "USER_CREATED" },
	{ "PATCH", "/users/user/update", sandbox_serve_user_update, "USER_UPDATED" },
	{ "PATCH", "/users/user/role/update", sandbox_serve_user_role, "E_ROLE_CHANGED" },
	{ "POST", "/users/user/lock", sandbox_serve_user_lock, "USER_LOCKED" },
	{ "POST", "/users/user/unlock", sandbox_serve_user_unlock, "USER_UNLOCKED" },
	{ "POST", "/user_properties/update", sandbox_serve_user_properties, "USER_PROPERTIES_UPDATED" },
	{ "POST", "/users/user/update_phone_numbers", sandbox_serve_user_phones, "USER_PHONES_UPDATED" },
	{ "POST", "/user_properties/check_unique/alias", sandbox_serve_alias_unique },

	{ "POST", "/users/user/devices/fetch", sandbox_serve_devices },
	{ "POST", "/users/user/login_options/fetch", sandbox_serve_login_options },
	{ "PATCH", "/users/unlinkuser", sandbox_serve_device_unlink, "USER_DEVICE_UNLINKED" },
	{ "POST", "/users/accesscodes/fetch", sandbox_serve_codes },
	{ "PUT", "/users/invite", sandbox_serve_code_invite, "USER_INVITED" },
	{ "DELETE", "/users/accesscode/{code}", sandbox_serve_code_revoke, "ACCESS_CODE_REVOKED" },

	{ "POST", "/serviceprovider/fetch", sandbox_serve_providers },
	{ "GET", "/serviceprovider/{id}", sandbox_serve_provider },
	{ "PUT", "/serviceprovider", sandbox_serve_provider_create, "E_SP_CREATED" },
	{ "PUT", "/serviceprovider/{type}", sandbox_serve_provider_featured, "E_SP_CREATED" },
	{ "PATCH", "/serviceprovider/{id}", sandbox_serve_provider_change, "E_SP_MODIFIED" },
	{ "DELETE", "/serviceprovider/{id}", sandbox_serve_provider_remove, "E_SP_DELETED" },
	{ "GET", "/serviceprovider/idp-initiated", sandbox_serve_provider_apps },

	{ "GET", "/authz/role/fetch", sandbox_serve_roles },
	{ "GET", "/v2/authz/roles/fetch", sandbox_serve_roles },
	{ "GET", "/authz/role/fetch/{roleName}", sandbox_serve_role },

	{ "POST", "/reports/audit_log", sandbox_serve_audit_log },
	{ "POST", "/reports/events", sandbox_serve_events },
	{ "POST", "/reports/login_activity", sandbox_serve_login_activity },
	{ "PUT", "/reports/event", sandbox_serve_event_store },
	{ "POST", "/reports/metrics", sandbox_serve_metrics },
	{ "POST", "/reports/userenrollment", sandbox_serve_enrollment },
	{ "POST", "/reports/hardwaretokens_export", sandbox_serve_export },
	{ "POST", "/reports/role_assignment", sandbox_serve_export },
	{ "POST", "/reports/download/jobs", sandbox_serve_jobs },
	{ "PATCH", "/reports/download/jobs/{jobId}", sandbox_serve_job_cancel, "REPORT_JOB_CANCELLED" },

	{ "POST", "/hardwaretokens/fetch", sandbox_serve_tokens },
	{ "PUT", "/hardwaretokens/tokens", sandbox_serve_token_create, "HARDWARE_TOKENS_CREATED" },
	{ "PATCH", "/hardwaretokens/tokens/{id}", sandbox_serve_token_change, "HARDWARE_TOKEN_UPDATED" },
	{ "DELETE", "/hardwaretokens/tokens", sandbox_serve_token_remove, "HARDWARE_TOKENS_DELETED" },
	{ "POST", "/hardwaretokens/resync", sandbox_serve_token_resync, "HARDWARE_TOKEN_RESYNCED" },
	{ "POST", "/hardwaretokens/usertokens/fetch", sandbox_serve_token_users },
	{ "PUT", "/hardwaretokens/usertokens", sandbox_serve_token_assign, "HARDWARE_TOKENS_ASSIGNED" },
	{ "PUT", "/hardwaretokens/usertokens/csv_text", sandbox_serve_token_assign_table, "HARDWARE_TOKENS_ASSIGNED" },
	{ "DELETE", "/hardwaretokens/usertokens", sandbox_serve_token_take, "HARDWARE_TOKENS_TAKEN" },

	{ "POST", "/authz/authorization/fetch", sandbox_serve_authorizations },
	{ "POST", "/permission/fetch", sandbox_serve_permissions },
	{ "GET", "/users/user/ial", sandbox_serve_ial },
	{ NULL },
};

const struct route *sandbox_routes_all(void)
{
	return routes;
}

const struct route *sandbox_routes_find(const struct tfs_endpoint *endpoint, const struct collection **ret_collection)
{
	const struct route *found = NULL;

	*ret_collection = NULL;
	for (const struct route *route = routes; route->method; route++)
		if (sandbox_route_serves(route, endpoint))
			return route;
	*ret_collection = sandbox_collections_route(endpoint, &found);
	return found;
}

bool sandbox_route_signs_on(const struct route *route)
{
	static const char *const paths[] = { "/publickeys", "/v2/request_access" };

	for (size_t i = 0; route && i < sizeof(paths) / sizeof(*paths); i++)
		if (!strcmp(route->path, paths[i]))
			return true;
	return false;
}

int sandbox_serve_documented(struct call *call)
{
	const struct tfs_endpoint *endpoint = call->endpoint;
	cleanup_json json_t *answer = NULL;
	int status = 0;

	for (const int *s = endpoint->statuses; s && *s && !status; s++)
		if (*s >= 200 && *s < 400)
			status = *s;
	if (!status)
		return call_refuse(call, 401, NULL, "this cannot be done here");
	call->status = status;
	if (status != 200 && status != 201)
		return 0;
	if (!endpoint->answer)
		return endpoint->answer_seal == TFS_SEAL_ALWAYS ? sandbox_call_answer(call, json_object()) : 0;
	if (tfs_json_parse(endpoint->answer, strlen(endpoint->answer), &answer, NULL) < 0)
		return -EIO;
	if (!json_is_string(answer))
		return sandbox_call_answer(call, json_incref(answer));
	/* A file, not JSON. */
	call->type = "application/octet-stream";
	return tfs_buf_add(&call->text, json_string_value(answer), json_string_length(answer));
}
