/* The table of what the sandbox keeps state for; the rest of the catalogue is answered as documented. */
#include "routes.h"

#include <errno.h>
#include <string.h>

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
	{ "PUT", "/branding", serve_document_replace, "branding", "BRANDING_UPDATED" },
	{ "POST", "/config/self_registration_config/fetch", serve_document, "self-registration" },
	{ "PUT", "/config/self_registration_config", serve_document_replace, "self-registration",
	  "SELF_REGISTRATION_UPDATED" },
	{ "POST", "/config/idp_config/fetch", serve_document, "saml-idp" },
	{ "PUT", "/config/idp_config", serve_document_replace, "saml-idp", "IDP_CONFIG_UPDATED" },
	{ "GET", "/instance_config/self_registration_config", serve_document, "instance-self-registration" },
	{ "PUT", "/instance_config/self_registration_config", serve_document_replace,
	  "instance-self-registration", "INSTANCE_SELF_REGISTRATION_UPDATED" },

	{ "POST", "/auth_modules/fetch", serve_modules },
	{ "GET", "/auth_modules/{moduleId}", serve_module },
	{ "PUT", "/auth_modules/create", serve_module_create, NULL, "AUTH_MODULE_CREATED" },
	{ "PATCH", "/auth_modules/{moduleId}", serve_module_change, NULL, "AUTH_MODULE_UPDATED" },
	{ "PATCH", "/auth_modules/updateJs/{moduleId}", serve_module_script, NULL,
	  "AUTH_MODULE_SCRIPT_UPDATED" },
	{ "DELETE", "/auth_modules/{moduleId}", serve_module_remove, NULL, "AUTH_MODULE_DELETED" },
	{ "POST", "/pwd-policy/fetch", serve_password_policy },
	{ "PATCH", "/authscheme/default/modules", serve_auth_scheme, NULL, "AUTH_SCHEME_UPDATED" },

	{ "POST", "/users/fetch", serve_users },
	{ "POST", "/users/count", serve_users_count },
	{ "POST", "/users/countAll", serve_users_count_all },
	{ "POST", "/users/find", serve_users_find },
	{ "POST", "/users/user/detailProfile/fetch", serve_user_detail },
	{ "PUT", "/users/create", serve_user_create, NULL, "USER_CREATED" },
	{ "PATCH", "/users/user/update", serve_user_update, NULL, "USER_UPDATED" },
	{ "PATCH", "/users/user/role/update", serve_user_role, NULL, "USER_ROLE_UPDATED" },
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
	{ "PUT", "/serviceprovider", serve_provider_create, NULL, "SERVICE_PROVIDER_CREATED" },
	{ "PUT", "/serviceprovider/{type}", serve_provider_featured, NULL, "SERVICE_PROVIDER_CREATED" },
	{ "PATCH", "/serviceprovider/{id}", serve_provider_change, NULL, "SERVICE_PROVIDER_UPDATED" },
	{ "DELETE", "/serviceprovider/{id}", serve_provider_remove, NULL, "SERVICE_PROVIDER_DELETED" },
	{ "GET", "/serviceprovider/idp-initiated", serve_provider_apps },

	{ "GET", "/authz/role/fetch", serve_roles },
	{ "GET", "/v2/authz/roles/fetch", serve_roles },
	{ "GET", "/authz/role/fetch/{roleName}", serve_role },
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
