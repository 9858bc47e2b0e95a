/* Faults on the wire, as a client gets them. */
#include "client.c"

#include "tenantfs/clock.h"

static void ask(struct world *world, const char *spec, struct client_answer *answer)
{
	cleanup_free char *scope = client_scope(&world->client, "\"pSize\":20");

	world_set_faults(world, spec);
	client_call(&world->client, "POST", "/users/fetch", scope, NULL, answer);
}

static void expect_logged(struct world *world, const char *fault, int status)
{
	json_t *line = world_last_line(world);

	assert_string_equal(tfs_json_text(line, "fault"), fault);
	assert_int_equal(json_integer_value(json_object_get(line, "status")), status);
	assert_int_equal(json_integer_value(tfs_json_at(line, "/body/pSize")), 20);
	json_decref(line);
}

static void test_status_faults_answer_their_status(void **state)
{
	struct world *world = *state;
	struct client_answer answer;

	ask(world, "status=503", &answer);
	assert_int_equal(answer.status, 503);
	assert_string_equal(client_message(answer.body), "an injected fault");
	client_answer_finish(&answer);
	expect_logged(world, "status=503", 503);
	ask(world, "429,retry-after=3", &answer);
	assert_int_equal(answer.status, 429);
	assert_non_null(strstr(answer.head, "Retry-After: 3"));
	client_answer_finish(&answer);
	ask(world, "429", &answer);
	assert_null(strstr(answer.head, "Retry-After"));
	client_answer_finish(&answer);
	ask(world, "conflict", &answer);
	assert_int_equal(answer.status, 409);
	client_answer_finish(&answer);
	world_set_faults(world, NULL);
}

static void test_drop_closes_before_or_after_the_change(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	static const char lock[] = "{\"username\":\"casey\",\"lock_duration\":5}";
	cleanup_free char *scope = client_scope(client, "\"query\":{\"username\":\"casey\",\"isLocked\":true}");
	struct client_answer answer;
	static const struct {
		const char *spec;
		int locked;
	} cases[] = { { "drop,path=/users/user/lock", 0 }, { "drop-after,path=/users/user/lock", 1 } };

	json_decref(client_expect(client, 204, "POST", "/users/user/unlock", "{\"username\":\"casey\"}"));
	for (size_t i = 0; i < 2; i++) {
		world_set_faults(world, cases[i].spec);
		client_call(client, "POST", "/users/user/lock", lock, NULL, &answer);
		assert_int_equal(answer.status, 0);
		client_answer_finish(&answer);
		json_t *line = world_last_line(world);
		assert_int_equal(json_integer_value(json_object_get(line, "status")), 0);
		json_decref(line);
		cleanup_json json_t *page = client_expect(client, 200, "POST", "/users/fetch", scope);
		assert_int_equal(json_integer_value(tfs_json_at(page, "/page/total")), cases[i].locked);
	}
	world_set_faults(world, NULL);
}

static void test_stall_and_latency_delay_the_answer(void **state)
{
	struct world *world = *state;
	struct client_answer answer;
	uint64_t start = tfs_clock_ms();

	ask(world, "stall=0.3", &answer);
	assert_int_equal(answer.status, 200);
	assert_true(tfs_clock_ms() - start >= 290);
	client_answer_finish(&answer);
	start = tfs_clock_ms();
	ask(world, "latency=150", &answer);
	assert_int_equal(answer.status, 200);
	assert_true(tfs_clock_ms() - start >= 140);
	client_answer_finish(&answer);
}

static void test_seal_faults_give_undecryptable_answers(void **state)
{
	struct world *world = *state;
	struct client_answer answer;

	ask(world, "badtag", &answer);
	assert_int_equal(answer.status, 200);
	assert_false(answer.sealed);
	assert_string_equal(tfs_json_text(answer.body, "publicKey"), tfs_peer_public(world->client.service));
	client_answer_finish(&answer);
	ask(world, "oldkey", &answer);
	assert_false(answer.sealed);
	assert_string_not_equal(tfs_json_text(answer.body, "publicKey"), tfs_peer_public(world->client.service));
	client_answer_finish(&answer);
	world_set_faults(world, NULL);
}

static void test_truncate_and_garbage_spoil_the_body(void **state)
{
	struct world *world = *state;
	struct client_answer answer;
	const char *announced;

	ask(world, "truncate", &answer);
	assert_int_equal(answer.status, 200);
	announced = strstr(answer.head, "Content-Length: ");
	assert_non_null(announced);
	assert_int_equal(answer.raw.len, strtoul(announced + 16, NULL, 10) / 2);
	client_answer_finish(&answer);
	ask(world, "garbage", &answer);
	assert_int_equal(answer.status, 200);
	assert_null(answer.body);
	assert_true(answer.raw.len > 100);
	client_answer_finish(&answer);
}

/* The opened content of the envelope. */
static char *opened(struct world *world, const char *spec)
{
	struct client_answer answer;
	struct tfs_buf plain = TFS_BUF_INIT(64 << 20);

	ask(world, spec, &answer);
	const char *data = tfs_json_text(answer.body, "data");
	/* JSON content has already replaced the envelope. */
	cleanup_free char *printed = answer.sealed ? json_dumps(answer.body, JSON_COMPACT) : NULL;
	if (data && tfs_json_text(answer.body, "publicKey"))
		assert_int_equal(tfs_open(world->client.service, data, strlen(data), &plain, NULL), 0);
	else
		tfs_buf_puts(&plain, printed ? printed : "");
	client_answer_finish(&answer);
	return tfs_buf_steal(&plain, NULL);
}

static void test_hostile_answers_have_their_content(void **state)
{
	struct world *world = *state;
	cleanup_free char *twice = opened(world, "dupkeys");
	cleanup_free char *bytes = opened(world, "badutf8");
	cleanup_free char *deep = opened(world, "deep");
	cleanup_free char *pages = opened(world, "pages");
	cleanup_free char *names = opened(world, "names");

	assert_non_null(strstr(twice, "\"twice\":1,\"twice\":2"));
	assert_non_null(strstr(bytes, "\xff\xc0\xaf"));
	assert_int_equal(strspn(deep, "{\"a\":["), 60000);
	assert_non_null(strstr(pages, "\"total\":1000000000"));
	assert_non_null(strstr(names, "\"username\":\"..\""));
	assert_non_null(strstr(names, "\"username\":\"nul\\u0000inside\""));
	assert_non_null(strstr(names, "\"username\":42"));
	world_set_faults(world, NULL);
}

static void test_huge_and_trickling_answers_have_their_size(void **state)
{
	struct world *world = *state;
	struct client_answer answer;
	uint64_t start = tfs_clock_ms();

	world_set_faults(world, "trickle");
	client_call(&world->client, "GET", "/healthz", NULL, NULL, &answer);
	assert_int_equal(answer.status, 200);
	assert_true(tfs_clock_ms() - start >= 500);
	client_answer_finish(&answer);
	world_set_faults(world, "huge");
	client_call(&world->client, "GET", "/healthz", NULL, NULL, &answer);
	assert_int_equal(answer.status, 200);
	assert_int_equal(answer.raw.len, 200 << 20);
	assert_memory_equal(answer.raw.data, "{\"data\":\"AAA", 12);
	client_answer_finish(&answer);
	world_set_faults(world, NULL);
}

static void test_bad_fault_file_is_ignored(void **state)
{
	struct world *world = *state;
	struct client_answer answer;

	ask(world, "explode", &answer);
	assert_int_equal(answer.status, 200);
	client_answer_finish(&answer);
	world_set_faults(world, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status_faults_answer_their_status),
		cmocka_unit_test(test_drop_closes_before_or_after_the_change),
		cmocka_unit_test(test_stall_and_latency_delay_the_answer),
		cmocka_unit_test(test_seal_faults_give_undecryptable_answers),
		cmocka_unit_test(test_truncate_and_garbage_spoil_the_body),
		cmocka_unit_test(test_hostile_answers_have_their_content),
		cmocka_unit_test(test_huge_and_trickling_answers_have_their_size),
		cmocka_unit_test(test_bad_fault_file_is_ignored),
	};

	return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
