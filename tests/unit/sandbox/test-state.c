/* State of the sandbox: settings, modules, users, providers, sessions. */
#include "client.c"

static json_t *user_named(const struct client *client, const char *name)
{
	char more[256];

	snprintf(more, sizeof(more), "\"query\":{\"username\":\"%s\"}", name);
	char *scope = client_scope(client, more);
	json_t *page = client_expect(client, 200, "POST", "/users/fetch", scope);
	free(scope);
	json_t *user = json_incref(tfs_json_at(page, "/data/0"));
	assert_true(json_integer_value(tfs_json_at(page, "/page/total")) <= 1);
	json_decref(page);
	return user;
}

static char *user_scope(const struct client *client, const json_t *user, const char *more)
{
	char *text = NULL;

	assert_true(asprintf(&text, "\"username\":\"%s\",\"uid\":\"%s\"%s%s", tfs_json_text(user, "username"),
			     tfs_json_text(user, "uid"), *more ? "," : "", more) > 0);
	char *scope = client_scope(client, text);
	free(text);
	return scope;
}

static json_t *page_of(const struct client *client, int index)
{
	char more[64];

	snprintf(more, sizeof(more), "\"pSize\":100,\"pIndex\":%d", index);
	char *scope = client_scope(client, more);
	json_t *page = client_expect(client, 200, "POST", "/users/fetch", scope);
	free(scope);
	return page;
}

static void test_pages_have_every_user_once(void **state)
{
	struct world *world = *state;
	cleanup_json json_t *seen = json_object();
	json_int_t total = -1;
	size_t sum = 0;

	for (int i = 0; total < 0 || i * 100 < total; i++) {
		cleanup_json json_t *page = page_of(&world->client, i);
		size_t index;
		json_t *user;
		total = json_integer_value(tfs_json_at(page, "/page/total"));
		assert_int_equal(json_integer_value(tfs_json_at(page, "/page/index")), i);
		json_array_foreach (json_object_get(page, "data"), index, user) {
			json_object_set(seen, tfs_json_text(user, "uid"), user);
			sum++;
		}
	}
	assert_int_equal(sum, total);
	assert_int_equal(json_object_size(seen), total);
	cleanup_json json_t *behind = page_of(&world->client, 50);
	assert_int_equal(json_array_size(json_object_get(behind, "data")), 0);
	cleanup_free char *scope = client_scope(&world->client, "");
	cleanup_json json_t *plain = client_expect(&world->client, 200, "POST", "/users/fetch", scope);
	assert_int_equal(json_array_size(json_object_get(plain, "data")), 25);
	cleanup_json json_t *count = client_expect(&world->client, 200, "POST", "/users/count", scope);
	assert_int_equal(json_integer_value(json_object_get(count, "count")), total);
	assert_string_equal(tfs_json_text(count, "type"), "db");
}

static void test_attributes_select_members(void **state)
{
	struct world *world = *state;
	cleanup_free char *scope = client_scope(&world->client, "\"pSize\":2,\"attributes\":[\"firstname\"]");
	cleanup_json json_t *page = client_expect(&world->client, 200, "POST", "/users/fetch", scope);
	const json_t *user = tfs_json_at(page, "/data/1");

	assert_int_equal(json_object_size(user), 3);
	assert_non_null(tfs_json_text(user, "firstname"));
}

static void test_second_user_of_a_name_is_refused(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	cleanup_free char *body = NULL;

	assert_true(asprintf(&body,
			     "{\"moduleId\":\"%s\",\"username\":\"new.user\",\"status\":\"active\",\"role\":"
			     "\"auditor\","
			     "\"firstname\":\"New\",\"lastname\":\"User\",\"email1\":\"new@example.com\"}",
			     client->module) > 0);
	cleanup_json json_t *made = client_expect(client, 200, "PUT", "/users/create", body);
	assert_string_equal(tfs_json_text(made, "created"), "1,");
	cleanup_json json_t *user = user_named(client, "new.user");
	assert_string_equal(tfs_json_text(user, "roleValue"), "auditor");
	assert_int_equal(strlen(tfs_json_text(user, "uid")), 36);
	client_expect_refusal(client, 409, "another user has this name", "PUT", "/users/create", body);
}

static void test_bad_user_is_refused(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	cleanup_free char *role = NULL;
	cleanup_free char *mail = NULL;

	assert_true(asprintf(&role,
			     "{\"moduleId\":\"%s\",\"username\":\"u\",\"status\":\"active\",\"role\":\"king\","
			     "\"firstname\":\"N\",\"lastname\":\"U\",\"email1\":\"n@example.com\"}",
			     client->module) > 0);
	assert_true(asprintf(&mail,
			     "{\"moduleId\":\"%s\",\"username\":\"u\",\"status\":\"active\",\"role\":\"auditor\","
			     "\"firstname\":\"N\",\"lastname\":\"U\",\"email1\":\"nobody\"}",
			     client->module) > 0);
	client_expect_refusal(client, 400, "\"role\" is not a role", "PUT", "/users/create", role);
	client_expect_refusal(client, 400, "\"email1\" must be an email address", "PUT", "/users/create", mail);
	client_expect_refusal(client, 400, "\"moduleId\" is required", "PUT", "/users/create", "{}");
}

static void test_user_is_changed(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	cleanup_json json_t *user = user_named(client, "casey");
	cleanup_free char *name = user_scope(client, user, "\"firstname\":\"Kasimir\",\"email2\":\"k@example.com\"");
	cleanup_json json_t *changed = client_expect(client, 200, "PATCH", "/users/user/update", name);

	assert_string_equal(tfs_json_text(changed, "firstname"), "Kasimir");
	cleanup_free char *drop = user_scope(client, user, "\"email2\":\"\"");
	cleanup_json json_t *dropped = client_expect(client, 200, "PATCH", "/users/user/update", drop);
	assert_null(json_object_get(dropped, "email2"));
	cleanup_json json_t *now = user_named(client, "casey");
	assert_true(json_equal(now, dropped));
	cleanup_json json_t *other = user_named(client, "Casey");
	assert_string_not_equal(tfs_json_text(other, "firstname"), "Kasimir");
	assert_string_not_equal(tfs_json_text(now, "updatedAt"), tfs_json_text(user, "updatedAt"));
	cleanup_free char *empty = user_scope(client, user, "\"firstname\":\"\"");
	client_expect_refusal(client, 400, "\"firstname\" is not allowed to be empty", "PATCH", "/users/user/update",
			      empty);
}

static void test_role_change_needs_the_old_role(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	cleanup_json json_t *user = user_named(client, "x.json");
	char more[200];

	snprintf(more, sizeof(more), "\"oldRole\":\"%s\",\"newRole\":\"helpdesk_admin\"",
		 tfs_json_text(user, "roleValue"));
	cleanup_free char *body = user_scope(client, user, more);
	json_decref(client_expect(client, 200, "PATCH", "/users/user/role/update", body));
	cleanup_json json_t *now = user_named(client, "x.json");
	assert_string_equal(tfs_json_text(now, "roleValue"), "helpdesk_admin");
	client_expect_refusal(client, 400, "\"oldRole\" is not the role of the user", "PATCH",
			      "/users/user/role/update", body);
}

static void test_lock_and_properties_are_stored(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	cleanup_json json_t *user = user_named(client, "x.d");
	cleanup_free char *body = NULL;

	json_decref(
		client_expect(client, 204, "POST", "/users/user/lock", "{\"username\":\"x.d\",\"lock_duration\":30}"));
	cleanup_json json_t *locked = user_named(client, "x.d");
	assert_true(json_is_true(json_object_get(locked, "isLocked")));
	client_expect_refusal(client, 404, "user not found", "POST", "/users/user/lock",
			      "{\"username\":\"nobody\",\"lock_duration\":30}");
	assert_true(asprintf(&body,
			     "{\"tenantId\":\"%s\",\"communityId\":\"%s\",\"user\":{\"uid\":\"%s\","
			     "\"username\":\"x.d\","
			     "\"authModuleId\":\"%s\"},\"mobiles\":[\"4915112345\"],\"aliases\":{\"alias2\":"
			     "\"xd\"}}",
			     client->tenant, client->community, tfs_json_text(user, "uid"), client->module) > 0);
	cleanup_json json_t *set = client_expect(client, 200, "POST", "/user_properties/update", body);
	assert_string_equal(json_string_value(tfs_json_at(set, "/mobiles/0")), "4915112345");
	cleanup_json json_t *now = user_named(client, "x.d");
	assert_string_equal(json_string_value(tfs_json_at(now, "/aliases/alias2")), "xd");
	cleanup_json json_t *unique =
		client_expect(client, 200, "POST", "/user_properties/check_unique/alias", "{\"alias\":\"xd\"}");
	assert_true(json_is_false(json_object_get(unique, "isUnique")));
}

static void test_switches_are_returned_as_texts(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	cleanup_free char *body = NULL;

	assert_true(asprintf(&body,
			     "{\"tenantId\":\"%s\",\"communityId\":\"%s\",\"fido_disabled\":true,"
			     "\"fido_platform_authenticator_disabled\":false,\"fido_security_key_disabled\":"
			     "false}",
			     client->tenant, client->community) > 0);
	json_decref(client_expect(client, 200, "PUT", "/config/authentication/fido_settings", body));
	cleanup_json json_t *now = client_expect(client, 200, "GET", "/config/authentication/fido_settings", NULL);
	assert_string_equal(tfs_json_text(now, "fido_disabled"), "true");
	assert_null(json_object_get(now, "tenantId"));
}

static void test_module_is_created_changed_removed(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	static const char body[] =
		"{\"type\":\"ldap\",\"subtype\":\"directory\",\"method\":\"authn\",\"name\":\"Lab\","
		"\"enabled\":true,\"mode\":\"direct\",\"config\":{\"serverprotocol\":\"ldaps\",\"server\":\"a\","
		"\"serverport\":\"636\",\"binddn\":\"n\",\"basedn\":\"b\",\"securityauthentication\":\"Simple\","
		"\"filter\":\"f\"}}";
	cleanup_json json_t *made = client_expect(client, 200, "PUT", "/auth_modules/create", body);
	char path[64];

	client_expect_refusal(client, 409, "an auth module named \"Lab\" exists", "PUT", "/auth_modules/create", body);
	snprintf(path, sizeof(path), "/auth_modules/%s", tfs_json_text(made, "_id"));
	cleanup_json json_t *changed =
		client_expect(client, 200, "PATCH", path, "{\"enabled\":false,\"config\":{\"server\":\"c\"}}");
	assert_string_equal(json_string_value(tfs_json_at(changed, "/config/server")), "c");
	assert_string_equal(json_string_value(tfs_json_at(changed, "/config/basedn")), "b");
	cleanup_json json_t *shown = client_expect(client, 200, "GET", path, NULL);
	assert_true(json_equal(shown, changed));
	json_decref(client_expect(client, 204, "DELETE", path, NULL));
	client_expect_refusal(client, 404, "auth module not found", "GET", path, NULL);
	snprintf(path, sizeof(path), "/auth_modules/%s", client->module);
	client_expect_refusal(client, 400, "the internal user store cannot be deleted", "DELETE", path, NULL);
}

#define SAML                                                                                              \
	"{\"accessUrl\":\"https://a\",\"entityId\":\"https://a\",\"assertionMethod\":\"post\","           \
	"\"assertionConsumerServiceURL\":\"https://a\",\"logoutRequestSignRequired\":true,"               \
	"\"logoutResponseSignRequired\":true,\"authRequestSignRequired\":true,\"assertionSignRequired\":" \
	"true,"                                                                                           \
	"\"nameid\":{\"format\":\"emailAddress\",\"value\":\"email\",\"attribute_type\":\"session\"}}"

static void test_provider_is_created_changed_removed(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	cleanup_json json_t *made = client_expect(client, 200, "PUT", "/serviceprovider",
						  "{\"name\":\"App\",\"type\":\"saml\",\"saml_config\":" SAML "}");
	char path[64];

	snprintf(path, sizeof(path), "/serviceprovider/%s", tfs_json_text(made, "_id"));
	assert_int_equal(strlen(json_string_value(tfs_json_at(made, "/saml_config/_id"))), 24);
	cleanup_json json_t *changed = client_expect(client, 200, "PATCH", path,
						     "{\"name\":\"App 2\",\"type\":\"saml\",\"saml_config\":" SAML "}");
	assert_int_equal(json_integer_value(json_object_get(changed, "__v")), 1);
	/* Parts of the provider keep their ids. */
	assert_true(json_equal(tfs_json_at(changed, "/saml_config/_id"), tfs_json_at(made, "/saml_config/_id")));
	assert_true(json_equal(tfs_json_at(changed, "/saml_config/nameid/_id"),
			       tfs_json_at(made, "/saml_config/nameid/_id")));
	client_expect_refusal(client, 400, "\"saml_config\" is required", "PUT", "/serviceprovider",
			      "{\"name\":\"App\",\"type\":\"saml\"}");
	json_decref(client_expect(client, 204, "DELETE", path, NULL));
	client_expect_refusal(client, 404, "service provider not found", "GET", path, NULL);
	cleanup_json json_t *featured = client_expect(client, 200, "PUT", "/serviceprovider/okta",
						      "{\"name\":\"Okta\",\"domain\":\"o.example.com\"}");
	assert_string_equal(tfs_json_text(featured, "type"), "saml");
	client_expect_refusal(client, 400,
			      "\"type\" must be one of [auth0, okta, salesforce, forgerock, gsuite, zendesk]", "PUT",
			      "/serviceprovider/other", "{\"name\":\"O\",\"domain\":\"o.example.com\"}");
}

static void test_login_needs_two_factors(void **state)
{
	struct world *world = *state;
	struct client *client = &world->client;
	cleanup_free char *first = NULL;
	cleanup_free char *second = NULL;
	struct client_answer answer;

	assert_true(asprintf(&first, "{\"username\":\"admin\",\"password\":\"%s\"}", client->password) > 0);
	assert_true(asprintf(&second, "{\"any_otp\":\"%s\"}", client->otp) > 0);
	cleanup_json json_t *step = client_expect(client, 200, "POST", "/v2/request_access", first);
	assert_string_equal(json_string_value(tfs_json_at(step, "/next/step")), "need_mfa");
	assert_null(json_object_get(step, "jwt"));
	struct client_wrong with = { .token = json_string_value(tfs_json_at(step, "/next/step_token")) };
	/* The token of the first step gives no access. */
	client_call(client, "GET", "/authz/role/fetch", NULL, &with, &answer);
	assert_int_equal(answer.status, 401);
	client_answer_finish(&answer);
	client_call(client, "POST", "/v2/request_access", second, &with, &answer);
	assert_int_equal(answer.status, 200);
	cleanup_json json_t *session = json_incref(answer.body);
	client_answer_finish(&answer);
	with.token = tfs_json_text(session, "jwt");
	client_call(client, "GET", "/authz/role/fetch", NULL, &with, &answer);
	assert_int_equal(answer.status, 200);
	client_answer_finish(&answer);
	client_call(client, "GET", "/logout", NULL, &with, &answer);
	assert_int_equal(answer.status, 204);
	client_answer_finish(&answer);
	client_call(client, "GET", "/authz/role/fetch", NULL, &with, &answer);
	assert_int_equal(answer.status, 401);
	assert_string_equal(client_message(answer.body), "the session is over");
	client_answer_finish(&answer);
	client_expect_refusal(client, 401, "user name or password is wrong", "POST", "/v2/request_access",
			      "{\"username\":\"admin\",\"password\":\"guess\"}");
}

static void test_devices_are_unlinked(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	cleanup_json json_t *page = page_of(client, 0);
	size_t index;
	json_t *user;

	json_array_foreach (json_object_get(page, "data"), index, user) {
		/* Names that need quoting are skipped. */
		if (strpbrk(tfs_json_text(user, "username"), "\"\\\n\t"))
			continue;
		cleanup_free char *who = NULL;
		assert_true(asprintf(&who,
				     "\"user\":{\"uid\":\"%s\",\"username\":\"%s\",\"authModuleId\":\"%s\"},"
				     "\"community\":{\"id\":\"%s\",\"name\":\"default\",\"publicKey\":\"%s\"}",
				     tfs_json_text(user, "uid"), tfs_json_text(user, "username"), client->module,
				     client->community, tfs_peer_public(client->service)) > 0);
		cleanup_free char *ask = NULL;
		assert_true(asprintf(&ask, "{%s}", who) > 0);
		cleanup_json json_t *before = client_expect(client, 200, "POST", "/users/user/devices/fetch", ask);
		const char *did = json_string_value(tfs_json_at(before, "/devices/0/did"));
		if (!did)
			continue;
		cleanup_free char *cut = NULL;
		assert_true(asprintf(&cut, "{%s,\"did\":\"%s\"}", who, did) > 0);
		json_decref(client_expect(client, 200, "PATCH", "/users/unlinkuser", cut));
		cleanup_json json_t *after = client_expect(client, 200, "POST", "/users/user/devices/fetch", ask);
		assert_int_equal(json_array_size(json_object_get(after, "devices")) + 1,
				 json_array_size(json_object_get(before, "devices")));
		client_expect_refusal(client, 404, "device not found", "PATCH", "/users/unlinkuser", cut);
		return;
	}
	fail_msg("nobody has a device");
}

static void test_helper_seals_and_opens(void **state)
{
	struct world *world = *state;
	struct client client = world->client;
	struct tfs_secret *own = tfs_key_private(client.key);
	cleanup_free char *seal = NULL;
	cleanup_free char *open = NULL;
	const struct client_wrong clear = { .clear_body = true };
	struct client_answer answer;

	assert_true(asprintf(&seal, "{\"dataStr\":\"gr\u00fc\u00dfe\",\"publicKey\":\"%s\",\"privateKey\":\"%s\"}",
			     tfs_peer_public(client.service), tfs_secret_text(own)) > 0);
	client_call(&client, "POST", "/ecdsa_helper/encrypt", seal, &clear, &answer);
	assert_int_equal(answer.status, 200);
	assert_true(asprintf(&open, "{\"dataStr\":\"%s\",\"publicKey\":\"%s\",\"privateKey\":\"%s\"}",
			     tfs_json_text(answer.body, "data"), tfs_peer_public(client.service),
			     tfs_secret_text(own)) > 0);
	client_answer_finish(&answer);
	client_call(&client, "POST", "/ecdsa_helper/decrypt", open, &clear, &answer);
	assert_string_equal(tfs_json_text(answer.body, "data"), "gr\u00fc\u00dfe");
	client_answer_finish(&answer);
	tfs_secret_free(own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages_have_every_user_once),
		cmocka_unit_test(test_attributes_select_members),
		cmocka_unit_test(test_second_user_of_a_name_is_refused),
		cmocka_unit_test(test_bad_user_is_refused),
		cmocka_unit_test(test_user_is_changed),
		cmocka_unit_test(test_role_change_needs_the_old_role),
		cmocka_unit_test(test_lock_and_properties_are_stored),
		cmocka_unit_test(test_switches_are_returned_as_texts),
		cmocka_unit_test(test_module_is_created_changed_removed),
		cmocka_unit_test(test_provider_is_created_changed_removed),
		cmocka_unit_test(test_login_needs_two_factors),
		cmocka_unit_test(test_devices_are_unlinked),
		cmocka_unit_test(test_helper_seals_and_opens),
	};

	return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
