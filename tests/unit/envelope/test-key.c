/* Private keys: all accepted forms, and each reason for a refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../scratch.h"
#include "../../../src/envelope/base64.h"
#include "tenantfs/envelope.h"
#include "tenantfs/file.h"

static const enum tfs_curve both[] = { TFS_SECP256K1, TFS_PRIME256V1 };

/* The group orders. */
static const unsigned char orders[2][32] = {
	{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
	  0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41 },
	{ 0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51 },
};

/* The base points: the public keys of the scalar 1. */
static const char *const base_points[] = {
	"eb5mfvncu6xVoGKVzocLBwKb/NstzijZWfKBWxb4F5hIOtp3JqPEZV2k+/wOEQio/Re0SKaFVBmcR9CP+xDUuA==",
	"axfR8uEsQkf4vOblY6RA8ncDfYEt6zOg9KE5RdiYwpZP40Li/hp/m47n60p8D54WK84zV2sxXs7LtkBoN79R9Q==",
};

static int read_bytes(enum tfs_curve curve, const void *bytes, size_t len, struct tfs_key **ret,
		      struct tfs_error *error)
{
	char text[200];

	envelope_base64_encode(bytes, len, text);
	return tfs_key_from_base64(curve, text, base64_length(len), ret, error);
}

static void assert_refused(enum tfs_curve curve, const void *bytes, size_t len, const char *message)
{
	struct tfs_key *key = (struct tfs_key *)-1;
	struct tfs_error error = { 0 };

	assert_int_equal(read_bytes(curve, bytes, len, &key, &error), -EINVAL);
	assert_string_equal(error.message, message);
	assert_string_equal(error.origin, "envelope");
	assert_ptr_equal(key, (struct tfs_key *)-1);
}

static const char *below_order(enum tfs_curve curve)
{
	return curve == TFS_SECP256K1 ? "the private key is not below the group order of secp256k1"
				      : "the private key is not below the group order of prime256v1";
}

static void test_key_of_1_to_33_bytes_is_read(void **state)
{
	(void)state;
	for (size_t curve = 0; curve < 2; curve++) {
		unsigned char bytes[33] = { 0 };

		bytes[32] = 1;
		/* The scalar 1 in 1 to 33 bytes. */
		for (size_t len = 1; len <= 33; len++) {
			cleanup_key struct tfs_key *key = NULL;
			struct tfs_secret *text;

			assert_int_equal(read_bytes(both[curve], bytes + 33 - len, len, &key, NULL), 0);
			assert_string_equal(tfs_key_public(key), base_points[curve]);
			text = tfs_key_private(key);
			assert_string_equal(tfs_secret_text(text), "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE=");
			tfs_secret_free(text);
		}
	}
}

static void test_leading_zeros_do_not_change_a_key(void **state)
{
	unsigned char bytes[33];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(0x91 + i);
	bytes[0] = bytes[1] = 0;
	for (size_t curve = 0; curve < 2; curve++) {
		cleanup_key struct tfs_key *a = NULL, *b = NULL, *c = NULL;

		assert_int_equal(read_bytes(both[curve], bytes + 2, 31, &a, NULL), 0);
		assert_int_equal(read_bytes(both[curve], bytes + 1, 32, &b, NULL), 0);
		assert_int_equal(read_bytes(both[curve], bytes, 33, &c, NULL), 0);
		assert_string_equal(tfs_key_public(a), tfs_key_public(b));
		assert_string_equal(tfs_key_public(a), tfs_key_public(c));
	}
}

static void test_zero_is_refused(void **state)
{
	const unsigned char zeros[33] = { 0 };

	(void)state;
	for (size_t curve = 0; curve < 2; curve++)
		for (size_t len = 1; len <= 33; len++)
			assert_refused(both[curve], zeros, len, "the private key is zero");
}

static void test_key_not_below_the_order_is_refused(void **state)
{
	(void)state;
	for (size_t curve = 0; curve < 2; curve++) {
		cleanup_key struct tfs_key *key = NULL;
		unsigned char bytes[33] = { 0 };

		memcpy(bytes + 1, orders[curve], 32);
		assert_refused(both[curve], bytes + 1, 32, below_order(both[curve]));
		assert_refused(both[curve], bytes, 33, below_order(both[curve]));
		bytes[32]++;
		assert_refused(both[curve], bytes + 1, 32, below_order(both[curve]));
		memset(bytes + 1, 0xff, 32);
		assert_refused(both[curve], bytes + 1, 32, below_order(both[curve]));
		/* A 33rd byte that is not a sign byte. */
		memset(bytes, 0, 33);
		bytes[0] = 1;
		assert_refused(both[curve], bytes, 33, below_order(both[curve]));
		/* The largest key, order - 1: its X is that of the base point. */
		memcpy(bytes + 1, orders[curve], 32);
		bytes[32]--;
		assert_int_equal(read_bytes(both[curve], bytes + 1, 32, &key, NULL), 0);
		assert_memory_equal(tfs_key_public(key), base_points[curve], 40);
		assert_string_not_equal(tfs_key_public(key), base_points[curve]);
	}
}

static void test_invalid_text_is_refused(void **state)
{
	static const struct {
		const char *text;
		const char *message;
	} cases[] = {
		{ "", "the private key is empty" },
		{ "hello", "the private key is not base64" },
		{ "AQ", "the private key is not base64" },
		{ " AQ==", "the private key is not base64" },
		{ "AQ==\n", "the private key is not base64" },
		{ "AQ==AQ==", "the private key is not base64" },
		{ "-----BEGIN PRIVATE KEY-----", "the private key is not base64" },
		{ "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAQ==",
		  "the private key is too long: more than 33 bytes" },
	};
	char *endless = malloc(100000);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct tfs_key *key = (struct tfs_key *)-1;
		struct tfs_error error = { 0 };

		assert_int_equal(tfs_key_from_base64(TFS_SECP256K1, cases[i].text, strlen(cases[i].text), &key, &error),
				 -EINVAL);
		assert_string_equal(error.message, cases[i].message);
		assert_ptr_equal(key, (struct tfs_key *)-1);
	}
	memset(endless, 'A', 100000);
	{
		struct tfs_error error = { 0 };
		struct tfs_key *key;

		assert_int_equal(tfs_key_from_base64(TFS_SECP256K1, endless, 100000, &key, &error), -EINVAL);
		assert_string_equal(error.message, "the private key is too long: more than 33 bytes");
	}
	free(endless);
}

static void test_generated_keys_differ_and_read_back(void **state)
{
	(void)state;
	for (size_t curve = 0; curve < 2; curve++) {
		cleanup_key struct tfs_key *a = NULL, *b = NULL, *back = NULL;
		struct tfs_error error = { .code = -1, .message = "old" };
		struct tfs_secret *text;

		assert_int_equal(tfs_key_generate(both[curve], &a, &error), 0);
		assert_int_equal(tfs_key_generate(both[curve], &b, NULL), 0);
		assert_string_not_equal(tfs_key_public(a), tfs_key_public(b));
		assert_int_equal(strlen(tfs_key_public(a)), 88);
		text = tfs_key_private(a);
		assert_int_equal(tfs_secret_len(text), 44);
		assert_int_equal(tfs_key_from_base64(both[curve], tfs_secret_text(text), 44, &back, NULL), 0);
		assert_string_equal(tfs_key_public(a), tfs_key_public(back));
		tfs_secret_free(text);
	}
	tfs_key_free(NULL);
}

static int enter_folder(void **state)
{
	char *folder = malloc(128);

	*state = folder;
	if (folder)
		scratch_name(folder, 128);
	return !folder || !mkdtemp(folder) || chdir(folder) < 0 ? -1 : 0;
}

static int leave_folder(void **state)
{
	char *folder = *state;
	int r;

	unlink("key");
	r = chdir("/") < 0 || rmdir(folder) < 0 ? -1 : 0;
	free(folder);
	return r;
}

static void test_saved_key_is_private_and_loads_again(void **state)
{
	cleanup_key struct tfs_key *key = NULL, *back = NULL;
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(100);
	struct tfs_error error = { 0 };
	struct stat st;

	(void)state;
	assert_int_equal(tfs_key_generate(TFS_PRIME256V1, &key, NULL), 0);
	assert_int_equal(tfs_key_save(key, "key", &error), 0);
	assert_int_equal(stat("key", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 45);
	assert_int_equal(tfs_key_load(TFS_PRIME256V1, "key", &back, &error), 0);
	assert_string_equal(tfs_key_public(key), tfs_key_public(back));
	/* An existing key is not overwritten. */
	assert_int_equal(tfs_key_save(key, "key", &error), -EEXIST);
	assert_string_equal(error.message, "cannot write key: File exists");
	assert_int_equal(tfs_file_read("key", &text, NULL), 0);
	assert_int_equal(text.len, 45);
	assert_int_equal(text.data[44], '\n');
}

static void test_load_ignores_surrounding_white_space(void **state)
{
	cleanup_key struct tfs_key *key = NULL;

	(void)state;
	assert_int_equal(tfs_file_write("key", "\r\n \tAQ== \r\n\n", 12, 0600, NULL), 0);
	assert_int_equal(tfs_key_load(TFS_SECP256K1, "key", &key, NULL), 0);
	assert_string_equal(tfs_key_public(key), base_points[0]);
}

static void test_load_of_an_invalid_file_is_refused(void **state)
{
	struct tfs_key *key = (struct tfs_key *)-1;
	struct tfs_error error = { 0 };

	(void)state;
	assert_int_equal(tfs_key_load(TFS_SECP256K1, "key", &key, &error), -ENOENT);
	assert_string_equal(error.message, "cannot read key: No such file or directory");
	assert_int_equal(tfs_file_write("key", "AQ==", 4, 0640, NULL), 0);
	assert_int_equal(tfs_key_load(TFS_SECP256K1, "key", &key, &error), -EACCES);
	assert_string_equal(error.message, "key may be used by others (mode 0640): chmod 600 key");
	assert_int_equal(tfs_file_write("key", "A Q==", 5, 0600, NULL), 0);
	assert_int_equal(tfs_key_load(TFS_SECP256K1, "key", &key, &error), -EINVAL);
	assert_string_equal(error.message, "key: the private key is not base64");
	assert_int_equal(tfs_file_write("key", "\n\n", 2, 0600, NULL), 0);
	assert_int_equal(tfs_key_load(TFS_SECP256K1, "key", &key, &error), -EINVAL);
	assert_string_equal(error.message, "key: the private key is empty");
	assert_int_equal(tfs_file_write("key", "", 0, 0600, NULL), 0);
	assert_int_equal(tfs_key_load(TFS_SECP256K1, "key", &key, &error), -EINVAL);
	assert_string_equal(error.message, "key: the private key is empty");
	assert_int_equal(truncate("key", 5000), 0);
	assert_int_equal(tfs_key_load(TFS_SECP256K1, "key", &key, &error), -EFBIG);
	assert_ptr_equal(key, (struct tfs_key *)-1);
}

static void test_curves_are_found_by_name(void **state)
{
	enum tfs_curve curve = TFS_PRIME256V1;

	(void)state;
	assert_int_equal(tfs_curve_from_name("secp256k1", &curve), 0);
	assert_int_equal(curve, TFS_SECP256K1);
	assert_int_equal(tfs_curve_from_name("prime256v1", &curve), 0);
	assert_int_equal(curve, TFS_PRIME256V1);
	curve = TFS_SECP256K1;
	assert_int_equal(tfs_curve_from_name("secp256r1", &curve), 0);
	assert_int_equal(curve, TFS_PRIME256V1);
	assert_int_equal(tfs_curve_from_name("P-256", &curve), -EINVAL);
	assert_int_equal(tfs_curve_from_name("", &curve), -EINVAL);
	assert_int_equal(curve, TFS_PRIME256V1);
	assert_string_equal(tfs_curve_name(TFS_SECP256K1), "secp256k1");
	assert_string_equal(tfs_curve_name(TFS_PRIME256V1), "prime256v1");
}

#define in_folder(test) cmocka_unit_test_setup_teardown(test, enter_folder, leave_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_of_1_to_33_bytes_is_read),
		cmocka_unit_test(test_leading_zeros_do_not_change_a_key),
		cmocka_unit_test(test_zero_is_refused),
		cmocka_unit_test(test_key_not_below_the_order_is_refused),
		cmocka_unit_test(test_invalid_text_is_refused),
		cmocka_unit_test(test_generated_keys_differ_and_read_back),
		in_folder(test_saved_key_is_private_and_loads_again),
		in_folder(test_load_ignores_surrounding_white_space),
		in_folder(test_load_of_an_invalid_file_is_refused),
		cmocka_unit_test(test_curves_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
