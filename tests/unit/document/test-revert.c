/* The text that reverts a change, computed from texts alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "tenantfs/revert.h"

#define SECRET_A "\"secret:00112233445566aa\""
#define SECRET_B "\"secret:00112233445566bb\""
#define KNOWN_SECRET "\"secret:00112233445566cc\""

static const struct tfs_field hook_members[] = { { .name = "name" }, { .name = "s", .secret = true } };
static const struct tfs_field declared[] = {
	{ .name = "hooks", .type = TFS_TYPE_ARRAY, .key = "name", .members = hook_members, .n_members = 2 },
};
static const struct tfs_kind kind = { .fields = declared, .n_fields = 1 };

#define HOOK(name, secret) "{\"name\": \"" name "\", \"s\": " secret "}"

static void assert_wanted(struct tfs_buf *out, json_t *cannot, const char *text, size_t n_reasons)
{
	cleanup_json json_t *is = NULL, *shall = NULL;

	assert_int_equal(tfs_json_parse(out->data, out->len, &is, NULL), 0);
	assert_int_equal(tfs_json_parse(text, strlen(text), &shall, NULL), 0);
	assert_true(json_equal(is, shall));
	assert_int_equal(json_array_size(cannot), n_reasons);
}

static bool is_known(void *data, const char *digest)
{
	return strcmp(data, digest) == 0;
}

static void restore(const char *then, const char *now, const char *wanted, size_t n_reasons)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(4096);
	cleanup_json json_t *cannot = json_array();
	char known[] = "secret:00112233445566cc";
	const struct tfs_revert_secrets secrets = { is_known, known };

	assert_int_equal(tfs_revert_to(&kind, then, now, &secrets, &out, cannot), 0);
	assert_wanted(&out, cannot, wanted, n_reasons);
}

static void undo(const char *before, const char *after, const char *now, const char *wanted, size_t n_reasons)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(4096);
	cleanup_json json_t *cannot = json_array();

	assert_int_equal(tfs_revert_change(&kind, before, after, now, &out, cannot), 0);
	assert_wanted(&out, cannot, wanted, n_reasons);
}

static void test_restore_gives_the_old_text(void **state)
{
	(void)state;
	restore("{\"a\": 1, \"_server\": {\"x\": 1}}", "{\"a\": 2, \"b\": 3}", "{\"a\": 1, \"b\": null}", 0);
	restore("{\"a\": 1}", NULL, "{\"a\": 1}", 0);
	restore("{\"s\": " SECRET_A "}", "{\"s\": " SECRET_A "}", "{\"s\": " SECRET_A "}", 0);
	restore("{\"s\": " SECRET_A "}", "{\"s\": " SECRET_B "}", "{\"s\": " SECRET_B "}", 1);
	restore("{\"o\": {\"s\": " SECRET_A ", \"n\": 1}}", "{\"o\": {\"n\": 2}}", "{\"o\": {\"n\": 1}}", 1);
	/* A create keeps the digest and resolves it itself. */
	restore("{\"s\": " SECRET_A "}", NULL, "{\"s\": " SECRET_A "}", 1);
	restore("{\"s\": " KNOWN_SECRET "}", NULL, "{\"s\": " KNOWN_SECRET "}", 0);
	restore("{\"o\": [{\"s\": " KNOWN_SECRET "}]}", NULL, "{\"o\": [{\"s\": " KNOWN_SECRET "}]}", 0);
	/* An existing object keeps its own secrets. */
	restore("{\"s\": " KNOWN_SECRET "}", "{\"s\": " SECRET_B "}", "{\"s\": " SECRET_B "}", 1);
	restore("{\"l\": [{\"s\": " SECRET_A "}]}", "{\"l\": [{\"s\": " SECRET_B "}]}",
		"{\"l\": [{\"s\": " SECRET_B "}]}", 1);
}

/* Array elements with a key are matched by key, at any position. */
static void test_array_elements_are_matched_by_key(void **state)
{
	(void)state;
	restore("{\"hooks\": [" HOOK("x", SECRET_A) ", " HOOK("y", SECRET_B) "]}",
		"{\"hooks\": [" HOOK("y", SECRET_B) ", " HOOK("x", SECRET_A) "]}",
		"{\"hooks\": [" HOOK("x", SECRET_A) ", " HOOK("y", SECRET_B) "]}", 0);
	restore("{\"hooks\": [" HOOK("x", SECRET_A) ", " HOOK("y", SECRET_A) "]}",
		"{\"hooks\": [" HOOK("z", SECRET_A) ", " HOOK("x", SECRET_B) "]}",
		"{\"hooks\": [" HOOK("x", SECRET_B) ", " HOOK("y", SECRET_A) "]}", 2);
	/* A change of other members is reverted with the current secrets. */
	undo("{\"hooks\": [" HOOK("x", SECRET_A) ", " HOOK("y", SECRET_A) "]}",
	     "{\"hooks\": [" HOOK("y", SECRET_A) "]}", "{\"hooks\": [" HOOK("y", SECRET_A) "]}",
	     "{\"hooks\": [" HOOK("x", SECRET_A) ", " HOOK("y", SECRET_A) "]}", 1);
}

static void test_undo_reverts_its_members(void **state)
{
	(void)state;
	undo("{\"a\": 1, \"b\": 1}", "{\"a\": 2, \"b\": 1}", "{\"a\": 2, \"b\": 5}", "{\"a\": 1, \"b\": 5}", 0);
	undo("{\"a\": 1}", "{\"a\": 2}", "{\"a\": 3}", "{\"a\": 3}", 1);
	undo("{\"a\": 1}", "{\"a\": 2}", "{\"a\": 1}", "{\"a\": 1}", 0);
	undo("{}", "{\"a\": 2}", "{\"a\": 2, \"b\": 1}", "{\"a\": null, \"b\": 1}", 0);
	undo("{\"o\": {}}", "{\"o\": {\"x\": 2}}", "{\"o\": {\"x\": 2, \"y\": 1}}", "{\"o\": {\"y\": 1}}", 0);
	undo("{\"a\": 2}", "{}", "{\"b\": 1}", "{\"a\": 2, \"b\": 1}", 0);
	undo("{\"o\": {\"x\": 1, \"y\": 1}}", "{\"o\": {\"x\": 2, \"y\": 1}}", "{\"o\": {\"x\": 2, \"y\": 7}}",
	     "{\"o\": {\"x\": 1, \"y\": 7}}", 0);
	undo("{\"s\": " SECRET_A "}", "{\"s\": " SECRET_B "}", "{\"s\": " SECRET_B "}", "{\"s\": " SECRET_B "}", 1);
	undo("{\"_server\": 1}", "{\"_server\": 2}", "{\"_server\": 2, \"a\": 1}", "{\"a\": 1}", 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restore_gives_the_old_text),
		cmocka_unit_test(test_array_elements_are_matched_by_key),
		cmocka_unit_test(test_undo_reverts_its_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
