/* Digests, random bytes, uuids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "tenantfs/digest.h"

static void test_random_bytes_differ(void **state)
{
	unsigned char a[32] = { 0 }, b[32] = { 0 };

	(void)state;
	assert_int_equal(tfs_random(a, sizeof(a)), 0);
	assert_int_equal(tfs_random(b, sizeof(b)), 0);
	assert_memory_not_equal(a, b, sizeof(a));
	assert_int_equal(tfs_random(a, 0), 0);
	assert_int_equal(tfs_random(NULL, SIZE_MAX), -EIO);
}

static void test_uuid_has_version_4_form(void **state)
{
	char a[TFS_UUID_TEXT], b[TFS_UUID_TEXT];

	(void)state;
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(tfs_uuid(a), 0);
		assert_int_equal(strlen(a), 36);
		for (int j = 0; j < 36; j++) {
			if (j == 8 || j == 13 || j == 18 || j == 23)
				assert_int_equal(a[j], '-');
			else
				assert_non_null(memchr("0123456789abcdef", a[j], 16));
		}
		assert_int_equal(a[14], '4');
		assert_non_null(memchr("89ab", a[19], 4));
	}
	assert_int_equal(tfs_uuid(b), 0);
	assert_string_not_equal(a, b);
}

static void test_digest_of_a_secret_depends_on_its_key(void **state)
{
	unsigned char key[TFS_DIGEST_KEY], other[TFS_DIGEST_KEY];
	char a[TFS_SECRET_TEXT], b[TFS_SECRET_TEXT];

	(void)state;
	memset(key, 0x0b, sizeof(key));
	memset(other, 0x0c, sizeof(other));
	assert_int_equal(tfs_secret_digest(key, "Hi There", 8, a), 0);
	/* RFC 4868, section 2.7.2.1 */
	assert_string_equal(a, "secret:198a607eb44bfbc6");
	assert_int_equal(strlen(a), TFS_SECRET_TEXT - 1);
	assert_int_equal(tfs_secret_digest(other, "Hi There", 8, b), 0);
	assert_string_not_equal(a, b);
	assert_int_equal(tfs_secret_digest(key, "Hi There", 8, b), 0);
	assert_string_equal(a, b);
	assert_int_equal(tfs_secret_digest(key, "", 0, b), 0);
	assert_string_not_equal(a, b);
}

static void test_fingerprint_is_the_start_of_sha256(void **state)
{
	char out[17];

	(void)state;
	assert_int_equal(tfs_fingerprint("", 0, out), 0);
	assert_string_equal(out, "e3b0c44298fc1c14");
	assert_int_equal(tfs_fingerprint("abc", 3, out), 0);
	assert_string_equal(out, "ba7816bf8f01cfea");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_bytes_differ),
		cmocka_unit_test(test_uuid_has_version_4_form),
		cmocka_unit_test(test_digest_of_a_secret_depends_on_its_key),
		cmocka_unit_test(test_fingerprint_is_the_start_of_sha256),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
