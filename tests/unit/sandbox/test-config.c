/* Configuration of the sandbox: key paths, templates, consents, parts of a module, downloads. */
#include "client.c"

/* {"tenantId", "communityId"} and `more`; the caller frees. */
static char *scoped_body(const struct client *client, const char *more)
{
	char *text = NULL;

	assert_true(asprintf(&text, "{\"tenantId\":\"%s\",\"communityId\":\"%s\"%s%s}", client->tenant,
			     client->community, *more ? "," : "", more) > 0);
	return text;
}

static json_t *expect(const struct client *client, int status, const char *method, const char *path, const char *more)
{
	cleanup_free char *body = scoped_body(client, more);

	return client_expect(client, status, method, path, body);
}

static void sandbox_refuse(const struct client *client, int status, const char *message, const char *method,
			   const char *path, const char *more)
{
	cleanup_free char *body = scoped_body(client, more);

	client_expect_refusal(client, status, message, method, path, body);
}

/* The newest event of the audit log. */
static void assert_newest_event(const struct client *client, const char *name)
{
	cleanup_json json_t *answer = expect(client, 200, "POST", "/reports/audit_log", "\"pSize\":1");
	const json_t *event = tfs_json_at(answer, "/data/0/auditLogEvents/0");

	assert_string_equal(tfs_json_text(event, "eventName"), name);
	assert_string_equal(tfs_json_text(event, "user_id"), "admin");
}

static void test_values_are_fetched_by_key_path(void **state)
{
	struct world *world = *state;
	cleanup_json json_t *found =
		expect(&world->client, 200, "POST", "/config/fetch",
		       "\"key_paths\":[\"session.idle.minutes\",\"session.nothing\",\"blockid_ledger_attributes\"]");
	cleanup_json json_t *expected = json_pack("{s:i, s:[s, s]}", "session.idle.minutes", 15,
						  "blockid_ledger_attributes", "did", "publicKey");

	assert_true(json_equal(found, expected));
	cleanup_json json_t *nothing = expect(&world->client, 200, "POST", "/config/fetch", "\"key_paths\":[]");
	assert_int_equal(json_object_size(nothing), 0);
}

static void test_requested_session_attributes_are_returned(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	static const char path[] = "/config/session_attributes/fetch";

	json_decref(expect(client, 200, "PUT", "/config/session_attributes", "\"data\":[\"x\"]"));
	assert_newest_event(client, "E_SESSION_ATTRIBUTES_UPDATED");
	cleanup_json json_t *own =
		expect(client, 200, "POST", path, "\"local_key_paths\":[\"blockid_session_attributes\"]");
	cleanup_json json_t *expected = json_pack("{s:[s]}", "custom", "x");
	assert_true(json_equal(own, expected));
	cleanup_json json_t *none = expect(client, 200, "POST", path, "\"global_key_paths\":[]");
	assert_int_equal(json_object_size(none), 0);
	sandbox_refuse(client, 400, "\"local_key_paths[0]\" must be one of [blockid_session_attributes]", "POST", path,
		       "\"local_key_paths\":[\"other\"]");
	sandbox_refuse(client, 400, "\"data[0]\" must be a string", "PUT", "/config/session_attributes",
		       "\"data\":[1]");
}

#define TEMPLATE(channel, id, members) "\"templateData\":{\"p\":{\"" channel "\":{\"" id "\":{" members "}}}}"

static void test_templates_are_stored_by_id(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;

	json_decref(expect(client, 200, "PUT", "/config/template",
			   TEMPLATE("sms", "u1", "\"name\":\"a\",\"data\":\"eA==\",\"isDefault\":true")));
	assert_newest_event(client, "E_TEMPLATE_UPDATED");
	json_decref(expect(client, 200, "PUT", "/config/template",
			   TEMPLATE("sms", "u2", "\"name\":\"b\",\"data\":\"eA==\"")));
	cleanup_json json_t *found = expect(client, 200, "POST", "/config/template/fetch", "\"purposes\":[\"p\"]");
	assert_int_equal(json_object_size(found), 1);
	assert_int_equal(json_object_size(tfs_json_at(found, "/p/sms")), 2);
	sandbox_refuse(client, 400, "\"key_paths\": there is no p.sms.u3", "DELETE", "/config/template",
		       "\"key_paths\":[\"p.sms.u1\",\"p.sms.u3\"]");
	cleanup_json json_t *all = expect(client, 200, "POST", "/config/template/fetch", "");
	assert_non_null(tfs_json_at(all, "/p/sms/u1"));
	assert_non_null(tfs_json_at(all, "/self_onboarding/email"));
	json_decref(expect(client, 200, "DELETE", "/config/template", "\"key_paths\":[\"p.sms.u1\"]"));
	assert_newest_event(client, "E_TEMPLATE_DELETED");
	cleanup_json json_t *left = expect(client, 200, "POST", "/config/template/fetch", "\"purposes\":[\"p\"]");
	assert_int_equal(json_object_size(tfs_json_at(left, "/p/sms")), 1);
}

static void test_bad_templates_are_refused(void **state)
{
	static const struct {
		const char *message, *more;
	} cases[] = {
		{ "\"templateData\": fax is no channel: email, sms", TEMPLATE("fax", "u", "") },
		{ "\"templateData\": u needs a name", TEMPLATE("sms", "u", "\"data\":\"eA==\"") },
		{ "\"templateData\": u needs data", TEMPLATE("sms", "u", "\"name\":\"a\"") },
		{ "\"templateData\": u is a message, which has no subject",
		  TEMPLATE("sms", "u", "\"name\":\"a\",\"data\":\"\",\"subject\":\"s\"") },
		{ "\"templateData\": u has a member that is not allowed", TEMPLATE("email", "u", "\"colour\":1") },
		{ "\"templateData\": u has a member of a wrong type", TEMPLATE("email", "u", "\"isDefault\":1") },
		{ "\"templateData\": p must be of type object", "\"templateData\":{\"p\":1}" },
	};
	struct world *world = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		sandbox_refuse(&world->client, 400, cases[i].message, "PUT", "/config/template", cases[i].more);
}

static void test_consent_keeps_its_versions(void **state)
{
	static const char path[] = "/config/consents";
	struct world *world = *state;
	const struct client *client = &world->client;
	char version[128];

	cleanup_json json_t *before = client_expect(client, 200, "GET", "/config/consents/biometric", NULL);
	size_t had = json_array_size(json_object_get(before, "history"));
	cleanup_json json_t *made = client_expect(client, 200, "PUT", path,
						  "{\"type\":\"biometric\",\"isEnabled\":true,\"title\":\"T\","
						  "\"body\":\"VGV4dA==\",\"acknowledgeText\":\"ok\"}");
	assert_newest_event(client, "E_BIOMETRIC_CONSENT_UPDATED");
	assert_int_equal(json_array_size(json_object_get(made, "history")), had + 1);
	assert_int_equal(strlen(tfs_json_text(made, "ipfsHash")), 46);
	snprintf(version, sizeof(version), "/config/consents/ipfs/%s", tfs_json_text(made, "ipfsHash"));
	cleanup_json json_t *kept = client_expect(client, 200, "GET", version, NULL);
	assert_string_equal(tfs_json_text(kept, "title"), "T");
	json_decref(client_expect(client, 200, "PUT", path, "{\"type\":\"biometric\",\"isEnabled\":false}"));
	cleanup_json json_t *still = client_expect(client, 200, "GET", version, NULL);
	assert_true(json_equal(still, kept));
	client_expect_refusal(client, 404, "no document has this hash", "GET", "/config/consents/ipfs/Qm1", NULL);
	client_expect_refusal(client, 400, "\"type\" must be one of [biometric]", "GET", "/config/consents/other",
			      NULL);
	client_expect_refusal(client, 400, "\"title\" is required", "PUT", path,
			      "{\"type\":\"biometric\",\"isEnabled\":true}");
	client_expect_refusal(client, 400, "\"title\" must be at least 1 character long", "PUT", path,
			      "{\"type\":\"biometric\",\"isEnabled\":true,\"title\":\"\",\"body\":\"VGV4dA==\","
			      "\"acknowledgeText\":\"ok\"}");
	json_decref(client_expect(client, 200, "PUT", path,
				  "{\"type\":\"biometric\",\"isEnabled\":false,\"title\":\"\",\"body\":\"not so\"}"));
	client_expect_refusal(client, 400, "\"body\" must be base64", "PUT", path,
			      "{\"type\":\"biometric\",\"isEnabled\":true,\"title\":\"T\",\"body\":\"not so\","
			      "\"acknowledgeText\":\"ok\"}");
}

static void test_scopes_without_consent_are_returned(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	cleanup_json json_t *providers = client_expect(client, 200, "POST", "/serviceprovider/fetch", "{}");
	cleanup_free char *body = NULL, *empty = NULL;
	const char *id = json_string_value(tfs_json_at(providers, "/0/_id"));

	assert_non_null(id);
	assert_true(asprintf(&body, "{\"spId\":\"%s\",\"scopeIds\":[\"s1\",\"s2\"]}", id) > 0);
	assert_true(asprintf(&empty, "{\"spId\":\"%s\",\"scopeIds\":[]}", id) > 0);
	cleanup_json json_t *answer = client_expect(client, 200, "POST", "/user_consent/check", body);
	assert_string_equal(json_string_value(tfs_json_at(answer, "/nonGrantedScopes/1/uuid")), "s2");
	client_expect_refusal(client, 400, "\"scopeIds\" must be at least 1 element long", "POST",
			      "/user_consent/check", empty);
	client_expect_refusal(client, 400, "\"spId\" is not a service provider", "POST", "/user_consent/check",
			      "{\"spId\":\"x\",\"scopeIds\":[\"s1\"]}");
}

static void test_attributes_belong_to_a_module(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	cleanup_free char *make = NULL, *path = NULL, *same = NULL;
	char query[64];

	assert_true(asprintf(&make,
			     "{\"moduleId\":\"%s\",\"attributes\":[{\"name\":\"City\",\"attribute\":\"l\"},"
			     "{\"name\":\"Department\",\"attribute\":\"d\"}]}",
			     client->module) > 0);
	cleanup_json json_t *answer = client_expect(client, 200, "PUT", "/attributes", make);
	assert_newest_event(client, "E_DIRECTORY_ATTRIBUTE_ADDED");
	assert_string_equal(json_string_value(tfs_json_at(answer, "/created/0/name")), "City");
	assert_string_equal(json_string_value(tfs_json_at(answer, "/errors/0/message")),
			    "another attribute has this name");
	snprintf(query, sizeof(query), "/attributes?moduleId=%s", client->module);
	cleanup_json json_t *list = client_expect(client, 200, "GET", query, NULL);
	assert_int_equal(json_array_size(list), 5);
	assert_true(asprintf(&path, "/attributes/%s", json_string_value(tfs_json_at(answer, "/created/0/_id"))) > 0);
	assert_true(asprintf(&same, "{\"moduleId\":\"%s\",\"name\":\"Department\"}", client->module) > 0);
	client_expect_refusal(client, 400, "another attribute has this name", "PATCH", path, same);
	client_expect_refusal(client, 404, "auth module not found", "DELETE", path, "{\"moduleId\":\"x\"}");
	cleanup_free char *scope = NULL;
	assert_true(asprintf(&scope, "{\"moduleId\":\"%s\"}", client->module) > 0);
	json_decref(client_expect(client, 204, "DELETE", path, scope));
	assert_newest_event(client, "E_DIRECTORY_ATTRIBUTE_DELETED");
	client_expect_refusal(client, 404, "attribute not found", "DELETE", path, scope);
	client_expect_refusal(client, 404, "auth module not found", "GET", "/attributes?moduleId=x", NULL);
}

/* Id of the module that has brokers; the caller frees. */
static char *broker_module(const struct client *client)
{
	cleanup_json json_t *answer = client_expect(client, 200, "POST", "/auth_modules/fetch", NULL);
	size_t index;
	json_t *module;

	json_array_foreach (json_object_get(answer, "modules"), index, module) {
		if (!strcmp(tfs_json_text(module, "mode"), "broker"))
			return strdup(tfs_json_text(module, "_id"));
	}
	fail_msg("no module has brokers");
	return NULL;
}

static void test_brokers_are_changed_and_removed(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	cleanup_free char *module = broker_module(client);
	char scope[64], more[256];

	snprintf(scope, sizeof(scope), "\"moduleId\":\"%s\"", module);
	cleanup_json json_t *list = expect(client, 200, "POST", "/broker/fetch", scope);
	assert_int_equal(json_array_size(list), 4);
	const char *uid = json_string_value(tfs_json_at(list, "/0/uid"));
	snprintf(more, sizeof(more), "%s,\"uid\":\"%s\",\"enabled\":\"false\"", scope, uid);
	cleanup_json json_t *off = expect(client, 200, "PATCH", "/broker/changestatus", more);
	assert_true(json_is_false(json_object_get(off, "enabled")));
	assert_newest_event(client, "E_DIRECTORY_BROKER_DISABLED");
	snprintf(more, sizeof(more), "%s,\"uid\":\"%s\",\"enabled\":\"off\"", scope, uid);
	sandbox_refuse(client, 400, "\"enabled\" must be one of [true, false]", "PATCH", "/broker/changestatus", more);
	snprintf(more, sizeof(more), "%s,\"uid\":\"%s\",\"name\":\"\"", scope, uid);
	sandbox_refuse(client, 400, "\"name\" is not allowed to be empty", "PATCH", "/broker/update", more);
	snprintf(more, sizeof(more), "%s,\"uid\":\"gone\",\"name\":\"x\"", scope);
	sandbox_refuse(client, 404, "broker not found", "PATCH", "/broker/update", more);
	snprintf(more, sizeof(more), "%s,\"uid\":\"%s\"", scope, uid);
	sandbox_refuse(client, 400, "\"enabled\" or \"name\" is required", "PATCH", "/broker/update", more);
	snprintf(more, sizeof(more), "\"moduleId\":\"%s\",\"uid\":\"%s\",\"name\":\"x\"", client->module, uid);
	sandbox_refuse(client, 404, "broker not found", "PATCH", "/broker/update", more);
	snprintf(more, sizeof(more), "/broker/%s", uid);
	json_decref(expect(client, 204, "DELETE", more, scope));
	assert_newest_event(client, "E_DIRECTORY_BROKER_DELETED");
	sandbox_refuse(client, 404, "broker not found", "DELETE", more, scope);
}

static void test_connection_and_policy_depend_on_the_module(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	cleanup_free char *scope = client_scope(client, "");
	cleanup_json json_t *tested = client_expect(client, 200, "POST", "/test-connection", scope);

	assert_string_equal(tfs_json_text(tested, "message"), "connection success");
	sandbox_refuse(client, 400, "\"moduleId\" is not an auth module", "POST", "/test-connection",
		       "\"moduleId\":\"x\"");
	cleanup_json json_t *policy = client_expect(client, 200, "POST", "/pwd-policy/fetch", scope);
	assert_int_equal(json_integer_value(tfs_json_at(policy, "/rules/min")), 10);
	assert_true(json_is_true(tfs_json_at(policy, "/rules/number")));
	sandbox_refuse(client, 404, "auth module not found", "POST", "/pwd-policy/fetch", "\"moduleId\":\"x\"");
}

static void test_software_is_found_by_name_and_system(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	static const char versions[] = "/downloadables/versions/fetch";
	cleanup_json json_t *latest =
		client_expect(client, 200, "POST", versions, "{\"software\":[\"broker\"],\"os\":[\"windows\"]}");
	cleanup_json json_t *all = client_expect(client, 200, "POST", versions,
						 "{\"software\":[\"broker\"],\"os\":[\"windows\"],\"latest\":false}");
	struct client_answer answer;

	assert_int_equal(json_array_size(json_object_get(latest, "artifacts")), 1);
	assert_int_equal(json_array_size(json_object_get(all, "artifacts")), 2);
	client_expect_refusal(client, 404, "software not found", "POST", versions,
			      "{\"software\":[\"radius\"],\"os\":[\"windows\"]}");
	cleanup_free char *scope =
		client_scope(client, "\"type\":\"broker\",\"os\":\"windows\",\"version\":\"latest\"");
	client_call(client, "POST", "/downloadables/artifact/fetch", scope, NULL, &answer);
	assert_int_equal(answer.status, 200);
	assert_false(answer.sealed);
	assert_non_null(strstr(answer.head, "application/octet-stream"));
	assert_int_equal(answer.raw.len, strlen("tenantfs sandbox broker windows 2.03.01\n") + 4096);
	client_answer_finish(&answer);
}

static void test_metadata_follows_the_settings(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	struct client_answer answer;

	client_call(client, "GET", "/community/default/idp/main%20idp/metadata", NULL, NULL, &answer);
	assert_int_equal(answer.status, 200);
	assert_non_null(strstr(answer.head, "application/xml"));
	assert_non_null(strstr(answer.raw.data, "entityID=\"https://sandbox.tenantfs.test/idp?a=1&#38;b=2\""));
	client_answer_finish(&answer);
	client_expect_refusal(client, 404, "identity provider not found", "GET",
			      "/community/default/idp/other/metadata", NULL);
}

static void test_scheme_names_its_database_module(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	cleanup_free char *module = broker_module(client);
	char more[96];

	snprintf(more, sizeof(more), "\"modules\":[\"%s\"]", module);
	cleanup_json json_t *without = expect(client, 200, "PATCH", "/authscheme/default/modules", more);
	assert_newest_event(client, "E_PREFERREDSTORES_MODIFIED");
	assert_null(json_object_get(without, "dbModule"));
	assert_string_equal(json_string_value(tfs_json_at(without, "/modules/0/name")), "Werk München");
	snprintf(more, sizeof(more), "\"modules\":[\"%s\",\"%s\"]", module, client->module);
	cleanup_json json_t *with = expect(client, 200, "PATCH", "/authscheme/default/modules", more);
	assert_string_equal(json_string_value(tfs_json_at(with, "/dbModule/id")), client->module);
	sandbox_refuse(client, 404, "auth module not found", "PATCH", "/authscheme/default/modules",
		       "\"modules\":[\"nobody\"]");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_values_are_fetched_by_key_path),
		TEST(test_requested_session_attributes_are_returned),
		TEST(test_templates_are_stored_by_id),
		TEST(test_bad_templates_are_refused),
		TEST(test_consent_keeps_its_versions),
		TEST(test_scopes_without_consent_are_returned),
		TEST(test_attributes_belong_to_a_module),
		TEST(test_brokers_are_changed_and_removed),
		TEST(test_connection_and_policy_depend_on_the_module),
		TEST(test_software_is_found_by_name_and_system),
		TEST(test_metadata_follows_the_settings),
		TEST(test_scheme_names_its_database_module),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
