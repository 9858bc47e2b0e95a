/* Sources of the token, and its renewal. */
#include "service.c"

static const struct step fine[] = { { SEALED, 200, "{}", NULL }, { 0 } };
static const struct step refused[] = { { SEALED, 401, "{\"message\":\"session over\"}", NULL }, { 0 } };
static struct tfs_endpoint endpoint; /* wants a token */

static int prepare(void **state)
{
	(void)state;
	endpoint = create_endpoint;
	endpoint.token = TFS_NEED_REQUIRED;
	return 0;
}

/* An unsigned JWT that expires in `seconds`. */
static char *jwt(long seconds, const char *id)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	static _Thread_local char token[2][400];
	static _Thread_local unsigned turn;
	char claims[200], *out = token[turn++ % 2];
	int len =
		snprintf(claims, sizeof(claims), "{\"sub\":\"%s\",\"exp\":%lld}", id, (long long)time(NULL) + seconds);
	size_t n = (size_t)snprintf(out, 400, "eyJhbGciOiJub25lIn0.");
	unsigned bits = 0, have = 0;

	for (int i = 0; i < len; i++) {
		bits = bits << 8 | (unsigned char)claims[i];
		for (have += 8; have >= 6; have -= 6)
			out[n++] = alphabet[bits >> (have - 6) & 63];
	}
	if (have > 0)
		out[n++] = alphabet[bits << (6 - have) & 63];
	snprintf(out + n, 400 - n, ".c2ln");
	return out;
}

/* Fails unless the op's error is `start`, the command that logs in, and `end`. */
static void assert_asks_to_log_in(struct service *s, const char *start, const char *end)
{
	char message[1024];

	snprintf(message, sizeof(message), "%slog in: tenantfs login -c %s -t t%s", start, path_in(s, "conf"), end);
	assert_failure(s, -EACCES, message);
}

static bool is_over(struct service *s)
{
	struct tfs_api_stats stats;

	tfs_api_get_stats(s->api, &stats);
	return stats.session_over;
}

static long long token_end(struct service *s)
{
	struct tfs_api_stats stats;

	tfs_api_get_stats(s->api, &stats);
	return stats.token_ends;
}

static void assert_bearer(const struct seen *seen, const char *token)
{
	char expected[1024];

	snprintf(expected, sizeof(expected), "Bearer %s", token);
	assert_string_equal(seen->authorization, expected);
}

static void test_call_without_a_token_is_not_sent(void **state)
{
	struct service s;

	(void)state;
	service_start(&s, fine, "");
	assert_int_equal(service_call(&s, &endpoint, "{}"), -EACCES);
	assert_asks_to_log_in(&s, "", "");
	assert_int_equal(seen_count(&s), 0);
	endpoint.token = TFS_NEED_OPTIONAL;
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	assert_string_equal(s.seen[0].authorization, "");
	service_stop(&s);
}

static void test_token_file_is_read_when_it_changes(void **state)
{
	struct service s;
	char message[1024];

	(void)state;
	service_start(&s, fine, "\ttoken-file = token");
	assert_int_equal(service_call(&s, &endpoint, "{}"), -EACCES);
	assert_asks_to_log_in(&s, "", "");
	write_file(&s, "token", "tok-1\n", 0644);
	assert_int_equal(service_call(&s, &endpoint, "{}"), -EACCES);
	snprintf(message, sizeof(message), "there is no token: %s may be used by others (mode 0644): chmod 600 %s",
		 path_in(&s, "token"), path_in(&s, "token"));
	assert_failure(&s, -EACCES, message);
	write_file(&s, "token", "two words", 0600);
	assert_int_equal(service_call(&s, &endpoint, "{}"), -EACCES);
	assert_failure(&s, -EACCES, "this is not a token");
	assert_int_equal(seen_count(&s), 0);
	write_file(&s, "token", "tok-1\n", 0600);
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	assert_bearer(&s.seen[0], "tok-1");
	assert_int_equal(token_end(&s), 0);
	/* A new file is read before a call is refused. */
	write_file(&s, "token", "tok-22\n", 0600);
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	assert_bearer(&s.seen[1], "tok-22");
	/* An endpoint without authorization gets no token. */
	assert_int_equal(service_call(&s, &create_endpoint, "{}"), 0);
	assert_string_equal(s.seen[2].authorization, "");
	service_stop(&s);
}

static void assert_user(struct service *s, const char *expected)
{
	cleanup_free char *user = NULL;

	assert_int_equal(tfs_api_user(s->api, s->op, &user), 0);
	if (expected)
		assert_string_equal(user, expected);
	else
		assert_null(user);
}

static void test_user_is_of_the_token_else_of_the_configuration(void **state)
{
	struct service s;

	(void)state;
	service_start(&s, fine, "\ttoken-file = token");
	write_file(&s, "token", "opaque", 0600);
	assert_user(&s, NULL);
	service_open(&s, "\ttoken-file = token\n\tuser = alice");
	assert_user(&s, "alice");
	write_file(&s, "token", jwt(600, "bob"), 0600);
	assert_user(&s, "bob");
	service_stop(&s);
}

static void test_refused_token_ends_the_session(void **state)
{
	struct service s;

	(void)state;
	service_start(&s, refused, "\ttoken-form = clear\n\ttoken-file = token");
	write_file(&s, "token", "tok-1", 0600);
	assert_int_equal(service_call(&s, &endpoint, "{}"), -EACCES);
	assert_asks_to_log_in(&s, "session over (", ")");
	assert_int_equal(seen_count(&s), 1);
	assert_true(is_over(&s));
	service_play(&s, fine);
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	assert_false(is_over(&s));
	service_stop(&s);
}

/* After a 401 the command is run again, once. */
static void test_refused_token_is_replaced_once(void **state)
{
	static const struct step once[] = { { SEALED, 401, "{}", NULL }, { SEALED, 200, "{}", NULL }, { 0 } };
	struct service s;
	char settings[1024];

	(void)state;
	service_start(&s, once, "");
	snprintf(settings, sizeof(settings),
		 "\ttoken-form = sealed\n\ttoken-command = \"echo x >> %s; echo tok-$(wc -l < %s)\"",
		 path_in(&s, "count"), path_in(&s, "count"));
	service_open(&s, settings);
	assert_int_equal(service_call(&s, &endpoint, "{\"n\":1}"), 0);
	assert_int_equal(seen_count(&s), 2);
	assert_bearer(&s.seen[0], "tok-1");
	assert_bearer(&s.seen[1], "tok-2");
	assert_string_equal(s.seen[1].body, "{\"n\":1}");
	assert_string_not_equal(s.seen[0].uuid, s.seen[1].uuid);
	service_play(&s, fine);
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	assert_bearer(&s.seen[0], "tok-2");
	service_play(&s, refused);
	assert_int_equal(service_call(&s, &endpoint, "{}"), -EACCES);
	assert_int_equal(seen_count(&s), 2);
	assert_bearer(&s.seen[1], "tok-3");
	assert_true(is_over(&s));
	service_stop(&s);
}

static void test_stored_token_precedes_the_token_file(void **state)
{
	struct service s;

	(void)state;
	service_start(&s, fine, "\ttoken-file = token");
	write_file(&s, "token", "tok-file", 0600);
	assert_int_equal(mkdir(path_in(&s, "state"), 0700), 0);
	write_file(&s, "state/token", "tok-stored", 0600);
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	assert_bearer(&s.seen[0], "tok-stored");
	/* A logout by another process is noticed at the next call. */
	assert_int_equal(unlink(path_in(&s, "state/token")), 0);
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	assert_bearer(&s.seen[1], "tok-file");
	service_stop(&s);
}

static void test_refused_stored_token_falls_back_to_the_file(void **state)
{
	static const struct step once[] = { { SEALED, 401, "{}", NULL }, { SEALED, 200, "{}", NULL }, { 0 } };
	struct service s;

	(void)state;
	service_start(&s, once, "\ttoken-form = sealed\n\ttoken-file = token");
	write_file(&s, "token", "tok-file", 0600);
	assert_int_equal(mkdir(path_in(&s, "state"), 0700), 0);
	write_file(&s, "state/token", "tok-stored", 0600);
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	assert_bearer(&s.seen[0], "tok-stored");
	assert_bearer(&s.seen[1], "tok-file");
	service_stop(&s);
}

static void test_expired_token_is_used_only_without_another(void **state)
{
	struct service s;
	char stored[512], file[512];

	(void)state;
	service_start(&s, fine, "\ttoken-file = token");
	snprintf(stored, sizeof(stored), "%s", jwt(-100, "stored"));
	snprintf(file, sizeof(file), "%s", jwt(3600, "file"));
	assert_int_equal(mkdir(path_in(&s, "state"), 0700), 0);
	write_file(&s, "state/token", stored, 0600);
	/* The only token is sent although it has expired: the local clock may be wrong. */
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	assert_bearer(&s.seen[0], stored);
	write_file(&s, "token", file, 0600);
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	assert_bearer(&s.seen[1], file);
	assert_true(llabs(token_end(&s) - (long long)time(NULL) - 3600) < 5);
	service_stop(&s);
}

static void count_of(const struct service *s, char *out, size_t room)
{
	read_file(s, "count", out, room);
	for (char *c = out; *c != '\0'; c++)
		if (*c == '\n')
			*c = '.';
}

/* In the last minute of a token the command is run again, at most every five seconds. */
static void test_command_runs_again_near_the_end_of_the_token(void **state)
{
	struct service s;
	char settings[2048], runs[64];

	(void)state;
	service_start(&s, fine, "");
	snprintf(settings, sizeof(settings), "\ttoken-command = \"echo >> %s; echo %s\"", path_in(&s, "count"),
		 jwt(30, "soon"));
	service_open(&s, settings);
	for (int i = 0; i < 5; i++)
		assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	count_of(&s, runs, sizeof(runs));
	assert_string_equal(runs, ".");
	usleep(5100000);
	for (int i = 0; i < 5; i++)
		assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	count_of(&s, runs, sizeof(runs));
	assert_string_equal(runs, "..");
	service_stop(&s);
}

/* The command is not run again for a token with an hour left. */
static void test_command_is_not_run_far_from_the_end(void **state)
{
	struct service s;
	char settings[2048], runs[64];

	(void)state;
	service_start(&s, fine, "");
	snprintf(settings, sizeof(settings), "\ttoken-command = \"echo >> %s; echo %s\"", path_in(&s, "count"),
		 jwt(3600, "late"));
	service_open(&s, settings);
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	usleep(5100000);
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	count_of(&s, runs, sizeof(runs));
	assert_string_equal(runs, ".");
	service_stop(&s);
}

static void test_failed_command_is_reported(void **state)
{
	struct service s;
	char settings[2048], runs[64];

	(void)state;
	service_start(&s, fine, "");
	snprintf(settings, sizeof(settings), "\ttoken-command = \"echo >> %s; exit 3\"", path_in(&s, "count"));
	service_open(&s, settings);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(service_call(&s, &endpoint, "{}"), -EACCES);
		assert_failure(&s, -EACCES, "token-command ended with exit status 3");
	}
	/* The command is not run again at once: it may prompt the user. */
	count_of(&s, runs, sizeof(runs));
	assert_string_equal(runs, ".");
	service_open(&s, "\ttoken-command = true");
	assert_int_equal(service_call(&s, &endpoint, "{}"), -EACCES);
	assert_failure(&s, -EACCES, "token-command printed nothing");
	service_open(&s, "\ttoken-command = kill -9 $$");
	assert_int_equal(service_call(&s, &endpoint, "{}"), -EACCES);
	assert_failure(&s, -EACCES, "token-command was ended by signal 9");
	service_open(&s, "\ttoken-command = yes");
	assert_int_equal(service_call(&s, &endpoint, "{}"), -EACCES);
	assert_failure(&s, -EACCES, "token-command printed more than 65536 bytes");
	assert_int_equal(seen_count(&s), 0);
	service_stop(&s);
}

static void *cancel_later(void *data)
{
	usleep(100000);
	tfs_op_cancel(data);
	return NULL;
}

static void test_slow_command_times_out_or_is_cancelled(void **state)
{
	struct service s;
	pthread_t thread;
	uint64_t start = tfs_clock_ms();

	(void)state;
	service_start(&s, fine, "\ttoken-command = sleep 60; echo late");
	service_op(&s, 200);
	assert_int_equal(service_call(&s, &endpoint, "{}"), -ETIMEDOUT);
	assert_failure(&s, -ETIMEDOUT, "token-command did not end within the time allowed");
	service_op(&s, 30000);
	pthread_create(&thread, NULL, cancel_later, s.op);
	assert_int_equal(service_call(&s, &endpoint, "{}"), -EINTR);
	pthread_join(thread, NULL);
	assert_true(tfs_clock_ms() - start < 5000);
	service_stop(&s);
}

struct caller {
	struct service *s;
	pthread_t thread;
	unsigned good;
};

static void *call_some(void *data)
{
	struct caller *caller = data;

	for (int i = 0; i < 10; i++) {
		struct tfs_op *op = tfs_op_new(20000);
		struct tfs_api_answer answer = { 0 };
		json_t *body = json_object();
		struct tfs_api_call call = { .endpoint = &endpoint, .body = body };

		caller->good += tfs_api_call(caller->s->api, op, &call, &answer) == 0;
		tfs_api_answer_finish(&answer);
		json_decref(body);
		tfs_op_free(op);
	}
	return NULL;
}

/* Eight threads get a 401 at once: the command is run for one of them. */
static void test_one_command_serves_all_threads(void **state)
{
	static const struct step script[] = { { SEALED, 401, "{}", NULL }, { SEALED, 200, "{}", NULL }, { 0 } };
	struct caller callers[8];
	struct service s;
	char settings[2048], runs[64];
	unsigned good = 0;

	(void)state;
	service_start(&s, script, "");
	snprintf(settings, sizeof(settings),
		 "\ttoken-form = sealed\n\ttoken-command = \"echo >> %s; sleep 0.1; echo tok-$(wc -l < %s)\"",
		 path_in(&s, "count"), path_in(&s, "count"));
	service_open(&s, settings);
	for (size_t i = 0; i < 8; i++) {
		callers[i] = (struct caller){ .s = &s };
		pthread_create(&callers[i].thread, NULL, call_some, &callers[i]);
	}
	for (size_t i = 0; i < 8; i++) {
		pthread_join(callers[i].thread, NULL);
		good += callers[i].good;
	}
	assert_int_equal(good, 80);
	count_of(&s, runs, sizeof(runs));
	assert_string_equal(runs, "..");
	service_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_call_without_a_token_is_not_sent, prepare),
		cmocka_unit_test_setup(test_token_file_is_read_when_it_changes, prepare),
		cmocka_unit_test_setup(test_user_is_of_the_token_else_of_the_configuration, prepare),
		cmocka_unit_test_setup(test_refused_token_ends_the_session, prepare),
		cmocka_unit_test_setup(test_refused_token_is_replaced_once, prepare),
		cmocka_unit_test_setup(test_stored_token_precedes_the_token_file, prepare),
		cmocka_unit_test_setup(test_refused_stored_token_falls_back_to_the_file, prepare),
		cmocka_unit_test_setup(test_expired_token_is_used_only_without_another, prepare),
		cmocka_unit_test_setup(test_command_runs_again_near_the_end_of_the_token, prepare),
		cmocka_unit_test_setup(test_command_is_not_run_far_from_the_end, prepare),
		cmocka_unit_test_setup(test_failed_command_is_reported, prepare),
		cmocka_unit_test_setup(test_slow_command_times_out_or_is_cancelled, prepare),
		cmocka_unit_test_setup(test_one_command_serves_all_threads, prepare),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
