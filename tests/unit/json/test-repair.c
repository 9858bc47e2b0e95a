/* Texts that servers send and the parser refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>

#include "tenantfs/json.h"

/* Repairs `text` and compares the value and the places of the repairs, each followed by a space. */
static void assert_repaired(const char *text, size_t len, const char *expected, const char *places)
{
	struct tfs_buf printed cleanup_buf = TFS_BUF_INIT(4096), at cleanup_buf = TFS_BUF_INIT(4096);
	cleanup_json json_t *value = NULL, *repairs = NULL, *refused = NULL;

	assert_true(tfs_json_parse(text, len, &refused, NULL) < 0);
	assert_int_equal(tfs_json_repair(text, len, &value, &repairs), 0);
	assert_int_equal(tfs_json_print(value, &printed), 0);
	assert_string_equal(printed.data, expected);
	for (size_t i = 0; i < json_array_size(repairs); i++)
		tfs_buf_printf(&at, "%s ", tfs_json_text(json_array_get(repairs, i), "at"));
	assert_string_equal(at.data, places);
}
#define REPAIRED(text, ...) assert_repaired(text, sizeof(text) - 1, __VA_ARGS__)

static void test_texts_get_the_replacement_character(void **state)
{
	(void)state;
	REPAIRED("[{\"a\":\"x\\ud83dy\"},{\"a\":\"\\ud83d\\ude00\"}]",
		 "[{\"a\":\"x\xef\xbf\xbdy\"},{\"a\":\"\xf0\x9f\x98\x80\"}]", "/0/a ");
	REPAIRED("{\"a\":{\"b\":\"\\udc00\"}}", "{\"a\":{\"b\":\"\xef\xbf\xbd\"}}", "/a/b ");
	REPAIRED("[\"a\xff\xc0z\"]", "[\"a\xef\xbf\xbd\xef\xbf\xbdz\"]", "/0 /0 ");
	REPAIRED("[\"a\tb\"]", "[\"a\\tb\"]", "/0 ");
	REPAIRED("{\"a\\u0000\":1}", "{\"a\xef\xbf\xbd\":1}", " ");
}

static void test_numbers_out_of_range_become_texts(void **state)
{
	(void)state;
	REPAIRED("[1,18446744073709551617,-9223372036854775808]", "[1,\"18446744073709551617\",-9223372036854775808]",
		 "/1 ");
	REPAIRED("{\"a\":1e400,\"b\":-1.5e999}", "{\"a\":\"1e400\",\"b\":\"-1.5e999\"}", "/a /b ");
}

static void test_last_of_doubled_members_counts(void **state)
{
	(void)state;
	REPAIRED("{\"data\":[{\"a\":1,\"b\":2,\"a\":3}]}", "{\"data\":[{\"a\":3,\"b\":2}]}", "/data/0/a ");
}

static void test_other_faults_stay_faults(void **state)
{
	static const char *const texts[] = { "",        "{",         "[1,]",  "{\"a\"}", "[1] x",     "{\"a\":1e400",
					     "nothing", "[\"\\x\"]", "[\"a]", "[1]",     "[1e400,,]", "<a>\xff</a>" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		json_t *value = NULL, *repairs = NULL;

		assert_int_equal(tfs_json_repair(texts[i], strlen(texts[i]), &value, &repairs), -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_texts_get_the_replacement_character),
		cmocka_unit_test(test_numbers_out_of_range_become_texts),
		cmocka_unit_test(test_last_of_doubled_members_counts),
		cmocka_unit_test(test_other_faults_stay_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
