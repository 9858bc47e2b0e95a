/* The feed: which lists an event of the audit log invalidates. */
#include "../resource/fake.c"

#include "resource/audit.h"
#include "tenantfs/feed.h"

#define LOG "POST /reports/audit_log"
#define EVENTS(events) "{\"data\":[{\"auditLogEvents\":[" events "]}]}"
#define EVENT(name, second, actor)                                                                    \
	"{\"eventName\":\"" name "\",\"event_ts\":1000000" #second "000,\"event_id\":\"" name #second \
	"\",\"user_id\":\"" actor "\"}"

/* Two kinds with events of the catalogue, which the feed knows by name. */
static const char *const provider_events[] = { "E_SP_CREATED", "E_SP_MODIFIED", "E_SP_DELETED", NULL };
static const struct tfs_kind providers = {
	.name = "provider",
	.path = "communities/{community}/providers/{name}.json",
	.shape = TFS_SHAPE_SET,
	.name_member = "name",
	.list = &apps_list,
	.events = provider_events,
};
static const char *const brand_events[] = { "E_BRANDING_MODIFIED", NULL };
static const struct tfs_kind brands = {
	.name = "brand",
	.path = "communities/{community}/brands/{name}.json",
	.shape = TFS_SHAPE_SET,
	.name_member = "name",
	.list = &apps_list,
	.events = brand_events,
};

static void poll_feed(struct fake *fake)
{
	if (tfs_store_feed(fake->store, fake->op, "default") < 0)
		fail_msg("%s", tfs_op_error(fake->op)->message);
	all_called(fake);
}

static void read_list(struct fake *fake, const struct tfs_kind *kind)
{
	SCRIPT(fake, { "GET /apps", NULL, 0, "[{\"name\":\"a\"}]", 0 });
	assert_names(fake, open_resource(fake, kind), 0, "a ");
}

static bool is_fresh(struct fake *fake, const struct tfs_kind *kind)
{
	return tfs_list_fresh(open_resource(fake, kind)->list, UINT64_MAX);
}

/* A feed that has begun, and two fresh lists. */
static int feed_setup(void **state)
{
	struct fake *fake;

	assert_int_equal(fake_setup(state), 0);
	fake = *state;
	SCRIPT(fake, { LOG, NULL, 0, EVENTS(EVENT("E_SP_MODIFIED", 000, "eve")), 0 });
	poll_feed(fake);
	read_list(fake, &providers);
	read_list(fake, &brands);
	return 0;
}

static void test_first_poll_invalidates_nothing(void **state)
{
	struct fake *fake = *state;

	read_list(fake, &providers);
	SCRIPT(fake, { LOG, NULL, 0, EVENTS(EVENT("E_SP_MODIFIED", 000, "eve")), 0 });
	poll_feed(fake);
	assert_true(is_fresh(fake, &providers));
	/* The next poll brings the newest event again. */
	SCRIPT(fake, { LOG, NULL, 0, EVENTS(EVENT("E_SP_MODIFIED", 000, "eve")), 0 });
	poll_feed(fake);
	assert_true(is_fresh(fake, &providers));
}

/* An answer of the log with the event in `event`, and the start of the time that was asked for. */
struct asked {
	char event[256], from[32];
};

static int answer_log(struct fake *fake, const char *call, const json_t *args, struct tfs_api_answer *ret)
{
	struct asked *asked = fake->data;

	assert_string_equal(call, LOG);
	snprintf(asked->from, sizeof(asked->from), "%s", json_string_value(tfs_json_at(args, "/body/from")));
	ret->body = json_loads(asked->event, 0, NULL);
	return ret->body ? 0 : -ENOMEM;
}

static void time_text(time_t time, char out[32])
{
	struct tm utc;

	gmtime_r(&time, &utc);
	strftime(out, 32, "%Y-%m-%d %H:%M:%S.000", &utc);
}

/* The service refuses more than 90 days (API document, line 6329); the newest event of a quiet tenant may be older. */
static void test_poll_starts_at_the_newest_event_of_the_last_90_days(void **state)
{
	const time_t now = time(NULL), newest = now - 600;
	struct fake *fake = *state;
	struct asked asked;
	char first[32], last[32];

	snprintf(asked.event, sizeof(asked.event), EVENTS("{\"eventName\":\"E_SP_MODIFIED\",\"event_ts\":%lld000}"),
		 (long long)newest);
	fake->serve = answer_log;
	fake->data = &asked;
	assert_int_equal(tfs_store_feed(fake->store, fake->op, "default"), 0);
	time_text(now - 90 * 86400, first);
	time_text(now - 88 * 86400, last);
	assert_true(strcmp(first, asked.from) < 0 && strcmp(asked.from, last) < 0);
	assert_int_equal(tfs_store_feed(fake->store, fake->op, "default"), 0);
	time_text(newest, first);
	assert_string_equal(asked.from, first);
	fake->serve = NULL;
}

static void test_event_of_another_actor_invalidates_its_kind(void **state)
{
	struct fake *fake = *state;

	SCRIPT(fake, { LOG, NULL, 0, EVENTS(EVENT("E_SP_CREATED", 001, "eve")), 0 });
	poll_feed(fake);
	assert_false(is_fresh(fake, &providers));
	assert_true(is_fresh(fake, &brands));
}

static void test_event_of_our_call_invalidates_nothing(void **state)
{
	struct fake *fake = *state;
	uint64_t serial = resource_audit_note_call(fake->store->audit, &providers);

	resource_audit_note_answer(fake->store->audit, serial, true);
	SCRIPT(fake, { LOG, NULL, 0, EVENTS(EVENT("E_SP_CREATED", 001, "alice")), 0 });
	poll_feed(fake);
	assert_true(is_fresh(fake, &providers));
	assert_true(is_fresh(fake, &brands));
	/* The call is matched once: the user made the second change elsewhere. */
	SCRIPT(fake, { LOG, NULL, 0, EVENTS(EVENT("E_SP_DELETED", 002, "alice")), 0 });
	poll_feed(fake);
	assert_false(is_fresh(fake, &providers));
}

/* The event may as well be that of a change by the same user elsewhere. */
static void test_event_of_a_call_without_answer_invalidates(void **state)
{
	struct fake *fake = *state;

	resource_audit_note_call(fake->store->audit, &providers);
	SCRIPT(fake, { LOG, NULL, 0, EVENTS(EVENT("E_SP_CREATED", 001, "alice")), 0 });
	poll_feed(fake);
	assert_false(is_fresh(fake, &providers));
}

static void test_unknown_event_invalidates_every_kind(void **state)
{
	struct fake *fake = *state;

	SCRIPT(fake, { LOG, NULL, 0, EVENTS(EVENT("E_NEVER_HEARD_OF", 001, "eve")), 0 });
	poll_feed(fake);
	assert_false(is_fresh(fake, &providers));
	assert_false(is_fresh(fake, &brands));
}

/* A service may return less than a page of what it counts. */
static void test_short_pages_are_read_to_the_end(void **state)
{
	struct fake *fake = *state;
	static const char first[] = "{\"page\":{\"total\":2},\"data\":[" EVENT("E_BRANDING_MODIFIED", 002, "eve") "]}";
	static const char second[] = "{\"page\":{\"total\":2},\"data\":[" EVENT("E_SP_CREATED", 001, "eve") "]}";

	SCRIPT(fake, { LOG, NULL, 0, first, 0 }, { LOG, NULL, 0, second, 0 });
	poll_feed(fake);
	assert_false(is_fresh(fake, &providers));
	assert_false(is_fresh(fake, &brands));
}

static void test_answer_without_events_is_an_error(void **state)
{
	struct fake *fake = *state;

	SCRIPT(fake, { LOG, NULL, 0, "{\"events\":[]}", 0 });
	assert_failed(fake, tfs_store_feed(fake->store, fake->op, "default"), -EBADMSG,
		      "POST /reports/audit_log: the answer has no list of events at /data");
}

int main(void)
{
#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_first_poll_invalidates_nothing, fake_setup),
		TEST(test_poll_starts_at_the_newest_event_of_the_last_90_days, feed_setup),
		TEST(test_event_of_another_actor_invalidates_its_kind, feed_setup),
		TEST(test_event_of_our_call_invalidates_nothing, feed_setup),
		TEST(test_event_of_a_call_without_answer_invalidates, feed_setup),
		TEST(test_unknown_event_invalidates_every_kind, feed_setup),
		TEST(test_short_pages_are_read_to_the_end, feed_setup),
		TEST(test_answer_without_events_is_an_error, feed_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
