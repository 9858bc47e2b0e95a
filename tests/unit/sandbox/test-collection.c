/* Collections: one engine with a row for each kind; each option of a row is tested with one kind. */
#include "client.c"

#include "collections.h"
#include "routes-config.h"

#define KEYS "/webauthn/vendormetadata/"

static json_t *list_of(const struct client *client, const char *path, const char *more)
{
	char text[512];

	snprintf(text, sizeof(text), "{\"tenantId\":\"%s\",\"communityId\":\"%s\"%s}", client->tenant,
		 client->community, more);
	json_t *list = client_expect(client, 200, "POST", path, text);
	assert_true(json_is_array(list));
	return list;
}

/* The record with this text in `member`, or NULL; the caller frees. */
static json_t *record_with(const struct client *client, const char *path, const char *member, const char *text)
{
	cleanup_json json_t *list = list_of(client, path, "");
	size_t index;
	json_t *record;

	json_array_foreach (list, index, record) {
		const char *own = tfs_json_text(record, member);
		if (own && !strcmp(own, text))
			return json_incref(record);
	}
	return NULL;
}

/* {"tenantId", "communityId", …}: `more` begins with a comma, or is empty. The caller frees. */
static char *body_of(const struct client *client, const char *format, ...) __attribute__((format(printf, 2, 3)));

static char *body_of(const struct client *client, const char *format, ...)
{
	char *more = NULL;
	char *text = NULL;
	va_list args;

	va_start(args, format);
	assert_true(vasprintf(&more, format, args) >= 0);
	va_end(args);
	assert_true(asprintf(&text, "{\"tenantId\":\"%s\",\"communityId\":\"%s\"%s}", client->tenant, client->community,
			     more) > 0);
	free(more);
	return text;
}

/* The newest event has this name and object, and the user admin. */
static void expect_event(const struct world *world, const char *name, const char *id)
{
	cleanup_free char *body = body_of(&world->client, ",\"pSize\":1");
	cleanup_json json_t *log = client_expect(&world->client, 200, "POST", "/reports/audit_log", body);
	const json_t *event = tfs_json_at(log, "/data/0/auditLogEvents/0");

	assert_string_equal(tfs_json_text(event, "eventName"), name);
	assert_string_equal(tfs_json_text(event, "user_id"), "admin");
	assert_string_equal(tfs_json_text(event, "object_id"), id);
}

#define VOICE                                                                                            \
	",\"type\":\"plivo\",\"channels\":[\"voice\"],\"name\":\"New\",\"username\":\"u\",\"password\":" \
	"\"p\",\"serviceUrl\":\"https://v.example.com\""

static void test_record_is_created_replaced_removed(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	cleanup_free char *body = body_of(client, VOICE ",\"senderPhone\":\"+1555\"");
	cleanup_json json_t *made = client_expect(client, 200, "POST", "/msg_gateway/create", body);
	const char *id = tfs_json_text(made, "id");
	char path[128];

	assert_int_equal(strlen(id), 24);
	assert_string_equal(tfs_json_text(made, "status"), "created");
	assert_int_equal(json_object_size(made), 2);
	expect_event(world, "E_MSG_GATEWAY_CREATED", id);
	cleanup_json json_t *record = record_with(client, "/msg_gateway/fetch", "id", id);
	assert_string_equal(tfs_json_text(record, "password"), "p");
	assert_string_equal(tfs_json_text(record, "communityId"), client->community);
	assert_string_equal(tfs_json_text(record, "active"), "true");

	/* An update removes members it could have and omits; members it cannot have stay. */
	cleanup_free char *other =
		body_of(client, VOICE ",\"senderPhone\":\"+1556\",\"id\":\"%s\",\"timeoutValue\":7", id);
	cleanup_json json_t *changed = client_expect(client, 200, "POST", "/msg_gateway/update", other);
	assert_string_equal(tfs_json_text(changed, "status"), "updated");
	expect_event(world, "E_MSG_GATEWAY_MODIFIED", id);
	cleanup_free char *again = body_of(client, VOICE ",\"senderPhone\":\"+1557\",\"id\":\"%s\"", id);
	json_decref(client_expect(client, 200, "POST", "/msg_gateway/update", again));
	snprintf(path, sizeof(path), "/msg_gateway/fetch/%s", id);
	cleanup_json json_t *one = list_of(client, path, "");
	assert_int_equal(json_array_size(one), 1);
	assert_string_equal(tfs_json_text(json_array_get(one, 0), "senderPhone"), "+1557");
	assert_string_equal(tfs_json_text(json_array_get(one, 0), "active"), "true");
	assert_null(json_object_get(json_array_get(one, 0), "timeoutValue"));

	cleanup_free char *gone = body_of(client, ",\"gatewayId\":\"%s\"", id);
	assert_null(client_expect(client, 204, "DELETE", "/msg_gateway", gone));
	expect_event(world, "E_MSG_GATEWAY_DELETED", id);
	client_expect_refusal(client, 400, "message gateway not found", "DELETE", "/msg_gateway", gone);
	client_expect_refusal(client, 400, "message gateway not found", "POST", "/msg_gateway/update", again);
	cleanup_free char *place = body_of(client, "%s", "");
	client_expect_refusal(client, 400, "message gateway not found", "POST", path, place);
}

static void test_gateway_requires_members_of_its_channel_and_vendor(void **state)
{
	static const struct {
		const char *type, *channel, *given, *missing;
	} rows[] = {
		{ "smtp", "email", "\"port\":\"25\"", "senderEmail" },
		{ "x", "voice", "\"port\":\"25\"", "senderPhone" },
		{ "x", "sms", "\"senderPhone\":\"1\",\"entityId\":\"e\"", "smstemplateid" },
		{ "x", "sms", "\"senderPhone\":\"1\",\"smstemplateid\":\"t\"", "entityId" },
		{ "aws", "email", "\"senderEmail\":\"a@example.com\"", "awsRegion" },
		{ "AWS", "email", "\"senderEmail\":\"a@example.com\",\"awsRegion\":\"\"", "awsRegion" },
		{ "Gupshup", "voice", "\"senderPhone\":\"1\",\"principalEntityId\":\"p\"", "dltTemplateId" },
		{ "sandesh", "voice", "\"senderPhone\":\"1\",\"appCategory\":\"c\",\"gstFlag\":\"N\"", "msgType" },
		{ "Coalesce", "voice", "\"senderPhone\":\"1\"", "authTokenRequestUrl" },
	};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char message[128];
		cleanup_free char *body =
			body_of(&world->client,
				",\"type\":\"%s\",\"channels\":[\"%s\"],\"username\":\"u\",\"password\":\"p\","
				"\"serviceUrl\":\"s\",%s",
				rows[i].type, rows[i].channel, rows[i].given);
		snprintf(message, sizeof(message), "\"%s\" is required", rows[i].missing);
		client_expect_refusal(&world->client, 400, message, "POST", "/msg_gateway/create", body);
	}
}

static void test_second_provider_of_a_type_is_refused(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	cleanup_json json_t *oidc = record_with(client, "/idp/fetch", "type", "oidc");
	cleanup_json json_t *saml = record_with(client, "/idp/fetch", "type", "saml");
	cleanup_free char *same = body_of(client, ",\"type\":\"oidc\",\"issuer\":\"x\"");
	cleanup_free char *none = body_of(client, ",\"issuer\":\"x\"");
	cleanup_free char *place = body_of(client, "%s", "");
	char path[64];

	/* The API document has no 409 for this call. */
	client_expect_refusal(client, 400, "another identity provider has this type", "PUT", "/idp", same);
	client_expect_refusal(client, 400, "\"type\" is required", "PUT", "/idp", none);
	snprintf(path, sizeof(path), "/idp/%s", tfs_json_text(saml, "id"));
	client_expect_refusal(client, 400, "another identity provider has this type", "PATCH", path, same);
	cleanup_json json_t *changed = client_expect(client, 200, "PATCH", path, "{\"issuer\":\"y\"}");
	assert_string_equal(tfs_json_text(changed, "issuer"), "y");
	cleanup_json json_t *less = client_expect(client, 200, "PATCH", path, "{\"issuer\":null}");
	assert_null(json_object_get(less, "issuer"));
	assert_string_equal(tfs_json_text(changed, "entityId"), tfs_json_text(saml, "entityId"));
	expect_event(world, "E_IDP_CONFIGURATION_MODIFIED", tfs_json_text(saml, "id"));
	assert_null(client_expect(client, 204, "DELETE", path, place));
	snprintf(path, sizeof(path), "/idp/%s", tfs_json_text(oidc, "id"));
	assert_null(client_expect(client, 204, "DELETE", path, place));
	/* Without any provider the default one is created, once. */
	cleanup_json json_t *first = list_of(client, "/idp/fetch", "");
	cleanup_json json_t *second = list_of(client, "/idp/fetch", "");
	assert_int_equal(json_array_size(first), 1);
	assert_true(json_equal(first, second));
	assert_string_not_equal(json_string_value(tfs_json_at(first, "/0/id")), tfs_json_text(oidc, "id"));
}

static void test_lists_are_filtered(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	cleanup_json json_t *all = list_of(client, "/v2/authenticationJourney/fetch", "");
	char more[128];

	assert_int_equal(json_array_size(all), 2);
	cleanup_json json_t *linux_ones =
		list_of(client, "/v2/authenticationJourney/fetch", ",\"requestingAppId\":\"linux_cp\"");
	assert_int_equal(json_array_size(linux_ones), 1);
	cleanup_json json_t *category =
		list_of(client, "/v2/authenticationJourney/fetch", ",\"category\":\"adaptive_auth_policy_v2\"");
	assert_int_equal(json_array_size(category), 1);
	assert_false(json_equal(linux_ones, category));
	snprintf(more, sizeof(more), ",\"ids\":[\"%s\",\"none\"]", json_string_value(tfs_json_at(all, "/1/id")));
	cleanup_json json_t *ids = list_of(client, "/v2/authenticationJourney/fetch", more);
	assert_int_equal(json_array_size(ids), 1);
	assert_true(json_equal(json_array_get(ids, 0), json_array_get(all, 1)));
	cleanup_json json_t *empty = list_of(client, "/v2/authenticationJourney/fetch", ",\"ids\":[]");
	assert_int_equal(json_array_size(empty), 2);
}

static void test_put_with_an_id_creates_or_replaces(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	const char *path = "/authproxy/config/1f6c2d1e-8a4b-4a0e-9d2c-5b7f3a9e6c10";
	const char *body = "{\"name\":\"New\",\"authScheme\":[\"push\"],\"pushKeyword\":\"p\","
			   "\"ivrKeyword\":\"i\",\"defaultAuthMethod\":\"ivr\"}";
	cleanup_json json_t *made = client_expect(client, 200, "PUT", path, body);

	/* The answer has no id; the default method is stored only if it is enabled. */
	assert_int_equal(json_object_size(made), 5);
	assert_true(json_is_false(json_object_get(made, "isDefaultAuthMethodEnable")));
	cleanup_json json_t *changed = client_expect(client, 200, "PUT", path,
						     "{\"name\":\"New\",\"authScheme\":[\"push\"],"
						     "\"pushKeyword\":\"p\",\"isDefaultAuthMethodEnable\":"
						     "true,\"defaultAuthMethod\":\"ivr\"}");
	assert_string_equal(tfs_json_text(changed, "defaultAuthMethod"), "ivr");
	cleanup_json json_t *record = record_with(client, "/authproxy/fetch", "name", "New");
	assert_string_equal(tfs_json_text(record, "id"), path + strlen("/authproxy/config/"));
	assert_null(json_object_get(record, "ivrKeyword"));
	client_expect_refusal(client, 400, "\"name\" is not allowed to be empty", "PUT", path,
			      "{\"name\":\"\",\"authScheme\":[\"push\"],\"pushKeyword\":\"p\"}");
	assert_null(client_expect(client, 204, "DELETE", path, NULL));
	client_expect_refusal(client, 404, "authentication proxy not found", "DELETE", path, NULL);
	expect_event(world, "E_AUTH_PROXY_DELETED", path + strlen("/authproxy/config/"));
}

static void test_value_of_a_secret_is_not_returned(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	cleanup_free char *body = body_of(client, ",\"tag\":\"new_key\",\"value\":\"planted\"");
	cleanup_free char *bad = body_of(client, ",\"tag\":\"1key\",\"value\":\"planted\"");
	cleanup_free char *empty = body_of(client, ",\"tag\":\"other\",\"value\":\"\"");
	cleanup_free char *gone = body_of(client, ",\"tag\":\"new_key\"");
	cleanup_json json_t *made = client_expect(client, 201, "POST", "/secret-store/create", body);

	assert_int_equal(json_object_size(made), 5);
	assert_string_equal(tfs_json_text(made, "createdBy"), "admin");
	assert_null(json_object_get(made, "value"));
	cleanup_json json_t *record = record_with(client, "/secret-store/fetch", "tag", "new_key");
	assert_true(json_equal(record, made));
	client_expect_refusal(client, 409, "another secret has this tag", "POST", "/secret-store/create", body);
	client_expect_refusal(client, 400, "\"tag\" must be a letter, then letters, digits, underscores", "POST",
			      "/secret-store/create", bad);
	client_expect_refusal(client, 400, "\"value\" must be at least 1 character long", "POST",
			      "/secret-store/create", empty);
	json_decref(client_expect(client, 200, "POST", "/secret-store/delete", gone));
	client_expect_refusal(client, 404, "secret not found", "POST", "/secret-store/delete", gone);
}

static void test_security_keys_are_identified_by_aaguid(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	const char *body = "{\"aaguid\":\"a-1\",\"metadata\":\"{}\",\"name\":\"K\",\"disabled\":false,"
			   "\"updatedBy\":\"admin\"}";
	char path[128], one[128], fetch[128];

	snprintf(path, sizeof(path), KEYS "%s", client->community);
	snprintf(one, sizeof(one), KEYS "%s/aaguid/a-1", client->community);
	snprintf(fetch, sizeof(fetch), KEYS "%s/fetch", client->community);
	cleanup_json json_t *made = client_expect(client, 200, "PUT", path, body);
	assert_string_equal(tfs_json_text(made, "aaguid"), "a-1");
	client_expect_refusal(client, 400, "another security key has this aaguid", "PUT", path, body);
	json_decref(client_expect(client, 200, "PATCH", one,
				  "{\"metadata\":\"{}\",\"name\":\"L\",\"disabled\":true,\"updatedBy\":\"admin\"}"));
	cleanup_json json_t *list = client_expect(client, 200, "POST", fetch, "{\"aaguid\":[\"a-1\"]}");
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(json_string_value(tfs_json_at(list, "/0/name")), "L");
	snprintf(one, sizeof(one), KEYS "%s/aaguid/none", client->community);
	client_expect_refusal(client, 400, "security key not found", "PATCH", one,
			      "{\"metadata\":\"{}\",\"name\":\"L\",\"disabled\":true,\"updatedBy\":\"admin\"}");
}

/* Every row has a list; a read has no event, a change has one. Two routes choose their event themselves. */
static void check_rows(const struct collection *rows)
{
	for (const struct collection *row = rows; row->kind; row++) {
		if (row->routes[0].handle != sandbox_serve_collection)
			fail_msg("%s: no list", row->kind);
		for (const struct route *route = row->routes; route->method; route++) {
			bool reads = route->handle == sandbox_serve_collection ||
				     route->handle == sandbox_serve_collection_one;
			bool own =
				route->handle == sandbox_serve_attributes_create || strstr(route->path, "changestatus");
			if (!own && reads == !!route->event)
				fail_msg("%s %s: event", route->method, route->path);
		}
	}
}

static void test_rows_are_complete(void **state)
{
	(void)state;
	check_rows(sandbox_collections_connect);
	check_rows(sandbox_collections_modules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record_is_created_replaced_removed),
		cmocka_unit_test(test_gateway_requires_members_of_its_channel_and_vendor),
		cmocka_unit_test(test_second_provider_of_a_type_is_refused),
		cmocka_unit_test(test_lists_are_filtered),
		cmocka_unit_test(test_put_with_an_id_creates_or_replaces),
		cmocka_unit_test(test_value_of_a_secret_is_not_returned),
		cmocka_unit_test(test_security_keys_are_identified_by_aaguid),
		cmocka_unit_test(test_rows_are_complete),
	};

	return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
