/* UTF-8: taming for a terminal, repairing for JSON, cutting between characters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "tenantfs/utf8.h"

static const struct {
	const char *text, *tame, *repaired; /* NULL: as the text */
} samples[] = {
	{ "plain \xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", NULL, NULL },
	{ "", NULL, NULL },
	{ "line\nand\ttab\x1b[2J\x07\x7f", "line?and?tab?[2J??", NULL },
	/* C1 controls: CSI is U+009B. The character after the range stays. */
	{ "\xc2\x9b"
	  "31m\xc2\x80\xc2\xa0",
	  "?31m?\xc2\xa0", NULL },
	/* An override, an isolate, a mark, the line separator; their neighbors stay. */
	{ "a\xe2\x80\xae"
	  "b\xe2\x81\xa6"
	  "c\xe2\x80\x8f"
	  "d\xe2\x80\xa8"
	  "e\xd8\x9c",
	  "a?b?c?d?e?", NULL },
	{ "\xe2\x80\x8d\xe2\x80\xaf\xe2\x81\xaa", NULL, NULL },
	/* Latin-1, a lone tail, an overlong form, a surrogate, a cut sequence. */
	{ "M\xfcller", "M?ller", "M\xef\xbf\xbdller" },
	{ "\x80", "?", "\xef\xbf\xbd" },
	{ "\xc0\xaf", "??", "\xef\xbf\xbd\xef\xbf\xbd" },
	{ "\xed\xa0\x80", "???", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ "x\xe2\x82", "x??", "x\xef\xbf\xbd\xef\xbf\xbd" },
};

static void test_tame_makes_one_printable_line(void **state)
{
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		snprintf(text, sizeof(text), "%s", samples[i].text);
		tfs_utf8_tame(text);
		assert_string_equal(text, samples[i].tame ? samples[i].tame : samples[i].text);
	}
}

static void test_repair_replaces_only_bad_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		struct tfs_buf out cleanup_buf = TFS_BUF_INIT(64);
		const char *expected = samples[i].repaired ? samples[i].repaired : samples[i].text;
		size_t len = strlen(samples[i].text);

		assert_int_equal(tfs_utf8_repair(samples[i].text, len, &out), 0);
		assert_int_equal(out.len, strlen(expected));
		assert_memory_equal(out.data ? out.data : "", expected, out.len);
		assert_int_equal(tfs_utf8_is_valid(samples[i].text, len), !samples[i].repaired);
	}
}

static void test_repair_tells_a_full_buffer(void **state)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(2);

	(void)state;
	assert_true(tfs_utf8_repair("\xff", 1, &out) < 0);
}

static void test_cut_keeps_whole_characters(void **state)
{
	const char *text = "a\xc3\xa9\xf0\x9f\x98\x80";
	const size_t cuts[] = { 0, 1, 1, 3, 3, 3, 3, 7 };

	(void)state;
	for (size_t len = 0; len < sizeof(cuts) / sizeof(*cuts); len++)
		assert_int_equal(tfs_utf8_cut(text, len), cuts[len]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tame_makes_one_printable_line),
		cmocka_unit_test(test_repair_replaces_only_bad_bytes),
		cmocka_unit_test(test_repair_tells_a_full_buffer),
		cmocka_unit_test(test_cut_keeps_whole_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
