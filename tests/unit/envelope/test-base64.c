/* Base64: all implementations give the same result and are strict. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "../../../src/envelope/base64-x86.h"
#include "../../../src/envelope/base64.h"

/* One implementation: the function converts as much as it can, tables convert the rest. */
struct way {
	const char *name;
	size_t (*encode)(const unsigned char *bytes, size_t len, char *out);
	size_t (*decode)(const char *text, size_t len, unsigned char *out);
};

static size_t encode_nothing(const unsigned char *bytes, size_t len, char *out)
{
	(void)bytes;
	(void)len;
	(void)out;
	return 0;
}

static size_t decode_nothing(const char *text, size_t len, unsigned char *out)
{
	(void)text;
	(void)len;
	(void)out;
	return 0;
}

static size_t list_ways(struct way ways[3])
{
	size_t count = 0;

	ways[count++] = (struct way){ "tables", encode_nothing, decode_nothing };
#ifdef __x86_64__
	if (base64_has_avx2())
		ways[count++] = (struct way){ "AVX2", envelope_base64_encode_avx2, envelope_base64_decode_avx2 };
	if (base64_has_vbmi())
		ways[count++] = (struct way){ "VBMI", envelope_base64_encode_vbmi, envelope_base64_decode_vbmi };
#endif
	return count;
}

static void encode(const struct way *way, const unsigned char *bytes, size_t len, char *out)
{
	size_t done = way->encode(bytes, len, out);

	assert_true(done <= len && done % 3 == 0);
	envelope_base64_encode_table(bytes + done, len - done, out + done / 3 * 4);
}

static ssize_t decode(const struct way *way, const char *text, size_t len, unsigned char *out)
{
	size_t done = way->decode(text, len, out);
	ssize_t rest;

	assert_true(done <= len && done % 4 == 0);
	rest = envelope_base64_decode_table(text + done, len - done, out + done / 4 * 3);
	return rest < 0 ? rest : (ssize_t)(done / 4 * 3) + rest;
}

/* Memory of exactly this size, so that a sanitizer sees accesses past the end. */
static void *exactly(const void *bytes, size_t len)
{
	void *copy = malloc(len + !len);

	assert_non_null(copy);
	if (bytes)
		memcpy(copy, bytes, len);
	return copy;
}

static void check_round_trip(const struct way *way, const unsigned char *bytes, size_t len)
{
	size_t text_len = base64_length(len);
	unsigned char *in = exactly(bytes, len), *want = malloc(text_len + 1);
	unsigned char *back = exactly(NULL, base64_room(text_len));
	char *text = exactly(NULL, text_len);

	encode(way, in, len, text);
	EVP_EncodeBlock(want, in, (int)len);
	assert_memory_equal(text, want, text_len);
	assert_int_equal(decode(way, text, text_len, back), len);
	assert_memory_equal(back, in, len);
	free(in);
	free(want);
	free(back);
	free(text);
}

static void test_every_length_is_converted_back(void **state)
{
	unsigned char bytes[600];
	struct way ways[3];
	size_t count = list_ways(ways);

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(i * 167 + i / 256 * 13);
	for (size_t way = 0; way < count; way++)
		for (size_t len = 0; len <= sizeof(bytes); len++)
			check_round_trip(&ways[way], bytes, len);
}

static void test_every_group_is_converted_back(void **state)
{
	size_t len = 3 * 65536;
	unsigned char *bytes = malloc(len);
	struct way ways[3];
	size_t count = list_ways(ways);

	(void)state;
	/* Every pair of six-bit values, at each of the four positions. */
	for (uint32_t i = 0; i < 65536; i++) {
		bytes[3 * i] = (unsigned char)(i >> 8);
		bytes[3 * i + 1] = (unsigned char)i;
		bytes[3 * i + 2] = (unsigned char)(i ^ i >> 5);
	}
	for (size_t way = 0; way < count; way++)
		check_round_trip(&ways[way], bytes, len);
	free(bytes);
}

static void test_wrong_byte_at_each_position_is_refused(void **state)
{
	struct way ways[3];
	size_t count = list_ways(ways);

	(void)state;
	for (size_t way = 0; way < count; way++) {
		for (size_t at = 0; at < 200; at++) {
			for (int c = 0; c < 256; c++) {
				char text[200];
				unsigned char out[150];
				bool right = c != 0 && memchr(envelope_base64_alphabet, c, 64);

				memset(text, 'A', sizeof(text));
				text[at] = (char)c;
				/* Padding is valid at the end only. */
				right |= c == '=' && at == 199;
				assert_int_equal(decode(&ways[way], text, sizeof(text), out),
						 right ? (c == '=' ? 149 : 150) : -EINVAL);
			}
		}
	}
}

static void test_wrong_padding_is_refused(void **state)
{
	static const struct {
		const char *text;
		int want;
	} cases[] = {
		{ "", 0 },
		{ "YQ==", 1 },
		{ "YWI=", 2 },
		{ "YWJj", 3 },
		{ "YWJjYQ==", 4 },
		{ "Y", -EINVAL },
		{ "YQ", -EINVAL },
		{ "YQ=", -EINVAL },
		{ "=", -EINVAL },
		{ "====", -EINVAL },
		{ "Y===", -EINVAL },
		{ "YQ=a", -EINVAL },
		{ "=AAA", -EINVAL },
		{ "A=AA", -EINVAL },
		{ "YQ==YQ==", -EINVAL },
		{ "YR==", -EINVAL },
		{ "YWJ=", -EINVAL },
		{ "YQ==\n", -EINVAL },
		{ " YQ==", -EINVAL },
		{ "YQ= =", -EINVAL },
		{ "YW\nJj", -EINVAL },
		{ "YWJjY\nQ=", -EINVAL },
		{ "-_-_", -EINVAL },
		{ "YQ==AAAA", -EINVAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned char out[16];

		if (envelope_base64_decode(cases[i].text, strlen(cases[i].text), out) != cases[i].want)
			fail_msg("\"%s\"", cases[i].text);
	}
}

static void test_nul_byte_is_refused(void **state)
{
	unsigned char out[16];

	(void)state;
	assert_int_equal(envelope_base64_decode("YQ\0\0", 4, out), -EINVAL);
	assert_int_equal(envelope_base64_decode("YWJj\0\0\0\0", 8, out), -EINVAL);
}

static void test_default_implementation_converts_back(void **state)
{
	unsigned char bytes[1000], back[1002];
	char text[1336];

	(void)state;
	memset(bytes, 0xa5, sizeof(bytes));
	envelope_base64_encode(bytes, sizeof(bytes), text);
	assert_int_equal(envelope_base64_decode(text, sizeof(text), back), sizeof(bytes));
	assert_memory_equal(bytes, back, sizeof(bytes));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_length_is_converted_back),
		cmocka_unit_test(test_every_group_is_converted_back),
		cmocka_unit_test(test_wrong_byte_at_each_position_is_refused),
		cmocka_unit_test(test_wrong_padding_is_refused),
		cmocka_unit_test(test_nul_byte_is_refused),
		cmocka_unit_test(test_default_implementation_converts_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
