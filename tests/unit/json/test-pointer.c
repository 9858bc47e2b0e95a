/* JSON pointers: the value they name, and its position. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "tenantfs/json.h"

/* The object of RFC 6901, section 5, with more members. */
static const char text[] = "{\n"
			   "  \"foo\": [\"bar\", \"baz\"],\n"
			   "  \"\": 0,\n"
			   "  \"a/b\": 1, \"c%d\": 2,\n"
			   "  \"e^f\": 3,\"g|h\":4, \"i\\\\j\": 5,\n"
			   "  \"k\\\"l\": 6,\n"
			   "\t\" \": 7,\n"
			   "  \"m~n\": 8,\n"
			   "  \"\\u00e9\": \"\xc3\xa9\", \"after\": {\"deep\": [1, {\"x\": \"}]\"}, [ 3, 4 ] ]},\n"
			   "  \"tricky\": \"\\\"tail\\\": {[\", \"tail\": null\n"
			   "}\n";

static const struct {
	const char *pointer;
	const char *value;
	int line, column;
} found[] = {
	{ "", NULL, 1, 1 },
	{ "/foo", NULL, 2, 3 },
	{ "/foo/0", "\"bar\"", 2, 11 },
	{ "/foo/1", "\"baz\"", 2, 18 },
	{ "/", "0", 3, 3 },
	{ "/a~1b", "1", 4, 3 },
	{ "/c%d", "2", 4, 13 },
	{ "/e^f", "3", 5, 3 },
	{ "/g|h", "4", 5, 12 },
	{ "/i\\j", "5", 5, 21 },
	{ "/k\"l", "6", 6, 3 },
	{ "/ ", "7", 7, 2 },
	{ "/m~0n", "8", 8, 3 },
	{ "/\xc3\xa9", "\"\xc3\xa9\"", 9, 3 },
	{ "/after", NULL, 9, 18 },
	{ "/after/deep", NULL, 9, 28 },
	{ "/after/deep/0", "1", 9, 37 },
	{ "/after/deep/1/x", "\"}]\"", 9, 41 },
	{ "/after/deep/2/1", "4", 9, 58 },
	{ "/tail", "null", 10, 29 },
};

static const char *const missing[] = {
	"foo",     "/fo",     "/foo/2", "/foo/-",        "/foo/00",
	"/foo/01", "/foo/1x", "/foo/",  "/foo/0/x",      "/foo/99999999999999999999",
	"/m~2n",   "/m~",     "/x",     "/after/deep/x", "/a/b",
	"/tail/x", "//",
};

static json_t *parse_text(void)
{
	struct tfs_error error = { 0 };
	json_t *value = NULL;

	if (tfs_json_parse(text, strlen(text), &value, &error) != 0)
		fail_msg("%s", error.message);
	return value;
}

static void test_found(void **state)
{
	cleanup_json json_t *whole = parse_text();

	(void)state;
	for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
		struct tfs_buf out cleanup_buf = TFS_BUF_INIT(1000);
		json_t *value = tfs_json_at(whole, found[i].pointer);
		int line = -1, column = -1;

		if (!value)
			fail_msg("%s not found", found[i].pointer);
		assert_int_equal(tfs_json_print(value, &out), 0);
		if (found[i].value)
			assert_string_equal(out.data, found[i].value);
		tfs_json_locate(text, strlen(text), found[i].pointer, &line, &column);
		if (line != found[i].line || column != found[i].column)
			fail_msg("%s at %d:%d", found[i].pointer, line, column);
	}
	assert_ptr_equal(tfs_json_at(whole, ""), whole);
}

static void test_missing(void **state)
{
	cleanup_json json_t *whole = parse_text();

	(void)state;
	for (size_t i = 0; i < sizeof(missing) / sizeof(missing[0]); i++) {
		int line = -1, column = -1;

		if (tfs_json_at(whole, missing[i]))
			fail_msg("%s found", missing[i]);
		tfs_json_locate(text, strlen(text), missing[i], &line, &column);
		assert_int_equal(line, 0);
		assert_int_equal(column, 0);
	}
	assert_null(tfs_json_at(NULL, ""));
	assert_null(tfs_json_at(NULL, "/x"));
}

static void test_truncated_texts_are_safe(void **state)
{
	(void)state;
	/* Every prefix of the text, in memory of exactly its length. */
	for (size_t len = 0; len < strlen(text); len++) {
		char *copy = malloc(len + !len);

		memcpy(copy, text, len);
		for (size_t i = 0; i < sizeof(found) / sizeof(found[0]); i++) {
			int line, column;

			tfs_json_locate(copy, len, found[i].pointer, &line, &column);
			assert_in_range(line, 0, 11);
			assert_in_range(column, 0, 100);
		}
		free(copy);
	}
}

static void test_text(void **state)
{
	cleanup_json json_t *value = json_pack("{s:s, s:i}", "name", "alice", "age", 3);

	(void)state;
	assert_string_equal(tfs_json_text(value, "name"), "alice");
	assert_null(tfs_json_text(value, "age"));
	assert_null(tfs_json_text(value, "none"));
	assert_null(tfs_json_text(NULL, "name"));
	assert_null(tfs_json_text(json_object_get(value, "age"), "name"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_truncated_texts_are_safe),
		cmocka_unit_test(test_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
