/* What --strict does where the API document leaves a choice; each behavior beside a sandbox without it. */
#include "client.c"

#include "tenantfs/catalogue.h"

static int start_with(void **state, enum box_mode mode)
{
	struct world *world = world_new();

	world_start(world, (struct sandbox_options){ .listen = "127.0.0.1:0", .users = 40, .mode = mode });
	*state = world;
	return 0;
}

static int start_strict(void **state)
{
	return start_with(state, BOX_STRICT);
}

static int start_kept(void **state)
{
	return start_with(state, BOX_KEEPS);
}

#define SAML_REQUIRED                                                                                    \
	"\"accessUrl\":\"https://a.example.com/\",\"entityId\":\"a\",\"assertionMethod\":\"post\","      \
	"\"assertionConsumerServiceURL\":\"https://a.example.com/\",\"logoutRequestSignRequired\":true," \
	"\"logoutResponseSignRequired\":true,\"authRequestSignRequired\":true,"                          \
	"\"assertionSignRequired\":true,\"nameid\":{\"format\":\"unspecified\",\"value\":\"email\","     \
	"\"attribute_type\":\"session\"},\"attributes\":[]"
#define PROVIDER(more)                                                                                                 \
	"{\"name\":\"New\",\"type\":\"saml\"" more ",\"saml_config\":{" SAML_REQUIRED ",\"signingAlgo\":\"RSA_SHA1\"}" \
	"}"
#define RSA_SHA1_URI "http://www.w3.org/2000/09/xmldsig#rsa-sha1"

/* Makes a provider and changes it without its environment; the answer is the caller's. */
static json_t *change_provider(const struct world *world)
{
	const struct client *client = &world->client;
	cleanup_json json_t *made =
		client_expect(client, 200, "PUT", "/serviceprovider", PROVIDER(",\"environment\":\"production\""));
	char path[64];

	assert_string_equal(tfs_json_text(made, "environment"), "production");
	snprintf(path, sizeof(path), "/serviceprovider/%s", tfs_json_text(made, "_id"));
	return client_expect(client, 200, "PATCH", path, PROVIDER(""));
}

/* API document, lines 7622, 7627 and 7648. */
static void test_missing_members_get_their_defaults(void **state)
{
	const struct world *world = *state;
	cleanup_json json_t *changed = change_provider(world);
	cleanup_json json_t *line = world_last_line(world);

	assert_string_equal(tfs_json_text(changed, "environment"), "");
	assert_true(json_is_false(tfs_json_at(changed, "/saml_config/idpInitiated")));
	assert_string_equal(json_string_value(tfs_json_at(changed, "/saml_config/relayState")), "");
	/* The log has what was sent. */
	assert_null(tfs_json_at(line, "/body/environment"));
	assert_string_equal(json_string_value(tfs_json_at(line, "/body/saml_config/signingAlgo")), "RSA_SHA1");
}

static void test_missing_members_are_kept_or_absent(void **state)
{
	cleanup_json json_t *changed = change_provider(*state);

	assert_string_equal(tfs_json_text(changed, "environment"), "production");
	assert_null(tfs_json_at(changed, "/saml_config/relayState"));
}

/* API document, lines 7166 and 7637: it is clear, so every sandbox does it. */
static void test_algorithm_is_shown_as_an_address(void **state)
{
	cleanup_json json_t *changed = change_provider(*state);

	assert_string_equal(json_string_value(tfs_json_at(changed, "/saml_config/signingAlgo")), RSA_SHA1_URI);
}

/* API document, lines 9039 to 9135: the defaults are those of directories and brokers. */
static void test_defaults_depend_on_the_type(void **state)
{
	static const struct {
		const char *type, *subtype, *mode;
		size_t timeout, log;
	} rows[] = {
		{ "db", "datastore", "direct", 0, 0 },
		{ "ldap", "directory", "broker", 10, 0 },
		{ "ad", "directory", "broker", 10, 10 },
	};
	const struct world *world = *state;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char body[256];

		snprintf(
			body, sizeof(body),
			"{\"type\":\"%s\",\"subtype\":\"%s\",\"method\":\"authn\",\"name\":\"New %s\",\"enabled\":true,"
			"\"mode\":\"%s\",\"config\":{}}",
			rows[i].type, rows[i].subtype, rows[i].type, rows[i].mode);
		cleanup_json json_t *made = client_expect(&world->client, 200, "PUT", "/auth_modules/create", body);
		const json_t *config = json_object_get(made, "config");
		assert_int_equal(json_integer_value(json_object_get(config, "caTimeoutSeconds")), rows[i].timeout);
		assert_int_equal(json_integer_value(json_object_get(config, "logfilecount")), rows[i].log);
		assert_int_equal(json_object_size(config), rows[i].log ? 5 : rows[i].timeout ? 3 : 0);
	}
}

/* Whether the answer, a record or a list of records, shows the member. */
static bool shows(const struct world *world, const char *method, const char *path, const char *member)
{
	cleanup_free char *body = NULL;
	size_t index;
	json_t *record;

	assert_true(asprintf(&body, "{\"tenantId\":\"%s\",\"communityId\":\"%s\"}", world->client.tenant,
			     world->client.community) > 0);
	const struct tfs_endpoint *endpoint = tfs_endpoint_find(method, path);
	cleanup_json json_t *answer = client_expect(&world->client, 200, method, path, endpoint->n_body ? body : NULL);
	bool found = json_object_get(answer, member);

	assert_true(json_object_size(answer) > 0 || json_array_size(answer) > 0);
	json_array_foreach (answer, index, record) {
		found = found || json_object_get(record, member);
	}
	return found;
}

/* The ids of the paths are those of the database (API document, lines 11928, 12190, 11088, 13368). */
static const struct {
	const char *path, *kept, *strict;
} ids[] = {
	{ "/idp/fetch", "id", "_id" },
	{ "/external_idp/fetch", "id", "_id" },
	{ "/v2/authenticationJourney/fetch", "id", "_id" },
	{ "/authproxy/fetch", "id", "uid" },
	/* Its example has this id (line 10690). */
	{ "/authenticationJourney/fetch", "id", "id" },
	{ "/radius/fetch", "uid", "uid" },
};

static void test_ids_have_the_names_of_the_document(void **state)
{
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++) {
		assert_true(shows(*state, "POST", ids[i].path, ids[i].strict));
		if (strcmp(ids[i].kept, ids[i].strict))
			assert_false(shows(*state, "POST", ids[i].path, ids[i].kept));
	}
}

static void test_ids_have_one_name(void **state)
{
	for (size_t i = 0; i < sizeof(ids) / sizeof(*ids); i++)
		assert_true(shows(*state, "POST", ids[i].path, ids[i].kept));
}

static const struct {
	const char *method, *path, *member;
} hidden[] = {
	/* API document, lines 3243 and 3864. */
	{ "GET", "/config/authentication/mfa_settings", "sync_window_for_first_usage" },
	/* API document, lines 9891 to 9913. */
	{ "POST", "/msg_gateway/fetch", "senderPhone" },
	{ "POST", "/msg_gateway/fetch", "otpDelimiter" },
	/* API document, line 7166. */
	{ "POST", "/serviceprovider/fetch", "forceReauthentication" },
	{ "POST", "/serviceprovider/fetch", "mobileAppLabel" },
	/* API document, line 14202. */
	{ "POST", "/branding/fetch", "helpDeskButtonEnabled" },
};

static void test_members_of_no_example_are_hidden(void **state)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++)
		assert_false(shows(*state, hidden[i].method, hidden[i].path, hidden[i].member));
}

static void test_members_of_no_example_are_shown(void **state)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(*hidden); i++)
		assert_true(shows(*state, hidden[i].method, hidden[i].path, hidden[i].member));
}

int main(void)
{
#define strict_test(test) cmocka_unit_test_setup_teardown(test, start_strict, world_tear_down)
#define kept_test(test) cmocka_unit_test_setup_teardown(test, start_kept, world_tear_down)
	const struct CMUnitTest tests[] = {
		strict_test(test_missing_members_get_their_defaults),
		kept_test(test_missing_members_are_kept_or_absent),
		strict_test(test_algorithm_is_shown_as_an_address),
		kept_test(test_algorithm_is_shown_as_an_address),
		strict_test(test_defaults_depend_on_the_type),
		strict_test(test_ids_have_the_names_of_the_document),
		kept_test(test_ids_have_one_name),
		strict_test(test_members_of_no_example_are_hidden),
		kept_test(test_members_of_no_example_are_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
