/* Commit messages: made, read back, and safe against any reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "../../../src/history/message.h"

static void make(const struct tfs_change *change, enum origin origin, size_t count, struct tfs_buf *out)
{
	tfs_buf_reset(out);
	assert_int_equal(history_message_make(change, origin, count, out), 0);
}

static void assert_trailer(const char *message, const char *name, const char *value)
{
	cleanup_json json_t *trailers = history_message_trailers(message);

	if (!value)
		assert_null(json_object_get(trailers, name));
	else
		assert_string_equal(tfs_json_text(trailers, name), value);
}

static const struct tfs_change base = {
	.seq = 42,
	.type = TFS_CHANGE_CHANGE,
	.path = "communities/default/settings/mfa.json",
	.before = "{\n  \"a\": 1,\n  \"b\": 2,\n  \"_server\": {\n    \"v\": 1\n  }\n}\n",
	.after = "{\n  \"a\": 3,\n  \"c\": 2,\n  \"_server\": {\n    \"v\": 2\n  }\n}\n",
	.endpoint = "PUT /config",
	.request_id = "0f",
	.caller = { .uid = 7, .pid = 12, .command = "vim" },
};

static void test_message_has_all_trailers(void **state)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(MESSAGE_MAX);

	(void)state;
	make(&base, ORIGIN_CHANGE, 1, &out);
	assert_string_equal(out.data, "change communities/default/settings/mfa.json: a, c, b\n\n"
				      "Operation: change\nOrigin: tenantfs\n"
				      "Path: communities/default/settings/mfa.json\nUid: 7\nPid: 12\nCommand: vim\n"
				      "Endpoint: PUT /config\nRequest-Id: 0f\nOutcome: done\nJournal: 42\n");
	assert_int_equal(history_message_journal(out.data), 42);
}

static void test_message_of_a_set_names_it(void **state)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(MESSAGE_MAX);
	struct tfs_change change = base;

	(void)state;
	change.change_set = "0123456789abcdef";
	make(&change, ORIGIN_CHANGE, 1, &out);
	assert_trailer(out.data, "change_set", "0123456789abcdef");
	/* A change by others does not belong to the set. */
	make(&change, ORIGIN_DRIFT, 1, &out);
	assert_trailer(out.data, "change_set", NULL);
	change.change_set = NULL;
	change.reason = "why\nChange-Set: fedcba9876543210";
	make(&change, ORIGIN_CHANGE, 1, &out);
	assert_trailer(out.data, "change_set", NULL);
}

static void test_reason_cannot_forge_trailers(void **state)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(MESSAGE_MAX);
	struct tfs_change change = base;

	(void)state;
	change.reason = "ticket\n\nUid: 0\nJournal: 99\n\n\x01";
	make(&change, ORIGIN_CHANGE, 1, &out);
	assert_memory_equal(out.data, "ticket\n\nchange communities", 25);
	assert_int_equal(history_message_journal(out.data), 42);
	assert_trailer(out.data, "uid", "7");
	assert_trailer(out.data, "reason", "ticket\nUid: 0\nJournal: 99\n?");
	/* A blank line would end the trailers for git. */
	assert_null(strstr(out.data, "\n \n"));
	snprintf(change.caller.command, sizeof(change.caller.command), "x\nUid: 0");
	change.reason = NULL;
	make(&change, ORIGIN_CHANGE, 1, &out);
	assert_trailer(out.data, "uid", "7");
	assert_trailer(out.data, "command", "x\nUid: 0");
}

static void test_names_cannot_forge_lines(void **state)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(MESSAGE_MAX);
	struct tfs_change change = base;

	(void)state;
	change.before = "{}";
	change.after = "{\"a\\n\\nOrigin: others\": 1, \"\\u202eb\\u009b\": 2}";
	change.path = "users/\x1b]0;x\x07.json";
	change.reason = "\x9b"
			"31mred";
	make(&change, ORIGIN_CHANGE, 1, &out);
	assert_memory_equal(out.data, "?31mred\n\nchange users/?]0;x?.json: a??Origin: others, ?b?\n\n", 59);
	assert_trailer(out.data, "origin", "tenantfs");
	assert_trailer(out.data, "path", "users/?]0;x?.json");
}

static void test_messages_of_other_origins(void **state)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(MESSAGE_MAX);
	struct tfs_change change = base;

	(void)state;
	make(&change, ORIGIN_DRIFT, 1, &out);
	assert_memory_equal(out.data, "seen: change communities", 24);
	assert_trailer(out.data, "origin", "others");
	assert_trailer(out.data, "uid", NULL);
	change.path = "communities/default/users/Staff";
	make(&change, ORIGIN_BASELINE, 3, &out);
	assert_memory_equal(out.data, "first seen: communities/default/users/Staff, 3 documents\n", 56);
	assert_trailer(out.data, "directory", "communities/default/users/Staff");
	assert_trailer(out.data, "path", NULL);
	change.type = TFS_CHANGE_CALL;
	change.result = -EACCES;
	make(&change, ORIGIN_CHANGE, 1, &out);
	assert_memory_equal(out.data, "call PUT /config\n", 17);
	assert_trailer(out.data, "outcome", "EACCES");
}

static bool same(const char *a, const char *b)
{
	return history_text_same(a, strlen(a), b, strlen(b));
}

static void test_texts_are_compared_without_server_members(void **state)
{
	(void)state;
	assert_true(same("{\n  \"a\": 1,\n  \"_server\": {\n    \"v\": 1\n  }\n}\n",
			 "{\n  \"a\": 1,\n  \"_server\": {\n    \"v\": 2\n  }\n}\n"));
	assert_true(same("{\n  \"a\": 1\n}\n", "{\n  \"a\": 1,\n  \"_server\": {\n    \"v\": 2\n  }\n}\n"));
	assert_false(same("{\n  \"a\": 1\n}\n", "{\n  \"a\": 2\n}\n"));
	assert_false(
		same("{\n  \"a\": {\n    \"_server\": 1\n  }\n}\n", "{\n  \"a\": {\n    \"_server\": 2\n  }\n}\n"));
	assert_false(
		same("{\n  \"a\": \"\\n  \\\"_server\\\": 1\"\n}\n", "{\n  \"a\": \"\\n  \\\"_server\\\": 2\"\n}\n"));
	assert_false(same("", "{\n  \"a\": 2\n}\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_message_has_all_trailers),
		cmocka_unit_test(test_message_of_a_set_names_it),
		cmocka_unit_test(test_reason_cannot_forge_trailers),
		cmocka_unit_test(test_names_cannot_forge_lines),
		cmocka_unit_test(test_messages_of_other_origins),
		cmocka_unit_test(test_texts_are_compared_without_server_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
