/* The rules of a value: formats, lengths, bounds, patterns. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "tenantfs/catalogue.h"
#include "tenantfs/clock.h"

static const struct {
	enum tfs_format format;
	const char *text;
	bool fits;
} texts[] = {
	{ TFS_FORMAT_ANY, "", true },
	{ TFS_FORMAT_ANSI, "CA of Zürich – €", true },
	{ TFS_FORMAT_ANSI, "CA\n", false },
	{ TFS_FORMAT_ANSI, "Цюрих", false },
	{ TFS_FORMAT_ANSI, "\xc2\x85", false },
	{ TFS_FORMAT_ANSI, "日本", false },
	{ TFS_FORMAT_BASE64, "VGV4dA==", true },
	{ TFS_FORMAT_BASE64, "VGV4dA=", false },
	{ TFS_FORMAT_BASE64, "VGV4====", false },
	{ TFS_FORMAT_BASE64, "a text", false },
	{ TFS_FORMAT_BASE64, "", false },
	{ TFS_FORMAT_DIGITS, "15550100", true },
	{ TFS_FORMAT_DIGITS, "+15550100", false },
	{ TFS_FORMAT_DIGITS, "", false },
	{ TFS_FORMAT_EMAIL, "alice@acme.example.com", true },
	{ TFS_FORMAT_EMAIL, "alice@acme", true },
	{ TFS_FORMAT_EMAIL, "alice", false },
	{ TFS_FORMAT_EMAIL, "@acme", false },
	{ TFS_FORMAT_EMAIL, "alice@", false },
	{ TFS_FORMAT_EMAIL, "alice@acme.", false },
	{ TFS_FORMAT_EMAIL, "a b@acme.com", false },
	{ TFS_FORMAT_HEX_COLOR, "#1a2B3c", true },
	{ TFS_FORMAT_HEX_COLOR, "ABC123", true },
	{ TFS_FORMAT_HEX_COLOR, "#fff", true },
	{ TFS_FORMAT_HEX_COLOR, "#ffff0", false },
	{ TFS_FORMAT_HEX_COLOR, "red", false },
	{ TFS_FORMAT_HEX_COLOR, "#", false },
	{ TFS_FORMAT_HOSTNAME, "ca-1.example.com", true },
	{ TFS_FORMAT_HOSTNAME, "ca_1.example.com", false },
	{ TFS_FORMAT_HOSTNAME, "ca 1", false },
	{ TFS_FORMAT_IMAGE, "iVBORw0KGgo=", true },
	{ TFS_FORMAT_IMAGE, "data:image/png;base64,iVBORw0KGgo=", true },
	{ TFS_FORMAT_IMAGE, "data:image/png,iVBORw0KGgo=", false },
	{ TFS_FORMAT_IMAGE, "https://app.example.com/logo.png", false },
	{ TFS_FORMAT_RECENT_TIME, "2023-02-29 23:59:59.999", false },
	{ TFS_FORMAT_RECENT_TIME, "2024-02-29 23:59:59", false },
	{ TFS_FORMAT_RECENT_TIME, "2024-02-29T23:59:59.999", false },
	{ TFS_FORMAT_RECENT_TIME, "yesterday", false },
	{ TFS_FORMAT_RECENT_TIME, "2019-02-28 23:59:59.999", false },
	{ TFS_FORMAT_URI, "https://app.example.com/callback", true },
	{ TFS_FORMAT_URI, "com.example.app:/callback", true },
	{ TFS_FORMAT_URI, "app.example.com", false },
	{ TFS_FORMAT_URI, "app.example.com/a b", false },
	{ TFS_FORMAT_URI, "1app:x", false },
	{ TFS_FORMAT_URL, "https://app.example.com", true },
	{ TFS_FORMAT_URL, "HTTP://app.example.com:80/x?y", true },
	{ TFS_FORMAT_URL, "ftp://app.example.com/", false },
	{ TFS_FORMAT_URL, "https:///x", false },
	{ TFS_FORMAT_URL, "https://app.example.com/a b", false },
};

static void test_formats_accept_what_they_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (tfs_format_fits(texts[i].format, texts[i].text) != texts[i].fits)
			fail_msg("%s: %s", tfs_format_words(texts[i].format), texts[i].text);
	for (int format = TFS_FORMAT_ANY + 1; format <= TFS_FORMAT_URL; format++) {
		assert_non_null(tfs_format_name(format));
		assert_true(tfs_format_words(format)[0] != '\0');
	}
}

static bool is_recent(time_t at)
{
	char text[32];

	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S.000", gmtime(&at));
	return tfs_format_fits(TFS_FORMAT_RECENT_TIME, text);
}

static void test_recent_is_ninety_days_in_any_time_zone(void **state)
{
	enum { DAY = 24 * 3600 };
	time_t now = tfs_clock_wall().tv_sec;

	(void)state;
	assert_true(is_recent(now));
	assert_true(is_recent(now - (time_t)90 * DAY));
	assert_true(is_recent(now + (time_t)12 * 3600));
	assert_false(is_recent(now - (time_t)92 * DAY));
	assert_false(is_recent(now + (time_t)2 * DAY));
}

/* `wanted` NULL: the value is accepted. */
static void expect(const struct tfs_rules *rules, const char *value, bool needed, const char *wanted)
{
	struct tfs_buf words cleanup_buf = TFS_BUF_INIT(256);
	cleanup_json json_t *json = json_loads(value, JSON_DECODE_ANY, NULL);

	assert_non_null(json);
	assert_int_equal(tfs_rules_check(rules, NULL, json, needed, &words), wanted ? -EINVAL : 0);
	assert_string_equal(words.data ? words.data : "", wanted ? wanted : "");
}

static void test_lengths_are_characters_or_elements(void **state)
{
	static const struct tfs_rules rules = { .min_length = 2, .max_length = 3 };

	(void)state;
	expect(&rules, "\"äöü\"", true, NULL);
	expect(&rules, "\"äöüß\"", true, "at most 3 characters long");
	expect(&rules, "\"ä\"", true, "at least 2 characters long");
	expect(&rules, "[1, 2, 3]", true, NULL);
	expect(&rules, "[1, 2, 3, 4]", true, "at most 3 elements long");
	expect(&rules, "[]", false, "at least 2 elements long");
	expect(&rules, "\"\"", true, "at least 2 characters long");
	expect(&rules, "\"\"", false, NULL);
	expect(&rules, "5", true, NULL);
}

static void test_numbers_have_bounds(void **state)
{
	static const double least = 60, most = 86400;
	static const struct tfs_rules rules = { .min = &least, .max = &most };

	(void)state;
	expect(&rules, "60", true, NULL);
	expect(&rules, "86400.0", true, NULL);
	expect(&rules, "59", true, "at least 60");
	expect(&rules, "86401", true, "at most 86400");
	expect(&rules, "\"59\"", true, NULL);
}

static void test_an_empty_text_is_no_value_unless_needed(void **state)
{
	static const struct tfs_rules mail = { .format = TFS_FORMAT_EMAIL }, tag = { .pattern = "^[a-z]+$" };

	(void)state;
	expect(&mail, "\"\"", false, NULL);
	expect(&mail, "\"\"", true, "an email address");
	expect(&mail, "\"alice\"", false, "an email address");
	expect(&tag, "\"\"", false, "like /^[a-z]+$/");
}

static void test_conditions_switch_rules(void **state)
{
	static const char *const on[] = { "true", NULL };
	static const struct tfs_condition enabled[] = { { "enabled", on } };
	static const struct tfs_field url = {
		.name = "url",
		.type = TFS_TYPE_STRING,
		.rules = { .format = TFS_FORMAT_URL },
		.rules_when = enabled,
		.n_rules_when = 1,
		.required_when = enabled,
		.n_required_when = 1,
	};
	cleanup_json json_t *with = json_pack("{sb}", "enabled", 1), *without = json_pack("{sb}", "enabled", 0);
	struct tfs_field there = tfs_field_within(&url, with, with),
			 elsewhere = tfs_field_within(&url, without, without);

	(void)state;
	assert_true(there.required);
	assert_int_equal(there.rules.format, TFS_FORMAT_URL);
	assert_false(elsewhere.required);
	assert_int_equal(elsewhere.rules.format, TFS_FORMAT_ANY);
}

static void check_members(const struct tfs_field *fields, size_t n, const json_t *object, const json_t *top)
{
	for (size_t i = 0; i < n; i++) {
		struct tfs_field here = tfs_field_within(&fields[i], object, top), item = tfs_field_item(&here);
		const json_t *value = json_object_get(object, here.name);
		struct tfs_buf wanted cleanup_buf = TFS_BUF_INIT(256);

		if (tfs_rules_check(&here.rules, NULL, value, true, &wanted) != 0)
			fail_msg("%s has to be %s", here.name, wanted.data);
		for (size_t k = 0; k < json_array_size(value); k++)
			if (tfs_rules_check(&item.rules, NULL, json_array_get(value, k), true, &wanted) != 0)
				fail_msg("%s[%zu] has to be %s", here.name, k, wanted.data);
		if (json_is_object(value))
			check_members(here.members, here.n_members, value, top);
	}
}

static void test_the_example_of_each_body_meets_its_rules(void **state)
{
	(void)state;
	for (size_t i = 0; i < tfs_n_endpoints; i++) {
		const struct tfs_endpoint *endpoint = &tfs_endpoints[i];
		cleanup_json json_t *body = endpoint->example ? json_loads(endpoint->example, 0, NULL) : NULL;

		check_members(endpoint->body, endpoint->n_body, body, body);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_formats_accept_what_they_name),
		cmocka_unit_test(test_recent_is_ninety_days_in_any_time_zone),
		cmocka_unit_test(test_lengths_are_characters_or_elements),
		cmocka_unit_test(test_numbers_have_bounds),
		cmocka_unit_test(test_an_empty_text_is_no_value_unless_needed),
		cmocka_unit_test(test_conditions_switch_rules),
		cmocka_unit_test(test_the_example_of_each_body_meets_its_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
