/* The rich error to JSON and back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "tenantfs/json.h"

static void test_round_trip(void **state)
{
	(void)state;
	struct tfs_error error, back;

	tfs_error_set(&error, -EINVAL, "document", "must be a number");
	error.status = 400;
	error.line = 7;
	error.column = 12;
	snprintf(error.member, sizeof(error.member), "/otpMaxAttempts");
	snprintf(error.request_id, sizeof(error.request_id), "6ec0bd7f-11c0-43da-975e-2a8ad9ebae0b");
	json_t *value = tfs_error_to_json(&error);
	assert_non_null(value);
	assert_string_equal(tfs_json_text(value, "errno"), "EINVAL");
	assert_int_equal(json_object_size(value), 8);
	tfs_error_from_json(value, &back);
	json_decref(value);
	assert_int_equal(back.code, -EINVAL);
	assert_string_equal(back.origin, "document");
	assert_string_equal(back.message, "must be a number");
	assert_string_equal(back.member, "/otpMaxAttempts");
	assert_string_equal(back.request_id, error.request_id);
	assert_int_equal(back.status, 400);
	assert_int_equal(back.line, 7);
	assert_int_equal(back.column, 12);
}

static void test_empty_members_are_omitted(void **state)
{
	(void)state;
	struct tfs_error error;

	tfs_error_set(&error, -EIO, "http", "unreachable");
	json_t *value = tfs_error_to_json(&error);
	assert_int_equal(json_object_size(value), 3);
	json_decref(value);
}

static void test_every_errno_round_trips(void **state)
{
	(void)state;
	static const int codes[] = { EPERM,  ENOENT, EINTR,     EIO,    EAGAIN,  EACCES,   EBUSY, EEXIST,
				     EINVAL, EROFS,  ETIMEDOUT, ESTALE, EBADMSG, ENOTCONN, EFBIG, ENOMEM };

	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		struct tfs_error error, back;
		tfs_error_set(&error, -codes[i], "api", "x");
		json_t *value = tfs_error_to_json(&error);
		tfs_error_from_json(value, &back);
		json_decref(value);
		assert_int_equal(back.code, -codes[i]);
	}
}

static void test_garbage_becomes_an_error(void **state)
{
	(void)state;
	struct tfs_error error;
	json_t *value = json_pack("{s:s,s:i,s:i,s:s,s:I}", "errno", "EWHAT", "message", 3, "status", -1, "origin",
				  "moon", "line", (json_int_t)1 << 40);

	tfs_error_from_json(value, &error);
	json_decref(value);
	assert_int_equal(error.code, -EIO);
	assert_string_equal(error.message, "the daemon gave no reason");
	assert_string_equal(error.origin, "daemon");
	assert_int_equal(error.status, 0);
	assert_int_equal(error.line, 0);
	tfs_error_from_json(NULL, &error);
	assert_int_equal(error.code, -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_empty_members_are_omitted),
		cmocka_unit_test(test_every_errno_round_trips),
		cmocka_unit_test(test_garbage_becomes_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
