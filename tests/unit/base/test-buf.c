/* The bounded buffer: growth, ceiling, state after a failure, wiping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tenantfs/buf.h"

static void test_grows_and_terminates(void **state)
{
	struct tfs_buf buf cleanup_buf = TFS_BUF_INIT(100000);

	(void)state;
	for (int i = 0; i < 20000; i++) {
		assert_int_equal(tfs_buf_putc(&buf, (char)('a' + i % 26)), 0);
		assert_int_equal(buf.len, i + 1);
		assert_int_equal(buf.data[buf.len], '\0');
	}
	for (int i = 0; i < 20000; i++)
		assert_int_equal(buf.data[i], 'a' + i % 26);
}

static void test_ceiling_is_exact(void **state)
{
	struct tfs_buf buf cleanup_buf = TFS_BUF_INIT(10);

	(void)state;
	assert_int_equal(tfs_buf_puts(&buf, "0123456789"), 0);
	assert_int_equal(tfs_buf_putc(&buf, 'x'), -EFBIG);
	assert_int_equal(tfs_buf_printf(&buf, "%d", 1), -EFBIG);
	assert_int_equal(tfs_buf_resize(&buf, 11), -EFBIG);
	assert_int_equal(tfs_buf_reserve(&buf, SIZE_MAX), -EFBIG);
	assert_string_equal(buf.data, "0123456789");
	assert_int_equal(tfs_buf_add(&buf, "", 0), 0);
	assert_int_equal(buf.len, 10);
	assert_true(buf.cap <= 11);
}

static void test_no_ceiling_does_not_overflow(void **state)
{
	struct tfs_buf buf cleanup_buf = TFS_BUF_INIT(SIZE_MAX);

	(void)state;
	assert_int_equal(tfs_buf_puts(&buf, "x"), 0);
	assert_int_equal(tfs_buf_reserve(&buf, SIZE_MAX), -EFBIG);
	assert_int_equal(tfs_buf_reserve(&buf, SIZE_MAX - 1), -EFBIG);
	assert_string_equal(buf.data, "x");
}

static void test_printf(void **state)
{
	struct tfs_buf buf cleanup_buf = TFS_BUF_INIT(1000);
	char wide[301];

	(void)state;
	assert_int_equal(tfs_buf_printf(&buf, "%s=%d;", "a", 1), 0);
	assert_int_equal(tfs_buf_printf(&buf, "%s", ""), 0);
	assert_string_equal(buf.data, "a=1;");
	memset(wide, 'w', 300);
	wide[300] = '\0';
	assert_int_equal(tfs_buf_printf(&buf, "%s", wide), 0);
	assert_int_equal(buf.len, 304);
	assert_string_equal(buf.data + 4, wide);
}

static void test_resize_and_reset(void **state)
{
	struct tfs_buf buf cleanup_buf = TFS_BUF_INIT(1000);

	(void)state;
	assert_int_equal(tfs_buf_resize(&buf, 0), 0);
	assert_null(buf.data);
	assert_int_equal(tfs_buf_puts(&buf, "abcdef"), 0);
	assert_int_equal(tfs_buf_resize(&buf, 2), 0);
	assert_string_equal(buf.data, "ab");
	assert_int_equal(tfs_buf_resize(&buf, 5), 0);
	assert_memory_equal(buf.data, "ab\0\0\0", 6);
	tfs_buf_reset(&buf);
	assert_int_equal(buf.len, 0);
	assert_string_equal(buf.data, "");
}

static void test_steal(void **state)
{
	struct tfs_buf buf cleanup_buf = TFS_BUF_INIT(1000);
	size_t len = 99;
	char *text;

	(void)state;
	text = tfs_buf_steal(&buf, &len);
	assert_non_null(text);
	assert_string_equal(text, "");
	assert_int_equal(len, 0);
	free(text);
	assert_int_equal(tfs_buf_add(&buf, "a\0b", 3), 0);
	text = tfs_buf_steal(&buf, &len);
	assert_int_equal(len, 3);
	assert_memory_equal(text, "a\0b", 4);
	free(text);
	assert_null(buf.data);
	assert_int_equal(buf.len, 0);
	assert_int_equal(buf.max, 1000);
}

static void test_secret_growth_moves_and_wipes(void **state)
{
	struct tfs_buf buf cleanup_buf = TFS_BUF_INIT_SECRET(100000);

	(void)state;
	for (int i = 0; i < 5000; i++)
		assert_int_equal(tfs_buf_puts(&buf, "secret"), 0);
	for (int i = 0; i < 5000; i++)
		assert_memory_equal(buf.data + 6 * i, "secret", 6);
	assert_int_equal(tfs_buf_resize(&buf, 3), 0);
	/* Truncated bytes are wiped at once. */
	assert_memory_equal(buf.data, "sec\0\0\0", 6);
	tfs_buf_reset(&buf);
	assert_memory_equal(buf.data, "\0\0\0", 3);
	tfs_buf_wipe(&buf);
	assert_null(buf.data);
	tfs_buf_wipe(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows_and_terminates),
		cmocka_unit_test(test_ceiling_is_exact),
		cmocka_unit_test(test_no_ceiling_does_not_overflow),
		cmocka_unit_test(test_printf),
		cmocka_unit_test(test_resize_and_reset),
		cmocka_unit_test(test_steal),
		cmocka_unit_test(test_secret_growth_moves_and_wipes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
