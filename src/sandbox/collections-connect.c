/* Gateways, identity providers, journeys, proxies, secrets, security keys: what a community is connected by.
 */
#include <errno.h>

#include "collection.h"

/* The vendor is the gateway's type; which members it wants, the document says vendor by vendor. */
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

/* There is always one: the default is made when somebody looks. */
static int make_default_idp(struct call *call)
{
	const struct collection *row = collection_find("identity-provider");
	cleanup_json json_t *list = NULL;
	int r = store_list(call->box->store, call->community->id, row->kind, &list);

	if (r < 0 || json_array_size(list) > 0)
		return r;
	call->wrote = true;
	return collection_add(call, row, json_pack("{s:s}", "type", "oidc"));
}

/* The default method is kept only where it is switched on. */
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

const struct collection collections_connect[] = {
	{ .kind = "message-gateway",
	  .what = "message gateway",
	  .id = "id",
	  .named_by = "gatewayId",
	  .needs = gateway_needs,
	  .born = "{" PLACE ", \"active\": \"true\"}",
	  .one = "[\"$\"]",
	  .made = "{\"id\": \"$id\", \"status\": \"created\"}",
	  .changed = "{\"id\": \"$id\", \"status\": \"updated\"}" },
	{ .kind = "identity-provider",
	  .what = "identity provider",
	  .id = "id",
	  .name = "type",
	  .unique = type_alone,
	  .filters = by_id,
	  .born = "{" PLACE "}",
	  .before_list = make_default_idp },
	{ .kind = "external-identity-provider",
	  .what = "external identity provider",
	  .id = "id",
	  .name = "name",
	  .filters = by_ids,
	  .born = "{" PLACE "}" },
	{ .kind = "authentication-journey",
	  .what = "authentication journey",
	  .id = "id",
	  .ids = COLLECTION_UUID,
	  .name = "journeyName",
	  .filters = by_ids,
	  .born = "{" PLACE "}" },
	{ .kind = "authentication-journey-v2",
	  .what = "authentication journey",
	  .id = "id",
	  .name = "name",
	  .filters = journey_filters },
	{ .kind = "radius",
	  .what = "RADIUS configuration",
	  .id = "uid",
	  .ids = COLLECTION_GIVEN,
	  .name = "name",
	  .filters = by_uids,
	  .removed = "{}" },
	{ .kind = "auth-proxy",
	  .what = "authentication proxy",
	  .id = "id",
	  .ids = COLLECTION_GIVEN,
	  .name = "name",
	  .filters = by_ids,
	  .made = "{\"name\": \"$name\", \"authScheme\": \"$authScheme\", \"pushKeyword\": \"$pushKeyword\", "
		  "\"ivrKeyword\": \"$ivrKeyword\", \"isDefaultAuthMethodEnable\": "
		  "\"$isDefaultAuthMethodEnable\", \"defaultAuthMethod\": \"$defaultAuthMethod\"}",
	  .changed = "{\"name\": \"$name\", \"authScheme\": \"$authScheme\", \"pushKeyword\": "
		     "\"$pushKeyword\", \"ivrKeyword\": \"$ivrKeyword\", \"isDefaultAuthMethodEnable\": "
		     "\"$isDefaultAuthMethodEnable\", \"defaultAuthMethod\": \"$defaultAuthMethod\"}",
	  .check = check_proxy },
	{ .kind = "secret",
	  .what = "secret",
	  .id = "tag",
	  .ids = COLLECTION_GIVEN,
	  .hidden = value_hidden,
	  .born = "{\"createdBy\": \"@actor\", \"createdTs\": \"@seconds\", " PLACE "}",
	  .removed = "{\"message\": \"the secret is gone\"}" },
	{ .kind = "security-key",
	  .what = "security key",
	  .id = "aaguid",
	  .ids = COLLECTION_GIVEN,
	  .name = "name",
	  .filters = by_aaguid,
	  .made = "{\"aaguid\": \"$aaguid\", \"id\": \"@id\"}",
	  .changed = "{\"status\": \"ok\"}" },
	{ NULL },
};
