/* Parsing JSON: accepted texts, and position and reason of refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/json.h"

static const struct {
	const char *text;
	int line, column;
	const char *message;
} bad[] = {
	{ "", 1, 1, "line 1, column 1: the text ends too early" },
	{ " \n", 2, 1, "line 2, column 1: the text ends too early" },
	{ "{", 1, 2, "line 1, column 2: the text ends too early" },
	{ "{\"a\": 1", 1, 8, "line 1, column 8: the text ends too early" },
	{ "[1, 2", 1, 6, "line 1, column 6: the text ends too early" },
	{ "\"abc", 1, 5, "line 1, column 5: the text ends too early" },
	{ "{\"a\": 1,}", 1, 9, "line 1, column 9: string or '}' expected" },
	{ "{\n  \"a\": 1\n  \"b\": 2\n}", 3, 5, "line 3, column 5: '}' expected" },
	{ "[1 2]", 1, 4, "line 1, column 4: ']' expected" },
	{ "{a: 1}", 1, 2, "line 1, column 2: string or '}' expected" },
	{ "{\"a\" 1}", 1, 6, "line 1, column 6: ':' expected" },
	{ "{\"a\": }", 1, 7, "line 1, column 7: unexpected token" },
	{ "{\"a\": tru}", 1, 9, "line 1, column 9: invalid token" },
	{ "{'a': 1}", 1, 2, "line 1, column 2: string or '}' expected" },
	{ "[01]", 1, 2, "line 1, column 2: invalid token" },
	{ "[1.]", 1, 3, "line 1, column 3: invalid token" },
	{ "[+1]", 1, 2, "line 1, column 2: invalid token" },
	{ "[NaN]", 1, 4, "line 1, column 4: invalid token" },
	{ "{\"a\": 1, \"a\": 2}", 1, 12, "line 1, column 12: the member \"a\" occurs twice" },
	{ "1 2", 1, 3, "line 1, column 3: there is text after the end of the value" },
	{ "{}\n\nx", 3, 1, "line 3, column 1: there is text after the end of the value" },
	{ "[9223372036854775808]", 1, 20, "line 1, column 20: the number is too large" },
	{ "[-9223372036854775809]", 1, 21, "line 1, column 21: the number is too large" },
	{ "[1e999]", 1, 6, "line 1, column 6: the number is too large" },
	{ "{\"a\\u0000b\": 1}", 1, 11, "line 1, column 11: a member name may not contain \\u0000" },
	{ "[\"\\ud800\"]", 1, 9, "line 1, column 9: invalid Unicode '\\uD800'" },
	{ "[\"\\x\"]", 1, 4, "line 1, column 4: invalid escape" },
	{ "[\"a\nb\"]", 1, 3, "line 1, column 3: unexpected newline" },
	{ "[\"a\tb\"]", 1, 3, "line 1, column 3: control character 0x9" },
	/* Columns count characters. */
	{ "{\"\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80\" 1}", 1, 8, "line 1, column 8: ':' expected" },
	{ "// c\n{}", 1, 1, "line 1, column 1: invalid token" },
};

static void test_invalid(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *value = (json_t *)-1;
		struct tfs_error error = { 0 };

		assert_int_equal(tfs_json_parse(bad[i].text, strlen(bad[i].text), &value, &error), -EINVAL);
		assert_string_equal(error.message, bad[i].message);
		assert_string_equal(error.origin, "document");
		assert_int_equal(error.line, bad[i].line);
		assert_int_equal(error.column, bad[i].column);
		assert_ptr_equal(value, (json_t *)-1);
		assert_int_equal(tfs_json_parse(bad[i].text, strlen(bad[i].text), &value, NULL), -EINVAL);
	}
}

static void test_invalid_utf8(void **state)
{
	static const char *const texts[] = { "[\"\xff\"]", "[\"\xc0\xaf\"]", "[\"\xed\xa0\x80\"]", "[\"\xc3\"]",
					     "\xef\xbb\xbf{}" };
	json_t *value;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct tfs_error error = { 0 };

		assert_int_equal(tfs_json_parse(texts[i], strlen(texts[i]), &value, &error), -EINVAL);
		assert_int_equal(error.line, 1);
		if (i < 4)
			assert_non_null(strstr(error.message, "the text is not UTF-8"));
	}
}

static void test_a_nul_byte_in_the_text(void **state)
{
	struct tfs_error error = { 0 };
	json_t *value;

	(void)state;
	assert_int_equal(tfs_json_parse("{}\0", 3, &value, &error), -EINVAL);
	assert_int_equal(tfs_json_parse("\0", 1, &value, &error), -EINVAL);
	assert_int_equal(tfs_json_parse("[1,\0 2]", 7, &value, &error), -EINVAL);
}

static void test_only_the_given_length_counts(void **state)
{
	cleanup_json json_t *value = NULL;

	(void)state;
	assert_int_equal(tfs_json_parse("[1]]]]", 3, &value, NULL), 0);
	assert_int_equal(json_array_size(value), 1);
}

static void test_valid(void **state)
{
	static const char *const texts[] = {
		"{}",
		"[]",
		"null",
		"true",
		" false ",
		"0",
		"-1",
		"1e2",
		"\"\"",
		"\n[1]\n",
		"9223372036854775807",
		"-9223372036854775808",
		"[\"\\u0000\"]",
		"\"\\ud83d\\ude00\"",
		"[{\"a\":{\"a\":1}},{\"a\":2}]",
		"\"]}]}\\\"[[\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cleanup_json json_t *value = NULL;
		struct tfs_error error = { 0 };

		if (tfs_json_parse(texts[i], strlen(texts[i]), &value, &error) != 0)
			fail_msg("%s: %s", texts[i], error.message);
		assert_non_null(value);
	}
}

static void test_nul_in_a_value_is_kept(void **state)
{
	cleanup_json json_t *value = NULL;

	(void)state;
	assert_int_equal(tfs_json_parse("\"a\\u0000b\"", 10, &value, NULL), 0);
	assert_int_equal(json_string_length(value), 3);
}

static void test_message_quotes_no_text(void **state)
{
	const char *text = "{\"password\": hunter2}";
	struct tfs_error error = { 0 };
	json_t *value;

	(void)state;
	assert_int_equal(tfs_json_parse(text, strlen(text), &value, &error), -EINVAL);
	assert_null(strstr(error.message, "hunter"));
}

static void fill_nested(char *text, int depth, char open, char close)
{
	memset(text, open, (size_t)depth);
	memset(text + depth, close, (size_t)depth);
	text[2 * depth] = '\0';
}

static void test_depth(void **state)
{
	char text[2 * (TFS_JSON_DEPTH + 1) + 1];
	cleanup_json json_t *value = NULL;
	struct tfs_error error = { 0 };

	(void)state;
	fill_nested(text, TFS_JSON_DEPTH, '[', ']');
	assert_int_equal(tfs_json_parse(text, strlen(text), &value, &error), 0);
	fill_nested(text, TFS_JSON_DEPTH + 1, '[', ']');
	json_decref(steal_pointer(&value));
	assert_int_equal(tfs_json_parse(text, strlen(text), &value, &error), -EINVAL);
	assert_string_equal(error.message, "line 1, column 129: nested too deeply");
	assert_int_equal(error.column, 129);
	/* Brackets that are never closed do not use a deep stack. */
	memset(text, '{', sizeof(text));
	assert_int_equal(tfs_json_parse(text, sizeof(text), &value, &error), -EINVAL);
	assert_string_equal(error.message, "line 1, column 129: nested too deeply");
}

static void test_brackets_in_strings_do_not_nest(void **state)
{
	char text[1000];
	cleanup_json json_t *value = NULL;

	(void)state;
	memset(text, '[', sizeof(text));
	memcpy(text, "[\"\\\"", 4);
	memcpy(text + sizeof(text) - 2, "\"]", 2);
	assert_int_equal(tfs_json_parse(text, sizeof(text), &value, NULL), 0);
	assert_int_equal(json_string_length(json_array_get(value, 0)), sizeof(text) - 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_invalid),
		cmocka_unit_test(test_invalid_utf8),
		cmocka_unit_test(test_a_nul_byte_in_the_text),
		cmocka_unit_test(test_only_the_given_length_counts),
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_nul_in_a_value_is_kept),
		cmocka_unit_test(test_message_quotes_no_text),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_brackets_in_strings_do_not_nest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
