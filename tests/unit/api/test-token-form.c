/* The form of the token: found out with at most two calls, remembered, never a loop. */
#include "service.c"

static const struct step fine[] = { { SEALED, 200, "{}", NULL }, { 0 } };
static const struct step other_form[] = {
	{ CLEAR, 401, "{\"message\":\"Unauthorized\"}", NULL },
	{ SEALED, 200, "{}", NULL },
	{ 0 },
};
static const struct step refused[] = { { SEALED, 401, "{\"message\":\"Unauthorized\"}", NULL }, { 0 } };
static struct tfs_endpoint endpoint; /* wants a token */

static void start(struct service *s, const struct step *script, const char *settings)
{
	char text[512];

	endpoint = create_endpoint;
	endpoint.token = TFS_NEED_REQUIRED;
	snprintf(text, sizeof(text), "\ttoken-file = token\n%s", settings);
	service_start(s, script, text);
	write_file(s, "token", "to.k.en", 0600);
}

/* As a restart of the daemon: a new client with the same state folder. */
static void restart(struct service *s, const struct step *script)
{
	service_open(s, "\ttoken-file = token");
	service_play(s, script);
}

static void assert_sent(struct service *s, unsigned number, bool sealed)
{
	assert_string_equal(s->seen[number].authorization, "Bearer to.k.en");
	assert_int_equal(s->seen[number].token_sealed, sealed);
}

static void assert_remembered(struct service *s, const char *form)
{
	char text[256], expected[256];
	struct tfs_api_stats stats;

	tfs_api_get_stats(s->api, &stats);
	snprintf(expected, sizeof(expected), "%s %s\n", form, stats.service_fingerprint);
	read_file(s, "state/token-form", text, sizeof(text));
	assert_string_equal(text, expected);
}

static void test_sealed_token_is_tried_first(void **state)
{
	struct service s;

	(void)state;
	start(&s, fine, "");
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	assert_int_equal(seen_count(&s), 1);
	assert_sent(&s, 0, true);
	assert_remembered(&s, "sealed");
	service_stop(&s);
}

/* Two calls until it works, one from then on, also with another client. */
static void test_other_form_is_tried_once_and_remembered(void **state)
{
	struct service s;

	(void)state;
	start(&s, other_form, "");
	assert_int_equal(service_call(&s, &endpoint, "{\"n\":1}"), 0);
	assert_int_equal(seen_count(&s), 2);
	assert_sent(&s, 0, true);
	assert_sent(&s, 1, false);
	assert_string_equal(s.seen[1].body, "{\"n\":1}");
	assert_string_not_equal(s.seen[0].uuid, s.seen[1].uuid);
	/* The refusal was about the form: the service was not asked for its key again. */
	assert_int_equal(key_count(&s), 1);
	assert_remembered(&s, "clear");
	service_play(&s, fine);
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	assert_sent(&s, 0, false);
	restart(&s, fine);
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	assert_int_equal(seen_count(&s), 1);
	assert_sent(&s, 0, false);
	service_stop(&s);
}

static void test_configured_form_is_the_only_one(void **state)
{
	struct service s;

	(void)state;
	start(&s, refused, "\ttoken-form = clear");
	assert_int_equal(service_call(&s, &endpoint, "{}"), -EACCES);
	assert_int_equal(seen_count(&s), 1);
	assert_sent(&s, 0, false);
	assert_int_equal(access(path_in(&s, "state/token-form"), F_OK), -1);
	service_open(&s, "\ttoken-file = token\n\ttoken-form = sealed");
	service_play(&s, refused);
	assert_int_equal(service_call(&s, &endpoint, "{}"), -EACCES);
	assert_int_equal(seen_count(&s), 1);
	assert_sent(&s, 0, true);
	service_stop(&s);
}

/* Refused in both forms, the token is the fault: further calls send it once. */
static void test_invalid_token_is_not_sent_twice_again(void **state)
{
	struct service s;

	(void)state;
	start(&s, refused, "");
	assert_int_equal(service_call(&s, &endpoint, "{}"), -EACCES);
	assert_int_equal(seen_count(&s), 2);
	for (int i = 0; i < 3; i++)
		assert_int_equal(service_call(&s, &endpoint, "{}"), -EACCES);
	assert_int_equal(seen_count(&s), 5);
	assert_int_equal(access(path_in(&s, "state/token-form"), F_OK), -1);
	/* A new token is tried in both forms again. */
	write_file(&s, "token", "to.k.en2", 0600);
	service_play(&s, other_form);
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	assert_int_equal(seen_count(&s), 2);
	assert_remembered(&s, "clear");
	service_stop(&s);
}

/* The service was updated: what is remembered is doubted once, and replaced. */
static void test_remembered_form_that_stops_working_is_replaced(void **state)
{
	struct service s;

	(void)state;
	start(&s, fine, "");
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	assert_remembered(&s, "sealed");
	/* Just after the token was accepted, a 401 is about something else. */
	service_play(&s, other_form);
	assert_int_equal(service_call(&s, &endpoint, "{}"), -EACCES);
	assert_int_equal(seen_count(&s), 1);
	restart(&s, other_form);
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	assert_int_equal(seen_count(&s), 2);
	assert_sent(&s, 1, false);
	assert_remembered(&s, "clear");
	/* A revoked token changes nothing about the form. */
	service_play(&s, refused);
	assert_int_equal(service_call(&s, &endpoint, "{}"), -EACCES);
	assert_int_equal(service_call(&s, &endpoint, "{}"), -EACCES);
	assert_int_equal(seen_count(&s), 2);
	assert_remembered(&s, "clear");
	service_stop(&s);
}

/* A newer token is the likelier remedy where the form worked before. */
static void test_newer_token_is_tried_before_the_other_form(void **state)
{
	static const struct step renewed[] = { { SEALED, 401, "{}", NULL }, { SEALED, 200, "{}", NULL }, { 0 } };
	struct service s;

	(void)state;
	start(&s, fine, "");
	assert_int_equal(mkdir(path_in(&s, "state"), 0700), 0);
	write_file(&s, "state/token", "stored", 0600);
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	service_play(&s, renewed);
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	assert_int_equal(seen_count(&s), 2);
	assert_string_equal(s.seen[0].authorization, "Bearer stored");
	assert_sent(&s, 1, true);
	assert_remembered(&s, "sealed");
	service_stop(&s);
}

static void test_other_refusals_are_not_about_the_form(void **state)
{
	static const char *const bodies[] = {
		"{\"message\":\"jwt expired\"}",
		"{\"message\":\"license is not valid\"}",
		"{\"message\":\"requestid was used before\"}",
		"{\"message\":\"publickey is not registered\"}",
		"{\"errors\":[{\"message\":\"wrong\",\"param\":\"web_otp\"}]}",
		"{\"message\":\"wrong password\"}",
	};
	struct service s;

	(void)state;
	start(&s, fine, "");
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct step script[] = { { SEALED, 401, bodies[i], NULL }, { 0 } };

		service_play(&s, script);
		assert_int_equal(service_call(&s, &endpoint, "{}"), -EACCES);
		assert_int_equal(seen_count(&s), 1);
	}
	assert_int_equal(access(path_in(&s, "state/token-form"), F_OK), -1);
	service_play(&s, other_form);
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	service_stop(&s);
}

/* A success where no token is needed proves nothing. */
static void test_optional_token_teaches_nothing(void **state)
{
	struct tfs_endpoint optional = create_endpoint;
	struct service s;

	(void)state;
	start(&s, fine, "");
	optional.token = TFS_NEED_OPTIONAL;
	assert_int_equal(service_call(&s, &optional, "{}"), 0);
	assert_sent(&s, 0, true);
	assert_int_equal(access(path_in(&s, "state/token-form"), F_OK), -1);
	service_stop(&s);
}

/* What is known holds for one service. */
static void test_changed_service_key_makes_the_form_unknown(void **state)
{
	struct service s;

	(void)state;
	start(&s, other_form, "");
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	write_file(&s, "state/token-form", "clear 0000000000000000\n", 0600);
	restart(&s, fine);
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	assert_sent(&s, 0, true);
	assert_remembered(&s, "sealed");
	service_stop(&s);
}

/* Threads start at once: one of them finds out. */
static void test_one_thread_finds_out_for_all(void **state)
{
	struct service s;

	(void)state;
	start(&s, other_form, "");
	assert_int_equal(tfs_api_connect(s.api, s.op), 0);
	service_call_by_threads(&s, &endpoint);
	assert_int_equal(seen_count(&s), SERVICE_THREADS + 1);
	for (unsigned i = 0; i < SERVICE_THREADS + 1; i++)
		assert_sent(&s, i, i == 0);
	service_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sealed_token_is_tried_first),
		cmocka_unit_test(test_other_form_is_tried_once_and_remembered),
		cmocka_unit_test(test_configured_form_is_the_only_one),
		cmocka_unit_test(test_invalid_token_is_not_sent_twice_again),
		cmocka_unit_test(test_remembered_form_that_stops_working_is_replaced),
		cmocka_unit_test(test_newer_token_is_tried_before_the_other_form),
		cmocka_unit_test(test_other_refusals_are_not_about_the_form),
		cmocka_unit_test(test_optional_token_teaches_nothing),
		cmocka_unit_test(test_changed_service_key_makes_the_form_unknown),
		cmocka_unit_test(test_one_thread_finds_out_for_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
