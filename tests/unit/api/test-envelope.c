/* The scanner for envelopes of sealed answers: what it accepts, and what it leaves to the JSON parser. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../../src/api/envelope.h"

static bool scan(const char *text, struct envelope *ret)
{
	size_t len = strlen(text);
	char *exact = malloc(len > 0 ? len : 1); /* no NUL: a sanitizer sees reads past the end */
	bool taken;

	memcpy(exact, text, len);
	memset(ret, 0, sizeof(*ret));
	taken = api_envelope_scan(exact, len, ret);
	if (taken)
		ret->data = text + (ret->data - exact);
	free(exact);
	return taken;
}

static void assert_scanned(const char *text, const char *data, const char *key)
{
	struct envelope envelope;

	assert_true(scan(text, &envelope));
	assert_int_equal(envelope.len, strlen(data));
	assert_memory_equal(envelope.data, data, strlen(data));
	assert_string_equal(envelope.key, key);
}

static void test_plain_envelopes_are_scanned(void **state)
{
	(void)state;
	assert_scanned("{\"data\":\"AA==\",\"publicKey\":\"BB+/\"}", "AA==", "BB+/");
	assert_scanned("{\"publicKey\":\"BB\",\"data\":\"AA\"}", "AA", "BB");
	assert_scanned(" \r\n{ \"data\" :\t\"AA\" , \"publicKey\" : \"BB\" } \n", "AA", "BB");
	assert_scanned("{\"data\":\"AA\"}", "AA", "");
	assert_scanned("{\"data\":\"\",\"publicKey\":\"BB\"}", "", "BB");
}

static void test_other_texts_are_left_to_the_parser(void **state)
{
	static const char *const texts[] = {
		"",
		"{",
		"{}",
		"[]",
		"{\"data\"",
		"{\"data\":",
		"{\"data\":\"",
		"{\"data\":\"AA",
		"{\"data\":\"AA\"",
		"{\"data\":\"AA\",",
		"{\"data\":\"AA\",}",
		"{\"data\":\"AA\"} x",
		"{\"data\":\"AA\"}}",
		"{\"data\":\"AA\",\"data\":\"BB\"}",
		"{\"data\":\"AA\",\"publicKey\":\"BB\",\"publicKey\":\"CC\"}",
		"{\"data\":\"A\\/A\"}",
		"{\"d\\u0061ta\":\"AA\"}",
		"{\"data\":1}",
		"{\"data\":{\"data\":\"AA\"}}",
		"{\"data\":\"AA\",\"code\":\"1\"}",
		"{\"data\":\"AA\",\"publicKey\":\"\"}",
		"{\"publicKey\":\"BB\"}",
		"\"data\"",
	};
	char longer[400] = "{\"data\":\"AA\",\"publicKey\":\"";
	struct envelope envelope;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_false(scan(texts[i], &envelope));
	memset(longer + strlen(longer), 'B', 200);
	memcpy(longer + strlen(longer), "\"}", 2);
	assert_false(scan(longer, &envelope));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_envelopes_are_scanned),
		cmocka_unit_test(test_other_texts_are_left_to_the_parser),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
