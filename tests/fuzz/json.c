/* Parses any bytes as JSON: an accepted document must read back, a refusal must have a position. */
#include <errno.h>
#include <string.h>

#include "fuzz.h"
#include "tenantfs/json.h"

const char *const fuzz_seeds[] = {
	"{}",
	"[]",
	"{\n  \"name\": \"alice\",\n  \"age\": 7,\n  \"tags\": [\"a\", \"b\"],\n  \"_server\": {\"id\": "
	"\"5f0c\"}\n}\n",
	"[1, -2, 3.5, 1e10, 9223372036854775807, -0.0, 5e-324, true, false, null]",
	"\"\\u00e9\\ud83d\\ude00\\n\\\"\\\\\\/\"",
	"{\"a/b\":{\"m~n\":[[[{}]]]},\"\":1,\"\\u0041\":2}",
	"[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",
	"{\"\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80\":\"\xf4\x8f\xbf\xbf\"}",
	NULL,
};

const char *const fuzz_pieces[] = {
	"{",
	"}",
	"[",
	"]",
	",",
	":",
	"\"",
	"\\",
	"\\u0000",
	"\\ud800",
	"\\udc00",
	"true",
	"null",
	"1e5",
	"-0",
	"0.1",
	"1e400",
	"99999999999999999999",
	"\"a\":",
	"\"a\":1,",
	"\n",
	" ",
	"/",
	"~0",
	"\xff",
	"\xc0",
	"\xed\xa0\x80",
	"\xef\xbb\xbf",
	"//",
	NULL,
};

/* A printed value reads back equal and prints the same again. */
static void check_round_trip(const json_t *value)
{
	struct tfs_buf line cleanup_buf = TFS_BUF_INIT(1 << 20), document cleanup_buf = TFS_BUF_INIT(1 << 20),
			    again cleanup_buf = TFS_BUF_INIT(1 << 20);
	cleanup_json json_t *a = NULL, *b = NULL;

	fuzz_check(tfs_json_print(value, &line) == 0);
	fuzz_check(tfs_json_print_document(value, &document) == 0);
	fuzz_check(tfs_json_parse(line.data, line.len, &a, NULL) == 0);
	fuzz_check(tfs_json_parse(document.data, document.len, &b, NULL) == 0);
	fuzz_check(json_equal(a, value) && json_equal(b, value));
	fuzz_check(tfs_json_print_document(a, &again) == 0);
	fuzz_check(again.len == document.len && memcmp(again.data, document.data, again.len) == 0);
}

static void add_token(struct tfs_buf *pointer, const char *key)
{
	fuzz_check(tfs_buf_putc(pointer, '/') == 0);
	for (; *key != '\0'; key++) {
		if (*key == '~' || *key == '/')
			fuzz_check(tfs_buf_puts(pointer, *key == '~' ? "~0" : "~1") == 0);
		else
			fuzz_check(tfs_buf_putc(pointer, *key) == 0);
	}
}

/* Each member is found by its pointer and has a position in the text. */
static void check_positions(const char *text, size_t len, json_t *whole)
{
	const char *key;
	json_t *value;

	json_object_foreach (whole, key, value) {
		struct tfs_buf pointer cleanup_buf = TFS_BUF_INIT(1 << 16);
		int line, column;

		add_token(&pointer, key);
		fuzz_check(tfs_json_at(whole, pointer.data) == value);
		tfs_json_locate(text, len, pointer.data, &line, &column);
		fuzz_check(line >= 1 && column >= 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const char *text = (const char *)data;
	struct tfs_error error = { 0 };
	cleanup_json json_t *value = NULL;
	int line, column;

	/* On invalid JSON this must only stay within its memory. */
	tfs_json_locate(text, len, "/a/0/b", &line, &column);
	if (tfs_json_parse(text, len, &value, &error) < 0) {
		fuzz_check(error.code == -EINVAL && error.message[0] != '\0');
		fuzz_check(error.line >= 1 && error.column >= 1);
		return 0;
	}
	fuzz_check(error.code == 0);
	check_round_trip(value);
	check_positions(text, len, value);
	return 0;
}
