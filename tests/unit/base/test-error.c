/* The rich error: fields, truncation, control bytes, prefix. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "tenantfs/error.h"

static void test_set_fills_and_empties(void **state)
{
	struct tfs_error error = {
		.code = 1, .status = 404, .line = 3, .column = 4, .member = "/a", .request_id = "x"
	};

	(void)state;
	assert_int_equal(tfs_error_set(&error, -EINVAL, "document", "member %s is %d", "age", 7), -EINVAL);
	assert_int_equal(error.code, -EINVAL);
	assert_string_equal(error.origin, "document");
	assert_string_equal(error.message, "member age is 7");
	assert_int_equal(error.status, 0);
	assert_int_equal(error.line, 0);
	assert_int_equal(error.column, 0);
	assert_string_equal(error.member, "");
	assert_string_equal(error.request_id, "");
}

static void test_null_is_accepted(void **state)
{
	(void)state;
	assert_int_equal(tfs_error_set(NULL, -EIO, "http", "x"), -EIO);
	assert_int_equal(tfs_error_prefix(NULL, "x"), 0);
	tfs_error_clear(NULL);
}

static void test_own_message_as_argument(void **state)
{
	struct tfs_error error;

	(void)state;
	tfs_error_set(&error, -EIO, "http", "reset");
	tfs_error_set(&error, -ENOENT, "api", "again: %s", error.message);
	assert_string_equal(error.message, "again: reset");
	assert_int_equal(error.code, -ENOENT);
}

static void test_control_bytes_become_question_marks(void **state)
{
	struct tfs_error error;

	(void)state;
	tfs_error_set(&error, -EIO, "api",
		      "a\nb\tc%cd\x7f"
		      "e \xc3\xa9",
		      1);
	assert_string_equal(error.message, "a?b?c?d?e \xc3\xa9");
}

static void test_truncates_between_characters(void **state)
{
	char text[TFS_ERROR_MESSAGE + 20];
	struct tfs_error error;

	(void)state;
	memset(text, 'x', sizeof(text));
	/* The two-byte character straddles the last byte of the room. */
	memcpy(text + TFS_ERROR_MESSAGE - 2, "\xc3\xa9", 2);
	text[sizeof(text) - 1] = '\0';
	tfs_error_set(&error, -EIO, "api", "%s", text);
	assert_int_equal(strlen(error.message), TFS_ERROR_MESSAGE - 2);
	assert_int_equal(error.message[TFS_ERROR_MESSAGE - 3], 'x');
	memset(text, 'x', sizeof(text) - 1);
	tfs_error_set(&error, -EIO, "api", "%s", text);
	assert_int_equal(strlen(error.message), TFS_ERROR_MESSAGE - 1);
}

static void test_prefix(void **state)
{
	char text[TFS_ERROR_MESSAGE];
	struct tfs_error error;

	(void)state;
	tfs_error_set(&error, -EACCES, "file", "not yours");
	error.line = 9;
	assert_int_equal(tfs_error_prefix(&error, "%s: ", "/x"), -EACCES);
	assert_string_equal(error.message, "/x: not yours");
	assert_int_equal(error.line, 9);
	memset(text, 'y', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	tfs_error_prefix(&error, "%s", text);
	assert_string_equal(error.message, text);
}

static void test_clear(void **state)
{
	struct tfs_error error;

	(void)state;
	tfs_error_set(&error, -EACCES, "file", "not yours");
	tfs_error_clear(&error);
	assert_int_equal(error.code, 0);
	assert_string_equal(error.message, "");
	assert_null(error.origin);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(tfs_error_name(-EINVAL), "EINVAL");
	assert_string_equal(tfs_error_name(ESTALE), "ESTALE");
	assert_string_equal(tfs_error_name(-EAGAIN), "EAGAIN");
	assert_string_equal(tfs_error_name(0), "E?");
	assert_string_equal(tfs_error_name(-99999), "E?");
	assert_string_equal(tfs_error_name(INT_MIN), "E?");
	assert_string_equal(tfs_error_name(INT_MAX), "E?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_fills_and_empties),
		cmocka_unit_test(test_null_is_accepted),
		cmocka_unit_test(test_own_message_as_argument),
		cmocka_unit_test(test_control_bytes_become_question_marks),
		cmocka_unit_test(test_truncates_between_characters),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
