/* Retries and rate limits: which calls are retried, and how 429 slows a tenant. */
#include "service.c"

static const struct step fine[] = { { SEALED, 200, "{}", NULL }, { 0 } };
static const struct step failing[] = { { SEALED, 503, "{\"message\":\"busy\"}", NULL }, { 0 } };
static const struct step dropping[] = { { DROP, 1, NULL, NULL }, { 0 } };

static unsigned long retries_of(struct service *s)
{
	struct tfs_api_stats stats;

	tfs_api_get_stats(s->api, &stats);
	return stats.retries;
}

static void test_read_is_retried(void **state)
{
	static const struct step script[] = {
		{ CLEAR, 502, "", NULL }, { DROP, 1, NULL, NULL }, { SEALED, 200, "{}", NULL }, { 0 }
	};
	struct service s;

	(void)state;
	service_start(&s, script, "");
	assert_int_equal(service_call(&s, &read_endpoint, NULL), 0);
	assert_int_equal(seen_count(&s), 3);
	assert_int_equal(retries_of(&s), 2);
	assert_int_equal(tfs_op_error(s.op)->code, 0);
	/* Each attempt has its own request id. */
	assert_string_not_equal(s.seen[0].uuid, s.seen[1].uuid);
	assert_string_not_equal(s.seen[1].uuid, s.seen[2].uuid);
	assert_string_equal(s.answer.request_id, s.seen[2].uuid);
	service_stop(&s);
}

static void test_read_fails_after_two_retries(void **state)
{
	struct service s;
	uint64_t start;

	(void)state;
	service_start(&s, failing, "");
	start = tfs_clock_ms();
	assert_int_equal(service_call(&s, &read_endpoint, NULL), -EIO);
	assert_failure(&s, -EIO, "busy");
	assert_int_equal(seen_count(&s), 3);
	assert_true(tfs_clock_ms() - start >= 150);
	assert_int_equal(tfs_op_error(s.op)->status, 503);
	service_play(&s, dropping);
	assert_int_equal(service_call(&s, &read_endpoint, NULL), -EIO);
	assert_int_equal(seen_count(&s), 3);
	assert_string_equal(tfs_op_error(s.op)->request_id, s.seen[2].uuid);
	service_stop(&s);
}

static void test_create_is_sent_once(void **state)
{
	struct service s;
	char message[128];

	(void)state;
	service_start(&s, dropping, "");
	assert_int_equal(service_call(&s, &create_endpoint, "{\"n\":1}"), -EIO);
	snprintf(message, sizeof(message), "127.0.0.1:%d closed the connection before its answer", s.server->port);
	assert_failure(&s, -EIO, message);
	server_pause(s.server, 500);
	assert_int_equal(seen_count(&s), 1);
	/* The same on a reused connection. */
	service_play(&s, fine);
	assert_int_equal(service_call(&s, &create_endpoint, "{\"n\":2}"), 0);
	service_play(&s, dropping);
	assert_int_equal(service_call(&s, &create_endpoint, "{\"n\":3}"), -EIO);
	server_pause(s.server, 500);
	assert_int_equal(seen_count(&s), 1);
	service_play(&s, failing);
	assert_int_equal(service_call(&s, &create_endpoint, "{\"n\":4}"), -EIO);
	assert_failure(&s, -EIO, "busy");
	assert_int_equal(seen_count(&s), 1);
	assert_int_equal(retries_of(&s), 0);
	service_stop(&s);
}

static void test_refusals_are_not_retried(void **state)
{
	static const int statuses[] = { 400, 401, 403, 404, 409, 501 };
	struct step script[] = { { SEALED, 0, "{}", NULL }, { 0 } };
	struct service s;

	(void)state;
	script[0].status = 200;
	service_start(&s, script, "");
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		script[0].status = statuses[i];
		service_play(&s, script);
		assert_true(service_call(&s, &read_endpoint, NULL) < 0);
		assert_int_equal(seen_count(&s), 1);
	}
	assert_int_equal(retries_of(&s), 0);
	service_stop(&s);
}

/* A request that was never sent is retried even for a create. */
static void test_unsent_create_is_retried(void **state)
{
	struct service s;
	struct tfs_api_stats stats;
	char message[128];
	uint64_t start;

	(void)state;
	service_start(&s, fine, "");
	assert_int_equal(service_call(&s, &create_endpoint, "{}"), 0);
	snprintf(message, sizeof(message), "cannot connect to 127.0.0.1:%d: Connection refused", s.server->port);
	server_stop(s.server);
	s.server = NULL;
	start = tfs_clock_ms();
	assert_int_equal(service_call(&s, &create_endpoint, "{}"), -EIO);
	assert_failure(&s, -EIO, message);
	assert_true(tfs_clock_ms() - start < 2000);
	tfs_api_get_stats(s.api, &stats);
	assert_int_equal(stats.retries, 2);
	assert_int_equal(stats.calls, 5); /* the key, one success, three failures */
	assert_false(stats.reachable);
	service_stop(&s);
}

static void test_retry_past_the_deadline_is_not_made(void **state)
{
	static const struct step later[] = { { SEALED, 503, "{\"message\":\"busy\"}", "Retry-After: 60\r\n" }, { 0 } };
	struct service s;
	uint64_t start;

	(void)state;
	service_start(&s, later, "");
	start = tfs_clock_ms();
	assert_int_equal(service_call(&s, &read_endpoint, NULL), -EIO);
	assert_failure(&s, -EIO, "busy");
	assert_true(tfs_clock_ms() - start < 1000);
	assert_int_equal(seen_count(&s), 1);
	service_stop(&s);
}

static void *cancel_later(void *data)
{
	usleep(60000);
	tfs_op_cancel(data);
	return NULL;
}

static void test_retry_can_be_interrupted(void **state)
{
	static const struct step later[] = { { SEALED, 503, "{}", "Retry-After: 5\r\n" }, { 0 } };
	struct service s;
	pthread_t thread;
	uint64_t start;

	(void)state;
	service_start(&s, later, "");
	pthread_create(&thread, NULL, cancel_later, s.op);
	start = tfs_clock_ms();
	assert_int_equal(service_call(&s, &read_endpoint, NULL), -EINTR);
	assert_failure(&s, -EINTR, "interrupted");
	assert_true(tfs_clock_ms() - start < 1000);
	pthread_join(thread, NULL);
	service_stop(&s);
}

static void test_429_is_retried_after_its_pause(void **state)
{
	static const struct step script[] = { { SEALED, 429, "{}", "Retry-After: 1\r\n" },
					      { SEALED, 200, "{}", NULL },
					      { 0 } };
	struct service s;
	struct tfs_api_stats stats;
	uint64_t start;

	(void)state;
	service_start(&s, script, "");
	start = tfs_clock_ms();
	/* A call refused with 429 was not done: a create may be retried. */
	assert_int_equal(service_call(&s, &create_endpoint, "{}"), 0);
	assert_true(tfs_clock_ms() - start >= 1000);
	assert_true(tfs_clock_ms() - start < 2500);
	assert_int_equal(seen_count(&s), 2);
	tfs_api_get_stats(s.api, &stats);
	assert_int_equal(stats.rate_limited, 1);
	service_stop(&s);
}

static void test_429_without_retry_after_is_retried(void **state)
{
	static const struct step script[] = {
		{ SEALED, 429, "{}", NULL }, { SEALED, 429, "{}", NULL }, { SEALED, 200, "{}", NULL }, { 0 }
	};
	struct service s;

	(void)state;
	service_start(&s, script, "");
	assert_int_equal(service_call(&s, &read_endpoint, NULL), 0);
	assert_int_equal(seen_count(&s), 3);
	service_stop(&s);
}

/* A pause is at most a minute. */
static void test_pause_of_a_day_is_cut_to_a_minute(void **state)
{
	static const struct step script[] = { { SEALED, 429, "{}", "Retry-After: 86400\r\n" }, { 0 } };
	struct service s;

	(void)state;
	service_start(&s, script, "");
	assert_int_equal(service_call(&s, &read_endpoint, NULL), -EAGAIN);
	assert_int_equal(service_call(&s, &read_endpoint, NULL), -EAGAIN);
	assert_failure(&s, -EAGAIN, "the server accepts no more calls: next one in 60 seconds");
	service_stop(&s);
}

/* A removal with a lost answer is retried; a 404 then means success. */
static void test_removal_with_a_lost_answer_succeeds(void **state)
{
	static const struct tfs_endpoint removal = { .group = "Things",
						     .group_slug = "things",
						     .slug = "delete-things",
						     .method = "DELETE",
						     .path = "/things",
						     .title = "Remove",
						     .request_id = TFS_NEED_REQUIRED,
						     .public_key = TFS_NEED_REQUIRED,
						     .repeatable = true };
	static const struct step lost[] = { { DROP, 1, NULL, NULL }, { SEALED, 404, "{}", NULL }, { 0 } };
	static const struct step gone[] = { { SEALED, 404, "{}", NULL }, { 0 } };
	struct service s;

	(void)state;
	service_start(&s, lost, "");
	assert_int_equal(service_call(&s, &removal, NULL), 0);
	assert_int_equal(seen_count(&s), 2);
	service_play(&s, gone);
	assert_int_equal(service_call(&s, &removal, NULL), -ENOENT);
	service_stop(&s);
}

static void test_429_past_the_deadline_fails_at_once(void **state)
{
	static const struct step script[] = { { SEALED, 429, "{\"message\":\"too fast\"}", "Retry-After: 30\r\n" },
					      { 0 } };
	struct service s;
	uint64_t start;

	(void)state;
	service_start(&s, script, "");
	start = tfs_clock_ms();
	assert_int_equal(service_call(&s, &read_endpoint, NULL), -EAGAIN);
	assert_failure(&s, -EAGAIN, "too fast");
	assert_int_equal(seen_count(&s), 1);
	/* The next call is not sent. */
	assert_int_equal(service_call(&s, &read_endpoint, NULL), -EAGAIN);
	assert_failure(&s, -EAGAIN, "the server accepts no more calls: next one in 30 seconds");
	assert_int_equal(seen_count(&s), 1);
	assert_true(tfs_clock_ms() - start < 1000);
	service_stop(&s);
}

struct caller {
	struct service *s;
	pthread_t thread;
	int result;
	uint64_t ended_ms;
};

static void *call_once(void *data)
{
	struct caller *caller = data;
	struct tfs_op *op = tfs_op_new(10000);
	struct tfs_api_answer answer = { 0 };
	json_t *body = json_object();
	struct tfs_api_call call = { .endpoint = &create_endpoint, .body = body };

	caller->result = tfs_api_call(caller->s->api, op, &call, &answer);
	caller->ended_ms = tfs_clock_ms();
	tfs_api_answer_finish(&answer);
	json_decref(body);
	tfs_op_free(op);
	return NULL;
}

/* One thread gets the 429; all wait. */
static void test_429_pauses_all_threads(void **state)
{
	static const struct step script[] = { { SEALED, 429, "{}", "Retry-After: 1\r\n" },
					      { SEALED, 200, "{}", NULL },
					      { 0 } };
	struct caller callers[8];
	struct service s;
	uint64_t start;

	(void)state;
	service_start(&s, script, "");
	start = tfs_clock_ms();
	callers[0].s = &s;
	pthread_create(&callers[0].thread, NULL, call_once, &callers[0]);
	server_pause(s.server, 200);
	for (size_t i = 1; i < 8; i++) {
		callers[i].s = &s;
		pthread_create(&callers[i].thread, NULL, call_once, &callers[i]);
	}
	for (size_t i = 0; i < 8; i++) {
		pthread_join(callers[i].thread, NULL);
		assert_int_equal(callers[i].result, 0);
		assert_true(callers[i].ended_ms - start >= 1000);
	}
	assert_int_equal(seen_count(&s), 9);
	service_stop(&s);
}

/* The configured timeout limits an operation without a deadline. */
static void test_operation_without_a_deadline_times_out(void **state)
{
	static const struct step script[] = { { SEALED, 429, "{\"message\":\"no\"}", "Retry-After: 2\r\n" }, { 0 } };
	struct service s;

	(void)state;
	service_start(&s, script, "\ttimeout = 500ms");
	service_op(&s, 0);
	assert_int_equal(service_call(&s, &read_endpoint, NULL), -EAGAIN);
	assert_failure(&s, -EAGAIN, "no");
	service_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_is_retried),
		cmocka_unit_test(test_read_fails_after_two_retries),
		cmocka_unit_test(test_create_is_sent_once),
		cmocka_unit_test(test_refusals_are_not_retried),
		cmocka_unit_test(test_unsent_create_is_retried),
		cmocka_unit_test(test_retry_past_the_deadline_is_not_made),
		cmocka_unit_test(test_retry_can_be_interrupted),
		cmocka_unit_test(test_429_is_retried_after_its_pause),
		cmocka_unit_test(test_429_without_retry_after_is_retried),
		cmocka_unit_test(test_pause_of_a_day_is_cut_to_a_minute),
		cmocka_unit_test(test_removal_with_a_lost_answer_succeeds),
		cmocka_unit_test(test_429_past_the_deadline_fails_at_once),
		cmocka_unit_test(test_429_pauses_all_threads),
		cmocka_unit_test(test_operation_without_a_deadline_times_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
