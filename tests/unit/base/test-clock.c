/* Parsing the API's time formats, and the two clocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <time.h>

#include "tenantfs/clock.h"

static const struct {
	const char *text;
	int64_t seconds;
	long nanos;
} good[] = {
	{ "1970-01-01T00:00:00Z", 0, 0 },
	{ "2024-05-01T10:20:30.123Z", 1714558830, 123000000 },
	{ "2024-05-01T10:20:30", 1714558830, 0 },
	{ "2024-05-01 10:20:30", 1714558830, 0 },
	{ "2024-05-01 10:20:30.5", 1714558830, 500000000 },
	{ "2024-05-01t10:20:30,25z", 1714558830, 250000000 },
	{ "2024-05-01T12:20:30+02:00", 1714558830, 0 },
	{ "2024-05-01T12:20:30+0200", 1714558830, 0 },
	{ "2024-05-01T12:20:30+02", 1714558830, 0 },
	{ "2024-05-01T04:50:30.000000001-05:30", 1714558830, 1 },
	{ "2024-05-01T10:20:30.1234567899999Z", 1714558830, 123456789 },
	{ "2024-02-29T00:00:00Z", 1709164800, 0 },
	{ "2000-02-29T00:00:00Z", 951782400, 0 },
	{ "2016-12-31T23:59:60Z", 1483228800, 0 },
	{ "1969-12-31T23:59:59Z", -1, 0 },
	{ "9999-12-31T23:59:59Z", 253402300799, 0 },
	{ "0", 0, 0 },
	{ "1714558830", 1714558830, 0 },
	{ "1714558830123", 1714558830, 123000000 },
	{ "99999999999", 99999999999, 0 },
	{ "100000000000", 100000000, 0 },
	{ "999999999999999", 999999999999, 999000000 },
};

static const char *const bad[] = {
	"",
	" ",
	"x",
	"2024-05-01T",
	"2024-05-01",
	"2024-5-01T10:20:30Z",
	"2024-05-01T10:20",
	"2024-05-01T24:00:00Z",
	"2024-05-01T10:60:00Z",
	"2024-05-01T10:20:61Z",
	"2024-13-01T00:00:00Z",
	"2024-00-01T00:00:00Z",
	"2024-04-31T00:00:00Z",
	"2023-02-29T00:00:00Z",
	"1900-02-29T00:00:00Z",
	"0000-01-01T00:00:00Z",
	"2024-05-01T10:20:30.Z",
	"2024-05-01T10:20:30X",
	"2024-05-01T10:20:30ZZ",
	"2024-05-01T10:20:30+2",
	"2024-05-01T10:20:30+02:",
	"2024-05-01T10:20:30+02:6",
	"2024-05-01T10:20:30+24:00",
	"2024-05-01T10:20:30+02:60",
	"2024-05-01T10:20:30 Z",
	" 2024-05-01T10:20:30Z",
	"1714558830 ",
	"-1",
	"+1",
	"1e9",
	"1714558830.5",
	"9999999999999999",
	"2024-05-01T10:20:30Z\n",
	"1,",
};

static void test_valid(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct timespec time = { -77, -77 };

		if (tfs_clock_parse(good[i].text, &time) != 0 || time.tv_sec != good[i].seconds ||
		    time.tv_nsec != good[i].nanos)
			fail_msg("%s gave %lld.%09ld", good[i].text, (long long)time.tv_sec, time.tv_nsec);
	}
}

static void test_invalid(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct timespec time = { -77, -77 };

		if (tfs_clock_parse(bad[i], &time) != -EINVAL)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_int_equal(time.tv_sec, -77);
		assert_int_equal(time.tv_nsec, -77);
	}
	assert_int_equal(tfs_clock_parse(NULL, &(struct timespec){ 0 }), -EINVAL);
}

static void test_every_day_of_four_hundred_years(void **state)
{
	(void)state;
	/* The output of gmtime parses back to the same time. */
	for (int64_t day = -30 * 365; day < 370 * 365; day += 1) {
		time_t at = (time_t)(day * 86400 + 12345);
		struct timespec time;
		struct tm tm;
		char text[40];

		gmtime_r(&at, &tm);
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
		assert_int_equal(tfs_clock_parse(text, &time), 0);
		assert_int_equal(time.tv_sec, at);
	}
}

static void test_clocks(void **state)
{
	uint64_t before = tfs_clock_ms();
	struct timespec nap = { 0, 20000000 };

	(void)state;
	nanosleep(&nap, NULL);
	assert_in_range(tfs_clock_ms() - before, 20, 5000);
	assert_in_range(tfs_clock_wall().tv_sec, time(NULL) - 1, time(NULL) + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_invalid),
		cmocka_unit_test(test_every_day_of_four_hundred_years),
		cmocka_unit_test(test_clocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
