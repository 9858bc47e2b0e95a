/*
 * The collections that connect a community: gateways, identity providers, journeys, proxies, secrets,
 * security keys.
 */
#include <errno.h>

#include "collections.h"

/* `type` is the gateway's vendor; the document lists the members each vendor requires. */
static const struct collection_need gateway_needs[] = {
	{ "/channels", "email", "senderEmail" },
	{ "/channels", "sms", "senderPhone" },
	{ "/channels", "sms", "smstemplateid" },
	{ "/channels", "sms", "entityId" },
	{ "/channels", "voice", "senderPhone" },
	{ "/type", "Coalesce", "authTokenRequestUrl" },
	{ "/type", "Coalesce", "authClientId" },
	{ "/type", "Coalesce", "authClientSecret" },
	{ "/type", "Coalesce", "authGrantType" },
	{ "/type", "Coalesce", "authScope" },
	{ "/type", "Gupshup", "principalEntityId" },
	{ "/type", "Gupshup", "dltTemplateId" },
	{ "/type", "aws", "awsRegion" },
	{ "/type", "sandesh", "appCategory" },
	{ "/type", "sandesh", "gstFlag" },
	{ "/type", "sandesh", "msgType" },
	{ NULL },
};

static const struct collection_filter by_id[] = { { "id", "/id" }, { "type", "/type" }, { NULL } };
static const struct collection_filter by_ids[] = { { "ids", "/id" }, { NULL } };
static const struct collection_filter by_uids[] = { { "ids", "/uid" }, { NULL } };
static const struct collection_filter by_aaguid[] = { { "aaguid", "/aaguid" }, { NULL } };
static const struct collection_filter journey_filters[] = {
	{ "ids", "/id" },
	{ "requestingAppId", "/requestingAppId/value" },
	{ "category", "/category" },
	{ NULL },
};

static const char *const type_alone[] = { "type", NULL };
static const char *const value_hidden[] = { "value", NULL };

#define PLACE "\"tenantId\": \"@tenant\", \"communityId\": \"@community\""
#define PROXY                                                                                              \
	"{\"name\": \"$name\", \"authScheme\": \"$authScheme\", \"pushKeyword\": \"$pushKeyword\", "       \
	"\"ivrKeyword\": \"$ivrKeyword\", \"isDefaultAuthMethodEnable\": \"$isDefaultAuthMethodEnable\", " \
	"\"defaultAuthMethod\": \"$defaultAuthMethod\"}"

/* A community always has one identity provider: the first list request creates the default. */
static int make_default_idp(struct call *call)
{
	cleanup_json json_t *list = NULL;
	int r = sandbox_store_list(call->box->store, call->community->id, call->collection->kind, &list);

	if (r < 0 || json_array_size(list) > 0)
		return r;
	call->wrote = true;
	return sandbox_collection_add(call, call->collection, json_pack("{s:s}", "type", "oidc"));
}

/* The default method is kept only while it is enabled. */
static int check_proxy(struct call *call, json_t *record, const json_t *old)
{
	(void)call;
	(void)old;
	if (!json_object_get(record, "isDefaultAuthMethodEnable") &&
	    json_object_set_new(record, "isDefaultAuthMethodEnable", json_false()) < 0)
		return -ENOMEM;
	if (!json_is_true(json_object_get(record, "isDefaultAuthMethodEnable")))
		json_object_del(record, "defaultAuthMethod");
	return 0;
}

const struct collection sandbox_collections_connect[] = {
	{ .kind = "message-gateway",
	  .what = "message gateway",
	  .id = "id",
	  .named_by = "gatewayId",
	  .needs = gateway_needs,
	  .born = "{" PLACE ", \"active\": \"true\"}",
	  .one = "[\"$\"]",
	  .made = "{\"id\": \"$id\", \"status\": \"created\"}",
	  .changed = "{\"id\": \"$id\", \"status\": \"updated\"}",
	  .routes = { { "POST", "/msg_gateway/fetch", sandbox_serve_collection },
		      { "POST", "/msg_gateway/fetch/{id}", sandbox_serve_collection_one },
		      { "POST", "/msg_gateway/create", sandbox_serve_collection_create, "E_MSG_GATEWAY_CREATED" },
		      { "POST", "/msg_gateway/update", sandbox_serve_collection_replace, "E_MSG_GATEWAY_MODIFIED" },
		      { "DELETE", "/msg_gateway", sandbox_serve_collection_remove, "E_MSG_GATEWAY_DELETED" } } },
	{ .kind = "identity-provider",
	  .what = "identity provider",
	  .id = "id",
	  .name = "type",
	  .unique = type_alone,
	  .filters = by_id,
	  .born = "{" PLACE "}",
	  .before_list = make_default_idp,
	  .whole = true,
	  .routes = { { "POST", "/idp/fetch", sandbox_serve_collection },
		      { "PUT", "/idp", sandbox_serve_collection_create, "E_IDP_CONFIGURATION_MODIFIED" },
		      { "PATCH", "/idp/{id}", sandbox_serve_collection_change, "E_IDP_CONFIGURATION_MODIFIED" },
		      { "DELETE", "/idp/{id}", sandbox_serve_collection_remove, "E_IDP_CONFIGURATION_MODIFIED" } } },
	{ .kind = "external-identity-provider",
	  .what = "external identity provider",
	  .id = "id",
	  .name = "name",
	  .filters = by_ids,
	  .born = "{" PLACE "}",
	  .whole = true,
	  .routes = { { "POST", "/external_idp/fetch", sandbox_serve_collection },
		      { "PUT", "/external_idp", sandbox_serve_collection_create, "E_EXTERNAL_IDP_CREATED" },
		      { "PATCH", "/external_idp/{id}", sandbox_serve_collection_change, "E_EXTERNAL_IDP_MODIFIED" },
		      { "DELETE", "/external_idp/{id}", sandbox_serve_collection_remove, "E_EXTERNAL_IDP_DELETED" } } },
	{ .kind = "authentication-journey",
	  .what = "authentication journey",
	  .id = "id",
	  .ids = COLLECTION_UUID,
	  .name = "journeyName",
	  .filters = by_ids,
	  .born = "{" PLACE "}",
	  .whole = true,
	  .routes = { { "POST", "/authenticationJourney/fetch", sandbox_serve_collection },
		      { "PUT", "/authenticationJourney", sandbox_serve_collection_create, "E_ADAPTIVEAUTH_MODIFIED" },
		      { "PATCH", "/authenticationJourney/{id}", sandbox_serve_collection_change,
			"E_ADAPTIVEAUTH_MODIFIED" },
		      { "DELETE", "/authenticationJourney/{id}", sandbox_serve_collection_remove,
			"E_ADAPTIVEAUTH_MODIFIED" } } },
	{ .kind = "authentication-journey-v2",
	  .what = "authentication journey",
	  .id = "id",
	  .name = "name",
	  .filters = journey_filters,
	  .whole = true,
	  .routes = { { "POST", "/v2/authenticationJourney/fetch", sandbox_serve_collection },
		      { "PUT", "/v2/authenticationJourney", sandbox_serve_collection_create,
			"E_ADAPTIVEAUTH_MODIFIED" },
		      { "PATCH", "/v2/authenticationJourney/{id}", sandbox_serve_collection_change,
			"E_ADAPTIVEAUTH_MODIFIED" },
		      { "DELETE", "/v2/authenticationJourney/{id}", sandbox_serve_collection_remove,
			"E_ADAPTIVEAUTH_MODIFIED" } } },
	{ .kind = "radius",
	  .what = "RADIUS configuration",
	  .id = "uid",
	  .ids = COLLECTION_GIVEN,
	  .name = "name",
	  .filters = by_uids,
	  .removed = "{}",
	  .routes = { { "POST", "/radius/fetch", sandbox_serve_collection },
		      { "PUT", "/radius/config/{uid}", sandbox_serve_collection_set, "E_RADIUS_MODIFIED" },
		      { "DELETE", "/radius/config/{uid}", sandbox_serve_collection_remove, "E_RADIUS_DELETED" } } },
	{ .kind = "auth-proxy",
	  .what = "authentication proxy",
	  .id = "id",
	  .ids = COLLECTION_GIVEN,
	  .name = "name",
	  .filters = by_ids,
	  .made = PROXY,
	  .changed = PROXY,
	  .check = check_proxy,
	  .routes = { { "POST", "/authproxy/fetch", sandbox_serve_collection },
		      { "PUT", "/authproxy/config/{id}", sandbox_serve_collection_set, "E_AUTH_PROXY_MODIFIED" },
		      { "DELETE", "/authproxy/config/{id}", sandbox_serve_collection_remove,
			"E_AUTH_PROXY_DELETED" } } },
	{ .kind = "secret",
	  .what = "secret",
	  .id = "tag",
	  .ids = COLLECTION_GIVEN,
	  .hidden = value_hidden,
	  .born = "{\"createdBy\": \"@actor\", \"createdTs\": \"@seconds\", " PLACE "}",
	  .removed = "{\"message\": \"the secret is gone\"}",
	  .routes = { { "POST", "/secret-store/fetch", sandbox_serve_collection },
		      { "POST", "/secret-store/create", sandbox_serve_collection_create, "E_SECRET_CREATED" },
		      { "POST", "/secret-store/delete", sandbox_serve_collection_remove, "E_SECRET_DELETED" } } },
	{ .kind = "security-key",
	  .what = "security key",
	  .id = "aaguid",
	  .ids = COLLECTION_GIVEN,
	  .name = "name",
	  .filters = by_aaguid,
	  .made = "{\"aaguid\": \"$aaguid\", \"id\": \"@id\"}",
	  .changed = "{\"status\": \"ok\"}",
	  .routes = { { "POST", "/webauthn/vendormetadata/{communityId}/fetch", sandbox_serve_collection },
		      { "PUT", "/webauthn/vendormetadata/{communityId}", sandbox_serve_collection_create,
			"E_SECURITY_KEY_CREATED" },
		      { "PATCH", "/webauthn/vendormetadata/{communityId}/aaguid/{aaguid}",
			sandbox_serve_collection_change, "E_SECURITY_KEY_MODIFIED" } } },
	{ NULL },
};
