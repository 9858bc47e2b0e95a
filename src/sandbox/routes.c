/* The table of what the sandbox keeps state for; the rest of the catalogue is answered as documented. */
#include "routes.h"

#include <errno.h>
#include <string.h>

#include "routes-config.h"

#define SETTINGS "/config/authentication/"

static const struct route routes[] = {
	{ "GET", "/publickeys", serve_public_key },
	{ "GET", "/healthz", serve_health },
	{ "GET", "/platform_health", serve_health },
	{ "GET", "/sd", serve_directory },
	{ "POST", "/community_auth_info/fetch", serve_community_info },
	{ "POST", "/ecdsa_helper/{method}", serve_ecdsa },
	{ "GET", "/servicekeys", serve_service_keys },
	{ "DELETE", "/servicekey/{keyId}", serve_service_key_reset, NULL, "SERVICE_KEY_RESET" },

	{ "POST", "/authenticate", serve_authenticate },
	{ "POST", "/verifyuser", serve_verify_user },
	{ "POST", "/v2/request_access", serve_request_access },
	{ "GET", "/logout", serve_logout, NULL, "LOGOUT" },
	{ "POST", "/jwt/verifyToken", serve_token_check },

	{ "GET", "/environment", serve_environment, "environment" },
	{ "PATCH", "/environment", serve_document_merge, "environment", "ENVIRONMENT_UPDATED" },
	{ "GET", SETTINGS "fido_settings", serve_document, "fido" },
	{ "PUT", SETTINGS "fido_settings", serve_document_replace, "fido", "FIDO_SETTINGS_UPDATED" },
	{ "GET", SETTINGS "first_time_enrollment_settings", serve_document, "first-time-enrollment" },
	{ "PUT", SETTINGS "first_time_enrollment_settings", serve_document_replace, "first-time-enrollment",
	  "FIRST_TIME_ENROLLMENT_UPDATED" },
	{ "GET", SETTINGS "liveid_selfie_settings", serve_document, "liveid-selfie" },
	{ "PUT", SETTINGS "liveid_selfie_settings", serve_document_replace, "liveid-selfie",
	  "LIVEID_SELFIE_UPDATED" },
	{ "GET", SETTINGS "mfa_settings", serve_document, "mfa" },
	{ "PUT", SETTINGS "mfa_settings", serve_document_replace, "mfa", "MFA_SETTINGS_UPDATED" },
	{ "GET", SETTINGS "orion_settings", serve_document, "orion" },
	{ "PUT", SETTINGS "orion_settings", serve_document_replace, "orion", "ORION_SETTINGS_UPDATED" },
	{ "GET", SETTINGS "password_reset", serve_document, "password-reset" },
	{ "PUT", SETTINGS "password_reset", serve_document_replace, "password-reset",
	  "PASSWORD_RESET_UPDATED" },
	{ "GET", SETTINGS "pwdless_settings/{dns}/{communityName}", serve_document, "passwordless" },
	{ "PUT", SETTINGS "pwdless_settings", serve_document_replace, "passwordless",
	  "PASSWORDLESS_UPDATED" },
	{ "GET", SETTINGS "windows_mfa_settings", serve_document, "windows-mfa" },
	{ "PUT", SETTINGS "windows_mfa_settings", serve_document_replace, "windows-mfa",
	  "WINDOWS_MFA_UPDATED" },
	{ "POST", "/branding/fetch", serve_document, "branding" },
	{ "PUT", "/branding", serve_document_replace, "branding", "E_BRANDING_MODIFIED" },
	{ "POST", "/config/self_registration_config/fetch", serve_document, "self-registration" },
	{ "PUT", "/config/self_registration_config", serve_document_replace, "self-registration",
	  "SELF_REGISTRATION_UPDATED" },
	{ "POST", "/config/idp_config/fetch", serve_document, "saml-idp" },
	{ "PUT", "/config/idp_config", serve_document_replace, "saml-idp", "E_IDP_CONFIGURATION_MODIFIED" },
	{ "GET", "/instance_config/self_registration_config", serve_document, "instance-self-registration" },
	{ "PUT", "/instance_config/self_registration_config", serve_document_replace,
	  "instance-self-registration", "INSTANCE_SELF_REGISTRATION_UPDATED" },

	{ "POST", "/config/fetch", serve_caas },
	{ "POST", "/config/session_attributes/fetch", serve_session_attributes },
	{ "PUT", "/config/session_attributes", serve_session_attributes_set, NULL,
	  "SESSION_ATTRIBUTES_UPDATED" },
	{ "POST", "/config/template/fetch", serve_templates },
	{ "PUT", "/config/template", serve_templates_set, NULL, "TEMPLATE_UPDATED" },
	{ "DELETE", "/config/template", serve_templates_remove, NULL, "TEMPLATE_DELETED" },
	{ "GET", "/config/consents/{type}", serve_consent },
	{ "GET", "/config/consents/ipfs/{ipfsHash}", serve_consent_version },
	{ "PUT", "/config/consents", serve_consent_set, NULL, "E_BIOMETRIC_CONSENT_UPDATED" },
	{ "POST", "/user_consent/check", serve_consent_check },
	{ "GET", "/spcatalog/list", serve_catalog },
	{ "POST", "/downloadables/versions/fetch", serve_versions },
	{ "POST", "/downloadables/artifact/fetch", serve_artifact },
	{ "GET", "/community/{communityName}/idp/{idpIdentifier}/metadata", serve_idp_metadata },
	{ "POST", "/community/{communityName}/idp/{idpIdentifier}/metadata", serve_idp_metadata },

	{ "POST", "/auth_modules/fetch", serve_modules },
	{ "GET", "/auth_modules/{moduleId}", serve_module },
	{ "PUT", "/auth_modules/create", serve_module_create, NULL, "E_DIRECTORY_ADDED" },
	{ "PATCH", "/auth_modules/{moduleId}", serve_module_change, NULL, "E_DIRECTORY_MODIFIED" },
	{ "PATCH", "/auth_modules/updateJs/{moduleId}", serve_module_script, NULL,
	  "E_DIRECTORY_ADVANCED_CONFIGURATION_MODIFIED" },
	{ "DELETE", "/auth_modules/{moduleId}", serve_module_remove, NULL, "E_DIRECTORY_REMOVED" },
	{ "POST", "/pwd-policy/fetch", serve_password_policy },
	{ "POST", "/test-connection", serve_test_connection },
	{ "GET", "/attributes", serve_attributes },
	{ "PUT", "/attributes", serve_attributes_create },
	{ "PATCH", "/attributes/{attributeId}", serve_attribute_change, NULL, "E_DIRECTORY_ATTRIBUTE_MODIFIED" },
	{ "DELETE", "/attributes/{attributeId}", serve_attribute_remove, NULL, "E_DIRECTORY_ATTRIBUTE_DELETED" },
	{ "POST", "/broker/fetch", serve_brokers },
	{ "PATCH", "/broker/changestatus", serve_broker_status },
	{ "PATCH", "/broker/update", serve_broker_rename, NULL, "E_DIRECTORY_BROKER_MODIFIED" },
	{ "DELETE", "/broker/{uid}", serve_broker_remove, NULL, "E_DIRECTORY_BROKER_DELETED" },
	{ "PATCH", "/authscheme/default/modules", serve_auth_scheme, NULL, "E_PREFERREDSTORES_MODIFIED" },

	{ "POST", "/users/fetch", serve_users },
	{ "POST", "/users/count", serve_users_count },
	{ "POST", "/users/countAll", serve_users_count_all },
	{ "POST", "/users/find", serve_users_find },
	{ "POST", "/users/user/detailProfile/fetch", serve_user_detail },
	{ "PUT", "/users/create", serve_user_create, NULL, "USER_CREATED" },
	{ "PATCH", "/users/user/update", serve_user_update, NULL, "USER_UPDATED" },
	{ "PATCH", "/users/user/role/update", serve_user_role, NULL, "E_ROLE_CHANGED" },
	{ "POST", "/users/user/lock", serve_user_lock, NULL, "USER_LOCKED" },
	{ "POST", "/users/user/unlock", serve_user_unlock, NULL, "USER_UNLOCKED" },
	{ "POST", "/user_properties/update", serve_user_properties, NULL, "USER_PROPERTIES_UPDATED" },
	{ "POST", "/users/user/update_phone_numbers", serve_user_phones, NULL, "USER_PHONES_UPDATED" },
	{ "POST", "/user_properties/check_unique/alias", serve_alias_unique },

	{ "POST", "/users/user/devices/fetch", serve_devices },
	{ "POST", "/users/user/login_options/fetch", serve_login_options },
	{ "PATCH", "/users/unlinkuser", serve_device_unlink, NULL, "USER_DEVICE_UNLINKED" },
	{ "POST", "/users/accesscodes/fetch", serve_codes },
	{ "PUT", "/users/invite", serve_code_invite, NULL, "USER_INVITED" },
	{ "DELETE", "/users/accesscode/{code}", serve_code_revoke, NULL, "ACCESS_CODE_REVOKED" },

	{ "POST", "/serviceprovider/fetch", serve_providers },
	{ "GET", "/serviceprovider/{id}", serve_provider },
	{ "PUT", "/serviceprovider", serve_provider_create, NULL, "E_SP_CREATED" },
	{ "PUT", "/serviceprovider/{type}", serve_provider_featured, NULL, "E_SP_CREATED" },
	{ "PATCH", "/serviceprovider/{id}", serve_provider_change, NULL, "E_SP_MODIFIED" },
	{ "DELETE", "/serviceprovider/{id}", serve_provider_remove, NULL, "E_SP_DELETED" },
	{ "GET", "/serviceprovider/idp-initiated", serve_provider_apps },

	{ "GET", "/authz/role/fetch", serve_roles },
	{ "GET", "/v2/authz/roles/fetch", serve_roles },
	{ "GET", "/authz/role/fetch/{roleName}", serve_role },

	{ "POST", "/reports/audit_log", serve_audit_log },
	{ "POST", "/reports/events", serve_events },
	{ "POST", "/reports/login_activity", serve_login_activity },
	{ "PUT", "/reports/event", serve_event_store },
	{ "POST", "/reports/metrics", serve_metrics },
	{ "POST", "/reports/userenrollment", serve_enrollment },
	{ "POST", "/reports/hardwaretokens_export", serve_export },
	{ "POST", "/reports/role_assignment", serve_export },
	{ "POST", "/reports/download/jobs", serve_jobs },
	{ "PATCH", "/reports/download/jobs/{jobId}", serve_job_cancel, NULL, "REPORT_JOB_CANCELLED" },

	{ "POST", "/msg_gateway/fetch", serve_collection, "message-gateway" },
	{ "POST", "/msg_gateway/fetch/{id}", serve_collection_one, "message-gateway" },
	{ "POST", "/msg_gateway/create", serve_collection_create, "message-gateway", "E_MSG_GATEWAY_CREATED" },
	{ "POST", "/msg_gateway/update", serve_collection_replace, "message-gateway",
	  "E_MSG_GATEWAY_MODIFIED" },
	{ "DELETE", "/msg_gateway", serve_collection_remove, "message-gateway", "E_MSG_GATEWAY_DELETED" },
	{ "POST", "/idp/fetch", serve_collection, "identity-provider" },
	{ "PUT", "/idp", serve_collection_create, "identity-provider", "E_IDP_CONFIGURATION_MODIFIED" },
	{ "PATCH", "/idp/{id}", serve_collection_change, "identity-provider",
	  "E_IDP_CONFIGURATION_MODIFIED" },
	{ "DELETE", "/idp/{id}", serve_collection_remove, "identity-provider",
	  "E_IDP_CONFIGURATION_MODIFIED" },
	{ "POST", "/external_idp/fetch", serve_collection, "external-identity-provider" },
	{ "PUT", "/external_idp", serve_collection_create, "external-identity-provider",
	  "E_EXTERNAL_IDP_CREATED" },
	{ "PATCH", "/external_idp/{id}", serve_collection_change, "external-identity-provider",
	  "E_EXTERNAL_IDP_MODIFIED" },
	{ "DELETE", "/external_idp/{id}", serve_collection_remove, "external-identity-provider",
	  "E_EXTERNAL_IDP_DELETED" },
	{ "POST", "/authenticationJourney/fetch", serve_collection, "authentication-journey" },
	{ "PUT", "/authenticationJourney", serve_collection_create, "authentication-journey",
	  "E_ADAPTIVEAUTH_MODIFIED" },
	{ "PATCH", "/authenticationJourney/{id}", serve_collection_change, "authentication-journey",
	  "E_ADAPTIVEAUTH_MODIFIED" },
	{ "DELETE", "/authenticationJourney/{id}", serve_collection_remove, "authentication-journey",
	  "E_ADAPTIVEAUTH_MODIFIED" },
	{ "POST", "/v2/authenticationJourney/fetch", serve_collection, "authentication-journey-v2" },
	{ "PUT", "/v2/authenticationJourney", serve_collection_create, "authentication-journey-v2",
	  "E_ADAPTIVEAUTH_MODIFIED" },
	{ "PATCH", "/v2/authenticationJourney/{id}", serve_collection_change, "authentication-journey-v2",
	  "E_ADAPTIVEAUTH_MODIFIED" },
	{ "DELETE", "/v2/authenticationJourney/{id}", serve_collection_remove, "authentication-journey-v2",
	  "E_ADAPTIVEAUTH_MODIFIED" },
	{ "POST", "/radius/fetch", serve_collection, "radius" },
	{ "PUT", "/radius/config/{uid}", serve_collection_set, "radius", "E_RADIUS_MODIFIED" },
	{ "DELETE", "/radius/config/{uid}", serve_collection_remove, "radius", "E_RADIUS_DELETED" },
	{ "POST", "/authproxy/fetch", serve_collection, "auth-proxy" },
	{ "PUT", "/authproxy/config/{id}", serve_collection_set, "auth-proxy", "E_AUTH_PROXY_MODIFIED" },
	{ "DELETE", "/authproxy/config/{id}", serve_collection_remove, "auth-proxy", "E_AUTH_PROXY_DELETED" },
	{ "POST", "/secret-store/fetch", serve_collection, "secret" },
	{ "POST", "/secret-store/create", serve_collection_create, "secret", "E_SECRET_CREATED" },
	{ "POST", "/secret-store/delete", serve_collection_remove, "secret", "E_SECRET_DELETED" },
	{ "POST", "/webauthn/vendormetadata/{communityId}/fetch", serve_collection, "security-key" },
	{ "PUT", "/webauthn/vendormetadata/{communityId}", serve_collection_create, "security-key",
	  "E_SECURITY_KEY_CREATED" },
	{ "PATCH", "/webauthn/vendormetadata/{communityId}/aaguid/{aaguid}", serve_collection_change,
	  "security-key", "E_SECURITY_KEY_MODIFIED" },

	{ "POST", "/hardwaretokens/fetch", serve_tokens },
	{ "PUT", "/hardwaretokens/tokens", serve_token_create, NULL, "HARDWARE_TOKENS_CREATED" },
	{ "PATCH", "/hardwaretokens/tokens/{id}", serve_token_change, NULL, "HARDWARE_TOKEN_UPDATED" },
	{ "DELETE", "/hardwaretokens/tokens", serve_token_remove, NULL, "HARDWARE_TOKENS_DELETED" },
	{ "POST", "/hardwaretokens/resync", serve_token_resync, NULL, "HARDWARE_TOKEN_RESYNCED" },
	{ "POST", "/hardwaretokens/usertokens/fetch", serve_token_users },
	{ "PUT", "/hardwaretokens/usertokens", serve_token_assign, NULL, "HARDWARE_TOKENS_ASSIGNED" },
	{ "PUT", "/hardwaretokens/usertokens/csv_text", serve_token_assign_table, NULL,
	  "HARDWARE_TOKENS_ASSIGNED" },
	{ "DELETE", "/hardwaretokens/usertokens", serve_token_take, NULL, "HARDWARE_TOKENS_TAKEN" },

	{ "POST", "/authz/authorization/fetch", serve_authorizations },
	{ "POST", "/permission/fetch", serve_permissions },
	{ "GET", "/users/user/ial", serve_ial },
	{ NULL },
};

const struct route *routes_all(void)
{
	return routes;
}

const struct route *routes_find(const struct tfs_endpoint *endpoint)
{
	for (const struct route *route = routes; route->method; route++)
		if (!strcmp(route->path, endpoint->path) && !strcmp(route->method, endpoint->method))
			return route;
	return NULL;
}

int serve_documented(struct call *call)
{
	const struct tfs_endpoint *endpoint = call->endpoint;
	json_t *answer = NULL;
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
		return endpoint->answer_seal == TFS_SEAL_ALWAYS ? call_answer(call, json_object()) : 0;
	if (tfs_json_parse(endpoint->answer, strlen(endpoint->answer), &answer, NULL) < 0)
		return -EIO;
	return call_answer(call, answer);
}
