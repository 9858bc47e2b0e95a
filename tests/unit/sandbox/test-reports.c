/* Reports: events of changes, time windows, pages, filters, seeded events. */
#include "client.c"

#define DAY_MS (24LL * 3600 * 1000)

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* "YYYY-MM-DD HH:mm:ss.SSS" */
static void time_text(long long ms, char out[32])
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	size_t len = strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(out + len, 32 - len, ".%03d", (int)(ms % 1000));
}

static char *report_body(const struct client *client, const char *more)
{
	char *text = NULL;

	assert_true(asprintf(&text, "{\"tenantId\":\"%s\",\"communityId\":\"%s\"%s%s}", client->tenant,
			     client->community, *more ? "," : "", more) > 0);
	return text;
}

static json_t *report(const struct client *client, const char *path, const char *more)
{
	cleanup_free char *body = report_body(client, more);

	return client_expect(client, 200, "POST", path, body);
}

static json_t *audit_events(const struct client *client, const char *more)
{
	json_t *answer = report(client, "/reports/audit_log", more);
	json_t *events = json_incref(tfs_json_at(answer, "/data/0/auditLogEvents"));

	assert_int_equal(json_array_size(json_object_get(answer, "data")), 1);
	assert_true(json_is_array(events));
	json_decref(answer);
	return events;
}

static void test_change_is_in_the_audit_log(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	char since[32], more[96];

	time_text(now_ms(), since);
	json_decref(client_expect(client, 200, "POST", "/branding/fetch", "{}"));
	snprintf(more, sizeof(more), "\"from\":\"%s\"", since);
	cleanup_json json_t *none = audit_events(client, more);
	assert_int_equal(json_array_size(none), 0);
	json_decref(
		client_expect(client, 204, "POST", "/users/user/lock", "{\"username\":\"casey\",\"lock_duration\":5}"));
	cleanup_json json_t *events = audit_events(client, more);
	assert_int_equal(json_array_size(events), 1);
	const json_t *event = json_array_get(events, 0);
	assert_string_equal(tfs_json_text(event, "eventName"), "E_USER_LOCKED");
	assert_string_equal(tfs_json_text(event, "user_id"), "admin");
	assert_string_equal(tfs_json_text(event, "eventCategory"), "AUDIT_LOG");
	assert_string_equal(tfs_json_text(event, "communityId"), client->community);
	assert_string_equal(tfs_json_text(event, "object_name"), "casey");
	assert_int_equal(strlen(tfs_json_text(event, "event_id")), 36);
	long long ts = json_integer_value(json_object_get(event, "event_ts"));
	assert_true(ts <= now_ms() && ts > now_ms() - 60000);
}

static void test_refused_change_is_not_in_the_audit_log(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	cleanup_json json_t *before = audit_events(client, "\"pSize\":100");

	client_expect_refusal(client, 404, "user not found", "POST", "/users/user/lock",
			      "{\"username\":\"nobody\",\"lock_duration\":5}");
	cleanup_json json_t *after = audit_events(client, "\"pSize\":100");
	assert_true(json_equal(after, before));
}

static void refuse_window(const struct client *client, const char *message, const char *more)
{
	static const char *const paths[] = { "/reports/audit_log", "/reports/events", "/reports/login_activity" };
	cleanup_free char *body = report_body(client, more);

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		client_expect_refusal(client, 400, message, "POST", paths[i], body);
}

static void test_invalid_window_is_refused(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	static const char *const forms[] = { "2026-01-01",
					     "2026-01-01T00:00:00.000",
					     "2026-01-01 00:00:00",
					     "2026-02-30 00:00:00.000",
					     "2026-01-01 24:00:00.000",
					     "2026-01-01 00:00:00.000Z",
					     "" };
	char text[32], more[96];

	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		snprintf(more, sizeof(more), "\"from\":\"%s\"", forms[i]);
		refuse_window(client,
			      forms[i][0] ? "\"from\" must be a time of the last 90 days, YYYY-MM-DD HH:mm:ss.SSS"
					  : "\"from\" must be in the format YYYY-MM-DD HH:mm:ss.SSS",
			      more);
		snprintf(more, sizeof(more), "\"to\":\"%s\"", forms[i]);
		refuse_window(client,
			      forms[i][0] ? "\"to\" must be a time of the last 90 days, YYYY-MM-DD HH:mm:ss.SSS"
					  : "\"to\" must be in the format YYYY-MM-DD HH:mm:ss.SSS",
			      more);
	}
	time_text(now_ms() - 90 * DAY_MS - 1000, text);
	snprintf(more, sizeof(more), "\"from\":\"%s\"", text);
	refuse_window(client, "\"from\" must not be more than 90 days ago", more);
	time_text(now_ms() + DAY_MS / 2, text);
	snprintf(more, sizeof(more), "\"from\":\"%s\"", text);
	refuse_window(client, "\"from\" must not be in the future", more);
	time_text(now_ms() - 31 * DAY_MS, text);
	snprintf(more, sizeof(more), "\"to\":\"%s\"", text);
	refuse_window(client, "\"to\" must not be before \"from\"", more);
	refuse_window(client, "\"pSize\" must be less than or equal to 100", "\"pSize\":101");
	refuse_window(client, "\"pIndex\" must be greater than or equal to 0", "\"pIndex\":-1");
}

/* Reads all pages of a report, newest first; returns the number of distinct events. */
static size_t walk(const struct client *client, int size, long long *ret_total)
{
	cleanup_json json_t *seen = json_object();
	long long last = now_ms() + 1000;
	char from[32], more[160];

	time_text(now_ms() - 90 * DAY_MS + 60000, from);
	*ret_total = 1;
	for (int page = 0; (long long)page * size < *ret_total; page++) {
		snprintf(more, sizeof(more), "\"from\":\"%s\",\"pSize\":%d,\"pIndex\":%d", from, size, page);
		cleanup_json json_t *answer = report(client, "/reports/events", more);
		*ret_total = json_integer_value(tfs_json_at(answer, "/page/total"));
		assert_int_equal(json_integer_value(tfs_json_at(answer, "/page/pSize")), size);
		assert_int_equal(json_integer_value(tfs_json_at(answer, "/page/pIndex")), page);
		size_t index;
		json_t *event;
		json_array_foreach (json_object_get(answer, "data"), index, event) {
			long long ts = json_integer_value(json_object_get(event, "event_ts"));
			assert_true(ts <= last);
			last = ts;
			json_object_set(seen, tfs_json_text(event, "event_id"), json_true());
		}
	}
	return json_object_size(seen);
}

static void test_pages_have_every_event_once(void **state)
{
	struct world *world = *state;
	long long total = 0;
	size_t seen = walk(&world->client, 100, &total);

	assert_int_equal(seen, total);
	assert_true(total > 300);
	long long again = 0;
	seen = walk(&world->client, 37, &again);
	assert_int_equal(seen, total);
	assert_int_equal(again, total);
	cleanup_json json_t *plain = report(&world->client, "/reports/events", "");
	assert_int_equal(json_integer_value(tfs_json_at(plain, "/page/pSize")), 10);
	assert_int_equal(json_array_size(json_object_get(plain, "data")), 10);
	assert_true(json_integer_value(tfs_json_at(plain, "/page/total")) < total);
}

static void test_filters_select_events(void **state)
{
	struct world *world = *state;
	cleanup_json json_t *failed =
		report(&world->client, "/reports/events", "\"eventName\":\"E_LOGIN_FAILED\",\"pSize\":100");
	cleanup_json json_t *outcome =
		report(&world->client, "/reports/events", "\"outcome\":\"failure\",\"pSize\":100");
	size_t index;
	json_t *event;

	assert_true(json_equal(failed, outcome));
	assert_true(json_array_size(json_object_get(failed, "data")) > 0);
	json_array_foreach (json_object_get(failed, "data"), index, event)
		assert_string_equal(tfs_json_text(event, "eventName"), "E_LOGIN_FAILED");
	const char *user = tfs_json_text(tfs_json_at(failed, "/data/0"), "user_id");
	cleanup_json json_t *filter = json_pack("{s:s}", "user_id", user);
	cleanup_free char *text = json_dumps(filter, JSON_COMPACT);
	text[strlen(text) - 1] = '\0';
	cleanup_json json_t *his = report(&world->client, "/reports/events", text + 1);
	assert_true(json_array_size(json_object_get(his, "data")) > 0);
	json_array_foreach (json_object_get(his, "data"), index, event)
		assert_string_equal(tfs_json_text(event, "user_id"), user);
}

static void test_activities_have_their_login(void **state)
{
	struct world *world = *state;
	cleanup_json json_t *answer = report(&world->client, "/reports/login_activity", "\"pSize\":50");
	const json_t *logins = tfs_json_at(answer, "/data/0/loginEvents");
	json_t *events = tfs_json_at(answer, "/data/0/activityEvents");
	size_t index;
	json_t *event;

	assert_true(json_array_size(events) > 20);
	json_array_foreach (events, index, event) {
		const json_t *login = json_object_get(logins, tfs_json_text(event, "session_id"));
		assert_string_equal(tfs_json_text(event, "eventName"), "E_SP_REDIRECT_SUCCEEDED");
		assert_string_equal(tfs_json_text(login, "eventName"), "E_LOGIN_SUCCEEDED");
		assert_string_equal(tfs_json_text(login, "user_id"), tfs_json_text(event, "user_id"));
	}
	assert_int_equal(json_object_size(logins), json_array_size(events));
	cleanup_json json_t *wiki =
		report(&world->client, "/reports/login_activity", "\"application\":\"Wiki\",\"auth_method\":\"otp\"");
	json_array_foreach (tfs_json_at(wiki, "/data/0/activityEvents"), index, event) {
		assert_string_equal(tfs_json_text(event, "application"), "Wiki");
		assert_string_equal(tfs_json_text(event, "auth_method"), "otp");
	}
}

static void test_stored_event_is_found(void **state)
{
	struct world *world = *state;
	cleanup_free char *body =
		report_body(&world->client,
			    "\"eventData\":{\"type\":\"event\",\"eventName\":\"E_LOGIN_VISITED\",\"event_id\":\"e1\","
			    "\"caller_user_agent\":\"x\",\"version\":\"1\"},\"serverEventData\":{\"event_ts\":true}");

	json_decref(client_expect(&world->client, 200, "PUT", "/reports/event", body));
	cleanup_json json_t *found = report(&world->client, "/reports/events", "\"eventName\":\"E_LOGIN_VISITED\"");
	assert_int_equal(json_integer_value(tfs_json_at(found, "/page/total")), 1);
	assert_string_equal(tfs_json_text(tfs_json_at(found, "/data/0"), "event_id"), "e1");
	assert_true(json_is_integer(tfs_json_at(found, "/data/0/event_ts")));
}

static json_t *find_job(const struct client *client, const char *id)
{
	cleanup_json json_t *jobs = client_expect(client, 200, "POST", "/reports/download/jobs", "{\"pSize\":100}");
	size_t index;
	json_t *job;

	json_array_foreach (json_object_get(jobs, "data"), index, job) {
		if (!strcmp(tfs_json_text(job, "jobId"), id))
			return json_incref(job);
	}
	return NULL;
}

static void test_job_is_pending_until_cancelled(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	cleanup_free char *bad = report_body(client, "\"download\":{\"notificationList\":[\"nobody\"]}");
	cleanup_json json_t *started =
		report(client, "/reports/audit_log", "\"download\":{\"notificationList\":[\"a@example.com\"]}");
	const char *id = tfs_json_text(started, "jobId");
	char path[96];

	assert_int_equal(json_object_size(started), 1);
	client_expect_refusal(client, 400, "\"download.notificationList[0]\" must be an email address", "POST",
			      "/reports/events", bad);
	cleanup_json json_t *job = find_job(client, id);
	assert_string_equal(tfs_json_text(job, "status"), "Pending");
	assert_null(json_object_get(job, "completedAt"));
	snprintf(path, sizeof(path), "/reports/download/jobs/%s", id);
	json_decref(client_expect(client, 204, "PATCH", path, NULL));
	cleanup_json json_t *cancelled = find_job(client, id);
	assert_string_equal(tfs_json_text(cancelled, "status"), "Cancelled");
	client_expect_refusal(client, 404, "the job is not running", "PATCH", path, NULL);
	client_expect_refusal(client, 404, "no job has this id", "PATCH", "/reports/download/jobs/nothing", NULL);
}

static void test_seeded_jobs_are_completed_and_sorted(void **state)
{
	struct world *world = *state;
	cleanup_json json_t *jobs =
		client_expect(&world->client, 200, "POST", "/reports/download/jobs",
			      "{\"sort\":[{\"field\":\"createdAt\",\"order\":\"asc\"}],\"pSize\":2}");
	const json_t *first = tfs_json_at(jobs, "/data/0"), *second = tfs_json_at(jobs, "/data/1");

	assert_string_equal(tfs_json_text(first, "status"), "Completed");
	assert_true(json_is_integer(json_object_get(first, "completedAt")));
	assert_non_null(tfs_json_text(first, "downloadLink"));
	assert_string_equal(tfs_json_text(second, "status"), "Cancelled");
	assert_int_equal(json_array_size(json_object_get(jobs, "data")), 2);
	assert_true(json_integer_value(tfs_json_at(jobs, "/page/total")) >= 3);
	assert_string_equal(tfs_json_text(tfs_json_at(jobs, "/page/sort/0"), "field"), "createdAt");
}

static void test_metrics_count_the_events(void **state)
{
	struct world *world = *state;
	const struct client *client = &world->client;
	char day[32], more[160];
	long long sum = 0;

	cleanup_json json_t *count = report(client, "/reports/metrics", "\"metricsName\":\"M_C_LOGINS\"");
	cleanup_json json_t *slots =
		report(client, "/reports/metrics", "\"metricsName\":\"M_GT_SUCCESSFUL_AUTHENTICATIONS\"");
	size_t index;
	json_t *slot;
	json_array_foreach (slots, index, slot) {
		assert_int_equal(strlen(tfs_json_text(slot, "time")), 10);
		assert_non_null(tfs_json_text(slot, "auth_method"));
		sum += json_integer_value(json_object_get(slot, "count"));
	}
	assert_int_equal(sum, json_integer_value(json_object_get(count, "count")));
	assert_true(sum > 20);
	time_text(now_ms() - DAY_MS, day);
	snprintf(more, sizeof(more), "\"metricsName\":\"M_G_APPLICATION_USAGE\",\"from\":\"%s\",\"to\":\"%s\"", day,
		 day);
	cleanup_json json_t *hours = report(client, "/reports/metrics", more);
	json_array_foreach (hours, index, slot) {
		assert_int_equal(strlen(tfs_json_text(slot, "time")), 16);
		assert_memory_equal(tfs_json_text(slot, "time"), day, 10);
	}
	cleanup_free char *none = report_body(client, "");
	client_expect_refusal(client, 400, "\"metricsName\" is required", "POST", "/reports/metrics", none);
}

static void test_enrollment_has_the_last_login(void **state)
{
	struct world *world = *state;
	cleanup_free char *more = NULL;

	assert_true(asprintf(&more, "\"moduleId\":\"%s\",\"pSize\":100", world->client.module) > 0);
	cleanup_json json_t *report_ = report(&world->client, "/reports/userenrollment", more);
	size_t index, signed_on = 0;
	json_t *row;

	assert_int_equal(json_array_size(json_object_get(report_, "data")), 100);
	json_array_foreach (json_object_get(report_, "data"), index, row) {
		const char *last = tfs_json_text(row, "lastLoginTime");
		assert_non_null(tfs_json_text(row, "username"));
		signed_on += last && strlen(last) == 23;
	}
	assert_in_range(signed_on, 40, 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_change_is_in_the_audit_log),
		cmocka_unit_test(test_refused_change_is_not_in_the_audit_log),
		cmocka_unit_test(test_invalid_window_is_refused),
		cmocka_unit_test(test_pages_have_every_event_once),
		cmocka_unit_test(test_filters_select_events),
		cmocka_unit_test(test_activities_have_their_login),
		cmocka_unit_test(test_stored_event_is_found),
		cmocka_unit_test(test_job_is_pending_until_cancelled),
		cmocka_unit_test(test_seeded_jobs_are_completed_and_sorted),
		cmocka_unit_test(test_metrics_count_the_events),
		cmocka_unit_test(test_enrollment_has_the_last_login),
	};

	return cmocka_run_group_tests(tests, world_set_up, world_tear_down);
}
