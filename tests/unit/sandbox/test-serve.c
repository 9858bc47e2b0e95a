/* Requests the sandbox accepts or refuses, on the wire. */
#include "client.c"

#define UUID "7b5c6f1e-9a3d-4c52-8f10-2d3e4f5a6b7c"

static void expect_wrong(struct world *world, int status, const char *message, struct client_wrong wrong)
{
	char *body = client_scope(&world->client, "\"pSize\":1");
	struct client_answer answer;

	client_call(&world->client, "POST", "/users/fetch", body, &wrong, &answer);
	assert_int_equal(answer.status, status);
	assert_non_null(client_message(answer.body));
	assert_string_equal(client_message(answer.body), message);
	client_answer_finish(&answer);
	free(body);
}

static void test_sealed_request_gets_a_sealed_answer(void **state)
{
	struct world *world = *state;
	char *body = client_scope(&world->client, "\"pSize\":100,\"pIndex\":0");
	const struct client_wrong with_uuid = { .uuid = UUID };
	struct client_answer answer;

	client_call(&world->client, "POST", "/users/fetch", body, &with_uuid, &answer);
	assert_int_equal(answer.status, 200);
	assert_true(answer.sealed);
	assert_non_null(strstr(answer.head, "requestid: " UUID));
	assert_int_equal(json_array_size(json_object_get(answer.body, "data")), 100);
	assert_int_equal(json_integer_value(tfs_json_at(answer.body, "/page/total")), 318);
	client_answer_finish(&answer);

	json_t *line = world_last_line(world);
	assert_string_equal(tfs_json_text(line, "path"), "/users/fetch");
	assert_int_equal(json_integer_value(json_object_get(line, "status")), 200);
	assert_int_equal(json_integer_value(tfs_json_at(line, "/body/pSize")), 100);
	assert_string_equal(json_string_value(tfs_json_at(line, "/requestid/uuid")), UUID);
	assert_true(json_is_null(json_object_get(line, "fault")));
	json_decref(line);

	/* The same request again is a replay. */
	client_call(&world->client, "POST", "/users/fetch", body, &with_uuid, &answer);
	assert_int_equal(answer.status, 401);
	assert_string_equal(client_message(answer.body), "requestid was used before");
	client_answer_finish(&answer);
	free(body);
}

static void test_missing_header_is_refused(void **state)
{
	struct world *world = *state;

	expect_wrong(world, 401, "requestid is required", (struct client_wrong){ .no_request_id = true });
	expect_wrong(world, 401, "publickey is required", (struct client_wrong){ .no_key = true });
	expect_wrong(world, 401, "publickey is not registered", (struct client_wrong){ .other_key = true });
	expect_wrong(world, 401, "authorization is required", (struct client_wrong){ .no_token = true });
	expect_wrong(world, 401, "the token is not valid", (struct client_wrong){ .token = "a.b.c" });
	expect_wrong(world, 401, "requestid: \"ts\" is outside of the allowed time span",
		     (struct client_wrong){ .skew = 65 });
	expect_wrong(world, 401, "requestid: \"ts\" is outside of the allowed time span",
		     (struct client_wrong){ .skew = -65 });
	expect_wrong(world, 401, "requestid: \"uuid\" must be a UUID of version 4",
		     (struct client_wrong){ .uuid = "7b5c6f1e-9a3d-1c52-8f10-2d3e4f5a6b7c" });
}

static void test_request_time_must_be_within_the_span(void **state)
{
	struct world *world = *state;
	const struct client_wrong late = { .skew = -55 };
	struct client_answer answer;

	client_call(&world->client, "GET", "/authz/role/fetch", NULL, &late, &answer);
	assert_int_equal(answer.status, 200);
	client_answer_finish(&answer);
}

static void test_clear_body_is_refused(void **state)
{
	expect_wrong(*state, 400, "\"data\" is required", (struct client_wrong){ .clear_body = true });
}

static void test_wrong_license_is_refused(void **state)
{
	struct world *world = *state;
	const struct client_wrong wrong = { .license = "another" };
	struct client_answer answer;

	json_decref(client_expect(&world->client, 200, "GET", "/servicekeys", NULL));
	client_call(&world->client, "GET", "/servicekeys", NULL, &wrong, &answer);
	assert_int_equal(answer.status, 401);
	assert_string_equal(client_message(answer.body), "licensekey is not valid");
	client_answer_finish(&answer);
}

static void test_unknown_address_is_refused(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;

	client_expect_refusal(client, 404, "no such route", "GET", "/nowhere", NULL);
	client_expect_refusal(client, 405, "PATCH is not allowed here", "PATCH", "/users/fetch", NULL);
	client_expect_refusal(client, 400, "\"surplus\" is not allowed", "GET", "/authz/role/fetch?surplus=1", NULL);
	client_expect_refusal(client, 400, "the address cannot be decoded", "GET", "/serviceprovider/%zz", NULL);
}

static void test_invalid_body_is_refused(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	char *extra = client_scope(client, "\"surplus\":1");
	char *type = client_scope(client, "\"pSize\":\"5\"");
	char *much = client_scope(client, "\"pSize\":101");

	client_expect_refusal(client, 400, "\"surplus\" is not allowed", "POST", "/users/fetch", extra);
	client_expect_refusal(client, 400, "\"pSize\" must be a number", "POST", "/users/fetch", type);
	client_expect_refusal(client, 400, "\"pSize\" must be at most 100", "POST", "/users/fetch", much);
	client_expect_refusal(client, 400, "\"tenantId\" is required", "POST", "/users/fetch", "{}");
	client_expect_refusal(client, 400, "\"data\" is required", "POST", "/users/fetch", NULL);
	client_expect_refusal(client, 400, "\"tenantId\" is not a tenant of this service", "POST", "/users/fetch",
			      "{\"tenantId\":\"x\",\"communityId\":\"y\",\"moduleId\":\"z\"}");
	free(extra);
	free(type);
	free(much);
}

static void test_too_long_body_is_refused(void **state)
{
	struct world *world = *state;
	size_t len = (9 << 20);
	char *body = malloc(len + 1);
	const struct client_wrong clear = { .clear_body = true };
	struct client_answer answer;

	assert_non_null(body);
	memset(body, ' ', len);
	body[len] = '\0';
	client_call(&world->client, "POST", "/users/fetch", body, &clear, &answer);
	/* The server may close the connection before all is sent; if it answers, then with this status. */
	assert_true(answer.status == 413 || answer.status == 0);
	client_answer_finish(&answer);
	free(body);
	json_decref(client_expect(&world->client, 200, "GET", "/healthz", NULL));
}

static void test_every_error_shape_occurs(void **state)
{
	struct world *world = *state;
	static const char *const paths[] = { "/users/fetch",        "/branding",
					     "/environment",        "/auth_modules/x",
					     "/serviceprovider/x",  "/config/authentication/mfa_settings",
					     "/authz/role/fetch",   "/user_properties/update",
					     "/radius/fetch",       "/idp/fetch",
					     "/secret-store/fetch", "/reports/events" };
	static const char *const methods[] = { "POST", "PUT",  "PATCH", "GET",  "GET",  "PUT",
					       "GET",  "POST", "POST",  "POST", "POST", "POST" };
	const struct client_wrong wrong = { .no_token = true };
	bool seen[4] = { false };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		struct client_answer answer;
		client_call(&world->client, methods[i], paths[i], NULL, &wrong, &answer);
		assert_int_equal(answer.status, 401);
		assert_string_equal(client_message(answer.body), "authorization is required");
		seen[0] |= !!json_object_get(answer.body, "statusCode");
		seen[1] |= !!json_object_get(answer.body, "code");
		seen[2] |= !!json_object_get(answer.body, "error_code");
		seen[3] |= !!json_object_get(answer.body, "errors");
		client_answer_finish(&answer);
	}
	for (size_t i = 0; i < 4; i++)
		assert_true(seen[i]);
}

static void test_only_loopback_addresses_are_accepted(void **state)
{
	struct tfs_error error = { 0 };
	struct sandbox *sandbox = NULL;
	const struct sandbox_options options = { .data = "/nonexistent", .listen = "0.0.0.0:0", .users = 1 };

	(void)state;
	assert_int_equal(sandbox_start(&options, &sandbox, &error), -EINVAL);
	assert_string_equal(error.message, "--listen 0.0.0.0:0: not a loopback address");
}

static void test_second_server_in_a_folder_is_refused(void **state)
{
	struct world *world = *state;
	struct tfs_error error = { 0 };
	struct sandbox *second = NULL;
	const struct sandbox_options options = { .data = world->dir, .users = 1 };
	char message[160];

	snprintf(message, sizeof(message), "%s: another sandbox uses it", world->dir);
	assert_int_equal(sandbox_start(&options, &second, &error), -EBUSY);
	assert_string_equal(error.message, message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sealed_request_gets_a_sealed_answer),
		cmocka_unit_test(test_missing_header_is_refused),
		cmocka_unit_test(test_request_time_must_be_within_the_span),
		cmocka_unit_test(test_clear_body_is_refused),
		cmocka_unit_test(test_wrong_license_is_refused),
		cmocka_unit_test(test_unknown_address_is_refused),
		cmocka_unit_test(test_invalid_body_is_refused),
		cmocka_unit_test(test_too_long_body_is_refused),
		cmocka_unit_test(test_every_error_shape_occurs),
		cmocka_unit_test(test_only_loopback_addresses_are_accepted),
		cmocka_unit_test(test_second_server_in_a_folder_is_refused),
	};

	return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
