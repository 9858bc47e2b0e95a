/* Printing JSON: both forms, numbers, escapes, and that the output parses back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/json.h"

enum { ROOM = 1 << 20 };

static json_t *parse(const char *text)
{
	struct tfs_error error = { 0 };
	json_t *value = NULL;

	if (tfs_json_parse(text, strlen(text), &value, &error) != 0)
		fail_msg("%s: %s", text, error.message);
	return value;
}

static void assert_prints(const char *text, const char *line, const char *document)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(ROOM);
	cleanup_json json_t *value = parse(text);

	assert_int_equal(tfs_json_print(value, &out), 0);
	assert_string_equal(out.data, line);
	tfs_buf_reset(&out);
	assert_int_equal(tfs_json_print_document(value, &out), 0);
	assert_string_equal(out.data, document);
}

static void test_forms(void **state)
{
	(void)state;
	assert_prints("{}", "{}", "{}\n");
	assert_prints("[ ]", "[]", "[]\n");
	assert_prints("null", "null", "null\n");
	assert_prints("{\"b\":1,\"a\":[true,false,null,{}],\"c\":{\"d\":[]}}",
		      "{\"b\":1,\"a\":[true,false,null,{}],\"c\":{\"d\":[]}}",
		      "{\n  \"b\": 1,\n  \"a\": [\n    true,\n    false,\n    null,\n    {}\n  ],\n"
		      "  \"c\": {\n    \"d\": []\n  }\n}\n");
}

static void test_strings(void **state)
{
	(void)state;
	assert_prints("\"a/b \\u00e9 \\ud83d\\ude00 \\u007f\"", "\"a/b \xc3\xa9 \xf0\x9f\x98\x80 \x7f\"",
		      "\"a/b \xc3\xa9 \xf0\x9f\x98\x80 \x7f\"\n");
	assert_prints("\"\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u0001\\u001f\"",
		      "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u0001\\u001f\"",
		      "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u0001\\u001f\"\n");
	assert_prints("{\"a\\\"\\n\":\"\"}", "{\"a\\\"\\n\":\"\"}", "{\n  \"a\\\"\\n\": \"\"\n}\n");
}

static void assert_number(const char *text, const char *want)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(ROOM);
	cleanup_json json_t *value = parse(text);

	assert_int_equal(tfs_json_print(value, &out), 0);
	assert_string_equal(out.data, want);
}

static void test_numbers(void **state)
{
	(void)state;
	assert_number("0", "0");
	assert_number("-0", "0");
	assert_number("9223372036854775807", "9223372036854775807");
	assert_number("-9223372036854775808", "-9223372036854775808");
	assert_number("0.1", "0.1");
	assert_number("0.2", "0.2");
	assert_number("0.30000000000000004", "0.30000000000000004");
	assert_number("1.0", "1.0");
	assert_number("-0.0", "-0.0");
	assert_number("100.0", "100.0");
	assert_number("1e2", "100.0");
	assert_number("1E300", "1e+300");
	assert_number("1.5e-7", "1.5e-07");
	assert_number("123456789012345680000.0", "1.2345678901234568e+20");
	assert_number("5e-324", "4.94065645841247e-324");
	assert_number("1.7976931348623157e308", "1.7976931348623157e+308");
	assert_number("3.141592653589793", "3.141592653589793");
}

static void test_random_reals_round_trip(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		struct tfs_buf out cleanup_buf = TFS_BUF_INIT(ROOM);
		cleanup_json json_t *value = NULL, *back = NULL;
		double number;

		seed = seed * 6364136223846793005u + 1442695040888963407u;
		memcpy(&number, &(uint64_t){ seed ^ seed >> 29 }, sizeof(number));
		if (!isfinite(number))
			continue;
		value = json_real(number);
		assert_int_equal(tfs_json_print(value, &out), 0);
		assert_int_equal(tfs_json_parse(out.data, out.len, &back, NULL), 0);
		assert_true(json_is_real(back));
		assert_memory_equal(&(double){ json_real_value(back) }, &number, sizeof(number));
	}
}

static void test_unprintable_values(void **state)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(ROOM), small cleanup_buf = TFS_BUF_INIT(8);
	cleanup_json json_t *value = parse("[1,2,3,4,5]"), *deep = json_array();
	json_t *inner = deep;

	(void)state;
	assert_int_equal(tfs_buf_puts(&out, "kept"), 0);
	assert_int_equal(tfs_json_print(NULL, &out), -EINVAL);
	for (int i = 0; i < 1000; i++) {
		json_array_append_new(inner, json_array());
		inner = json_array_get(inner, 0);
	}
	assert_int_equal(tfs_json_print(deep, &out), -EINVAL);
	assert_string_equal(out.data, "kept");
	assert_int_equal(tfs_json_print(value, &small), -EFBIG);
	assert_int_equal(small.len, 0);
}

static void test_depth_limits(void **state)
{
	char text[2 * TFS_JSON_DEPTH + 1] = { 0 };
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(ROOM);
	cleanup_json json_t *value = NULL, *back = NULL;

	(void)state;
	memset(text, '[', TFS_JSON_DEPTH);
	memset(text + TFS_JSON_DEPTH, ']', TFS_JSON_DEPTH);
	value = parse(text);
	assert_int_equal(tfs_json_print_document(value, &out), 0);
	assert_int_equal(tfs_json_parse(out.data, out.len, &back, NULL), 0);
	assert_true(json_equal(value, back));
}

static json_t *random_value(uint64_t *seed, int depth)
{
	json_t *value;
	unsigned int pick;

	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	pick = (unsigned int)(*seed >> 40);
	switch (pick % (depth > 6 ? 5 : 8)) {
	case 0:
		return json_null();
	case 1:
		return json_boolean(pick & 1024);
	case 2:
		return json_integer((json_int_t)(*seed));
	case 3:
		return json_real((double)(int64_t)*seed / 1e6);
	case 4:
		return json_pack("s#", (const char[]){ (char)(pick >> 8 & 127), 'x', (char)(pick >> 3 & 127), '"' }, 4);
	case 5:
	case 6:
		value = json_object();
		for (unsigned int i = 0; i < pick / 8 % 5; i++) {
			char key[] = { (char)('a' + i), (char)(pick % 126 + 1), '\0' };

			json_object_set_new(value, key, random_value(seed, depth + 1));
		}
		return value;
	default:
		value = json_array();
		for (unsigned int i = 0; i < pick / 8 % 5; i++)
			json_array_append_new(value, random_value(seed, depth + 1));
		return value;
	}
}

static void test_random_values_round_trip(void **state)
{
	uint64_t seed = 3;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct tfs_buf line cleanup_buf = TFS_BUF_INIT(ROOM), document cleanup_buf = TFS_BUF_INIT(ROOM),
				    again cleanup_buf = TFS_BUF_INIT(ROOM);
		cleanup_json json_t *value = random_value(&seed, 0), *a = NULL, *b = NULL;

		assert_int_equal(tfs_json_print(value, &line), 0);
		assert_int_equal(tfs_json_print_document(value, &document), 0);
		assert_null(strchr(line.data, '\n'));
		assert_int_equal(tfs_json_parse(line.data, line.len, &a, NULL), 0);
		assert_int_equal(tfs_json_parse(document.data, document.len, &b, NULL), 0);
		assert_true(json_equal(value, a));
		assert_true(json_equal(value, b));
		/* Equal values print to equal bytes. */
		assert_int_equal(tfs_json_print_document(a, &again), 0);
		assert_string_equal(again.data, document.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_random_reals_round_trip),
		cmocka_unit_test(test_unprintable_values),
		cmocka_unit_test(test_depth_limits),
		cmocka_unit_test(test_random_values_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
