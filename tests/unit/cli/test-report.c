/* Error messages and exit codes. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "tenantfs/buf.h"
#include "tenantfs/file.h"

static void test_errno_maps_to_exit_code(void **state)
{
	(void)state;
	static const struct {
		int code, exit;
	} rows[] = {
		{ 0, 0 },       { -EINVAL, 1 },    { -EACCES, 1 },       { -EPERM, 1 },
		{ -ENOENT, 1 }, { -EEXIST, 1 },    { -ESTALE, 1 },       { -EAGAIN, 1 },
		{ -EIO, 3 },    { -ETIMEDOUT, 3 }, { -ECONNREFUSED, 3 }, { -EBADMSG, 3 },
		{ -EROFS, 1 },  { -EINTR, 1 },     { -EBUSY, 1 },        { -ENOMEM, 1 },
		{ -EXDEV, 1 },  { 7, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(cli_exit_of(rows[i].code), rows[i].exit);
}

static void expect_text(const struct tfs_error *error, const char *what, const char *wanted)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	cli_print_error(out, what, error, cli_remedy(error));
	fclose(out);
	assert_string_equal(text, wanted);
	free(text);
}

static void test_error_is_printed_with_all_parts(void **state)
{
	(void)state;
	struct tfs_error error;

	tfs_error_set(&error, -EINVAL, "document", "must be a number");
	error.status = 400;
	error.line = 7;
	error.column = 12;
	snprintf(error.member, sizeof(error.member), "/otpMaxAttempts");
	snprintf(error.request_id, sizeof(error.request_id), "6ec0bd7f");
	expect_text(&error, "mfa.json",
		    "tenantfs: mfa.json: must be a number\n  member: /otpMaxAttempts\n  place: line 7, "
		    "column 12\n"
		    "  HTTP status: 400\n  request id: 6ec0bd7f\n");
}

static void test_error_is_printed_with_its_remedy(void **state)
{
	(void)state;
	struct tfs_error error;

	tfs_error_set(&error, -EACCES, "api", "the session is over");
	error.status = 401;
	expect_text(&error, NULL,
		    "tenantfs: the session is over\n  HTTP status: 401\n  remedy: log in: tenantfs login\n");
	tfs_error_set(&error, -EACCES, "api", "log in: tenantfs login");
	expect_text(&error, "call", "tenantfs: call: log in: tenantfs login\n");
	/* EACCES of a file is not the end of the session. */
	tfs_error_set(&error, -EACCES, "file", "mode 0644");
	expect_text(&error, "", "tenantfs: mode 0644\n");
	tfs_error_set(&error, -ETIMEDOUT, "http", "no answer");
	expect_text(&error, "call",
		    "tenantfs: call: no answer\n"
		    "  remedy: try again, or raise `timeout` in the configuration\n");
	error = (struct tfs_error){ .code = -EXDEV };
	expect_text(&error, "x", "tenantfs: x: Invalid cross-device link\n");
}

/* Every errno has a row in docs/errors.md with its exit code. */
static void test_exit_codes_match_the_manual(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		int code;
	} rows[] = {
		{ "EACCES", -EACCES },       { "EAGAIN", -EAGAIN }, { "EBADMSG", -EBADMSG }, { "EBUSY", -EBUSY },
		{ "EEXIST", -EEXIST },       { "EINTR", -EINTR },   { "EINVAL", -EINVAL },   { "EIO", -EIO },
		{ "ENOENT", -ENOENT },       { "EPERM", -EPERM },   { "EROFS", -EROFS },     { "ESTALE", -ESTALE },
		{ "ETIMEDOUT", -ETIMEDOUT },
	};
	const char *data = getenv("TENANTFS_TEST_DATA");
	struct tfs_buf text = TFS_BUF_INIT(1 << 20);
	char path[4096];

	if (!data)
		skip();
	snprintf(path, sizeof(path), "%s/../../docs/errors.md", data);
	assert_int_equal(tfs_file_read(path, &text, NULL), 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char row[64];
		snprintf(row, sizeof(row), "| %s | %d |", rows[i].name, cli_exit_of(rows[i].code));
		if (!strstr(text.data, row))
			fail_msg("docs/errors.md has no row that begins \"%s\"", row);
	}
	tfs_buf_finish(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errno_maps_to_exit_code),
		cmocka_unit_test(test_error_is_printed_with_all_parts),
		cmocka_unit_test(test_error_is_printed_with_its_remedy),
		cmocka_unit_test(test_exit_codes_match_the_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
