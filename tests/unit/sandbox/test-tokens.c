/* Hardware tokens: imported tables, patterns, assignments, refusals. */
#include "client.c"

#define SEED_TEXT "0123456789abcdef0123456789abcdef"

static json_t *tokens(const struct client *client, const char *query)
{
	cleanup_free char *body = NULL;

	assert_true(asprintf(&body, "{\"pSize\":100%s%s}", *query ? "," : "", query) > 0);
	return client_expect(client, 200, "POST", "/hardwaretokens/fetch", body);
}

static json_t *token(const struct client *client, const char *serial)
{
	cleanup_free char *query = NULL;

	assert_true(asprintf(&query, "\"query\":{\"serialNumbers\":[\"%s\"]}", serial) > 0);
	cleanup_json json_t *page = tokens(client, query);
	return json_incref(tfs_json_at(page, "/data/0"));
}

static json_t *import(const struct client *client, const char *path, const char *text)
{
	cleanup_json json_t *body = json_pack("{s:s}", "csv_text", text);
	cleanup_free char *sent = json_dumps(body, JSON_COMPACT);

	return client_expect(client, 200, "PUT", path, sent);
}

static json_int_t count_events(const struct client *client, const char *name)
{
	cleanup_free char *body = NULL;

	assert_true(asprintf(&body, "{\"tenantId\":\"%s\",\"communityId\":\"%s\",\"eventName\":\"%s\"}", client->tenant,
			     client->community, name) > 0);
	cleanup_json json_t *found = client_expect(client, 200, "POST", "/reports/events", body);
	return json_integer_value(tfs_json_at(found, "/page/total"));
}

static void test_table_creates_tokens_row_by_row(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	cleanup_json json_t *made = import(client, "/hardwaretokens/tokens",
					   "seed,serialNumber,counter\r\n" SEED_TEXT ",N-1,7\r\n" SEED_TEXT
					   ",\"N,\"\"2\",\n\n,N-3,0\n" SEED_TEXT ",N-1,0\n" SEED_TEXT ",N-4,x\n");
	cleanup_json json_t *expected =
		json_loads("[{\"row\":5,\"serialNumber\":\"N-3\",\"message\":\"seed must have 1 to 128 "
			   "characters\"},{\"row\":6,\"serialNumber\":\"N-1\",\"message\":\"another token has this "
			   "serial number\"},{\"row\":7,\"serialNumber\":\"N-4\",\"message\":\"counter must be a whole "
			   "number\"}]",
			   0, NULL);

	assert_int_equal(json_integer_value(json_object_get(made, "created")), 2);
	assert_true(json_equal(json_object_get(made, "errors"), expected));
	cleanup_json json_t *one = token(client, "N-1");
	assert_int_equal(json_integer_value(json_object_get(one, "counter")), 7);
	assert_string_equal(tfs_json_text(one, "seed"), SEED_TEXT);
	cleanup_json json_t *two = token(client, "N,\\\"2");
	assert_string_equal(tfs_json_text(two, "serialNumber"), "N,\"2");
	assert_int_equal(json_integer_value(json_object_get(two, "counter")), 0);
}

static void test_table_of_another_form_is_refused(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	const char *path = "/hardwaretokens/tokens";

	client_expect_refusal(client, 400, "\"csv_text\" has no column \"serialNumber\"", "PUT", path,
			      "{\"csv_text\":\"serial,seed\\nx,y\\n\"}");
	client_expect_refusal(client, 400, "\"csv_text\" has no rows", "PUT", path,
			      "{\"csv_text\":\"serialNumber,seed\\n\"}");
	client_expect_refusal(client, 400, "\"csv_text\" must be a table", "PUT", path,
			      "{\"csv_text\":\"serialNumber,seed\\n\\\"x,y\\n\"}");
	client_expect_refusal(client, 400, "\"csv_text\" must be a table", "PUT", path,
			      "{\"csv_text\":\"serialNumber,seed\\nx,y,z\\n\"}");
	client_expect_refusal(client, 400, "\"csv_text\" has no column \"username\"", "PUT",
			      "/hardwaretokens/usertokens/csv_text", "{\"csv_text\":\"serialNumber,user\\nx,y\\n\"}");
}

static void test_pages_and_patterns_select_tokens(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	cleanup_json json_t *sr = tokens(client, "\"query\":{\"serialNumbers\":[\"/^sr0/\"]}");
	cleanup_json json_t *more = tokens(client, "\"returnAssignedUserCount\":true,\"returnActivityStatus\":true");

	assert_int_equal(json_array_size(json_object_get(sr, "data")), 2);
	assert_true(json_is_integer(tfs_json_at(more, "/data/0/assignedUserCount")));
	assert_non_null(tfs_json_text(tfs_json_at(more, "/data/0"), "activityStatus"));
	client_expect_refusal(client, 400, "\"query.serialNumbers\" has an invalid pattern", "POST",
			      "/hardwaretokens/fetch", "{\"query\":{\"serialNumbers\":[\"/(/\"]}}");
	client_expect_refusal(client, 400, "\"pSize\" must be less than or equal to 100", "POST",
			      "/hardwaretokens/fetch", "{\"pSize\":101}");
	cleanup_json json_t *second =
		client_expect(client, 200, "POST", "/hardwaretokens/fetch", "{\"pSize\":3,\"pIndex\":1}");
	assert_int_equal(json_array_size(json_object_get(second, "data")), 3);
	assert_string_equal(tfs_json_text(tfs_json_at(second, "/data/0"), "serialNumber"), "2601-7734-0001");
}

static void test_token_is_changed_and_removed(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	json_decref(import(client, "/hardwaretokens/tokens", "serialNumber,seed,counter\nC-1," SEED_TEXT ",1\n"));
	cleanup_json json_t *record = token(client, "C-1");
	char path[96];

	snprintf(path, sizeof(path), "/hardwaretokens/tokens/%s", tfs_json_text(record, "_id"));
	cleanup_json json_t *changed = client_expect(client, 200, "PATCH", path, "{\"counter\":9}");
	assert_int_equal(json_integer_value(json_object_get(changed, "counter")), 9);
	assert_string_equal(tfs_json_text(changed, "seed"), SEED_TEXT);
	client_expect_refusal(client, 400, "\"seed\" or \"counter\" is required", "PATCH", path, "{}");
	client_expect_refusal(client, 400, "\"seed\" must have 1 to 128 characters", "PATCH", path, "{\"seed\":\"\"}");
	client_expect_refusal(client, 400, "\"counter\" must be an integer", "PATCH", path, "{\"counter\":1.5}");
	client_expect_refusal(client, 400, "no hardware token has this id", "PATCH",
			      "/hardwaretokens/tokens/5f3d8d0cd866fa61019cf96a", "{\"counter\":1}");
	cleanup_json json_t *again = client_expect(
		client, 200, "POST", "/hardwaretokens/resync",
		"{\"code1\":\"123456\",\"code2\":\"234567\",\"code3\":\"345678\",\"serialNumber\":\"C-1\"}");
	assert_true(json_is_true(json_object_get(again, "status")));
	cleanup_json json_t *gone = client_expect(client, 200, "DELETE", "/hardwaretokens/tokens",
						  "{\"serialNumbers\":[\"C-1\",\"nothing\"]}");
	assert_int_equal(json_integer_value(json_object_get(gone, "deletedCount")), 1);
	assert_null(token(client, "C-1"));
}

static void test_tokens_are_assigned_and_unassigned(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	const char *path = "/hardwaretokens/usertokens";
	json_int_t before = count_events(client, "E_HARDWARE_TOKENS_ASSIGNED");

	json_decref(import(client, "/hardwaretokens/tokens", "serialNumber,seed,counter\nA-1," SEED_TEXT ",1\n"));
	cleanup_json json_t *made = client_expect(client, 200, "PUT", path,
						  "{\"list\":[{\"username\":\"casey\",\"serialNumber\":\"A-1\"},"
						  "{\"username\":\"\",\"serialNumber\":\"A-1\"},"
						  "{\"username\":\"casey\",\"serialNumber\":\"A-0\"}]}");
	assert_int_equal(json_integer_value(json_object_get(made, "created")), 1);
	assert_string_equal(tfs_json_text(tfs_json_at(made, "/errors/0"), "message"),
			    "username and serialNumber are required");
	assert_string_equal(tfs_json_text(tfs_json_at(made, "/errors/1"), "message"),
			    "no hardware token has this serial number");
	cleanup_json json_t *table =
		import(client, "/hardwaretokens/usertokens/csv_text", "serialNumber,username\nA-1,casey\nA-1,Casey\n");
	assert_int_equal(json_integer_value(json_object_get(table, "created")), 1);
	assert_string_equal(tfs_json_text(tfs_json_at(table, "/errors/0"), "message"),
			    "the user already has this token");
	assert_int_equal(count_events(client, "E_HARDWARE_TOKENS_ASSIGNED"), before + 2);
	json_decref(client_expect(client, 204, "DELETE", path,
				  "{\"list\":[{\"username\":\"casey\",\"serialNumber\":\"A-1\"}]}"));
	cleanup_json json_t *left = client_expect(client, 200, "POST", "/hardwaretokens/usertokens/fetch",
						  "{\"query\":{\"serialNumber\":\"A-1\"}}");
	assert_int_equal(json_integer_value(tfs_json_at(left, "/page/total")), 1);
	assert_string_equal(tfs_json_text(tfs_json_at(left, "/data/0"), "username"), "Casey");
	json_decref(client_expect(client, 200, "DELETE", "/hardwaretokens/tokens", "{\"serialNumbers\":[\"A-1\"]}"));
	cleanup_json json_t *none = client_expect(client, 200, "POST", "/hardwaretokens/usertokens/fetch",
						  "{\"query\":{\"serialNumber\":\"A-1\"}}");
	assert_int_equal(json_integer_value(tfs_json_at(none, "/page/total")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_creates_tokens_row_by_row),
		cmocka_unit_test(test_table_of_another_form_is_refused),
		cmocka_unit_test(test_pages_and_patterns_select_tokens),
		cmocka_unit_test(test_token_is_changed_and_removed),
		cmocka_unit_test(test_tokens_are_assigned_and_unassigned),
	};

	return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
