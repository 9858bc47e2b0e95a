/* Records as documents; documents checked, compared, merged and turned into records. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "../../../src/document/print-record.h"
#include "kinds.c"
#include "stored.c"
#include "tenantfs/document.h"

static const struct tfs_kind person = { PERSON_FORM };

static int name_of(void *data, const char *kind, const char *id, char **ret)
{
	(void)data;
	assert_string_equal(kind, "module");
	if (strcmp(id, "id-broken") == 0)
		return -EIO;
	if (strncmp(id, "id-", 3) != 0)
		return -ENOENT;
	*ret = strdup(id + 3);
	return 0;
}

static int id_of(void *data, const char *kind, const char *name, char **ret)
{
	(void)data;
	assert_string_equal(kind, "module");
	if (strcmp(name, "nobody") == 0)
		return -EINVAL;
	return asprintf(ret, "id-%s", name) < 0 ? -ENOMEM : 0;
}

static const struct tfs_document_context context = { .digest_key = { 1, 2, 3 }, .name_of = name_of, .id_of = id_of };

/* Printing directly and printing the tree give the same bytes. */
static void assert_same_text(const json_t *record, const json_t *shown)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(1 << 20), tree cleanup_buf = TFS_BUF_INIT(1 << 20);
	struct record_printer shape;

	assert_int_equal(document_record_printer_init(&shape, &person), 0);
	assert_int_equal(document_record_print(&shape, &context, record, &text), 0);
	document_record_printer_finish(&shape);
	assert_int_equal(tfs_json_print_document(shown, &tree), 0);
	assert_string_equal(text.data, tree.data);
}

/* The document of a record, on one line. */
static void assert_shows(const char *record, const char *document)
{
	cleanup_json json_t *value = parse(record), *shown = NULL;
	struct tfs_error error = { 0 };

	assert_int_equal(tfs_document_from_record(&person, &context, value, &shown, &error), 0);
	assert_prints(shown, document);
	assert_same_text(value, shown);
}

static const char *digest_of(const char *text, char out[TFS_SECRET_TEXT])
{
	assert_int_equal(tfs_secret_digest(context.digest_key, text, strlen(text), out), 0);
	return out;
}

static void test_declared_members_are_in_order(void **state)
{
	(void)state;
	assert_shows("{\"status\":\"active\",\"roleValue\":\"admin\",\"username\":\"bob\"}",
		     "{\"username\":\"bob\",\"role\":\"admin\",\"status\":\"active\"}");
	assert_shows("{}", "{}");
}

static void test_unknown_members_follow_sorted(void **state)
{
	(void)state;
	assert_shows("{\"zeta\":{\"b\":[{\"d\":1,\"c\":2}],\"a\":1},\"alpha\":1,\"Beta\":2,\"username\":\"bob\"}",
		     "{\"username\":\"bob\",\"Beta\":2,\"alpha\":1,\"zeta\":{\"a\":1,\"b\":[{\"c\":2,\"d\":1}]}}");
}

static void test_odd_names_are_printed(void **state)
{
	(void)state;
	assert_shows("{\"\":1,\"\\\"\":[],\"\\n\":{},\"_server\":{\"a\":[1,{\"b\":\"\\n\"}]},\"__v\":{\"b\":[]}}",
		     "{\"\":1,\"\\n\":{},\"\\\"\":[],"
		     "\"_server\":{\"__v\":{\"b\":[]},\"_server\":{\"a\":[1,{\"b\":\"\\n\"}]}}}");
}

static void test_server_members_are_last(void **state)
{
	(void)state;
	assert_shows("{\"uid\":\"u\",\"tenantId\":\"t\",\"_id\":\"1\",\"__v\":0,\"username\":\"bob\",\"x\":1,"
		     "\"createdAt\":\"now\"}",
		     "{\"username\":\"bob\",\"x\":1,"
		     "\"_server\":{\"__v\":0,\"_id\":\"1\",\"createdAt\":\"now\",\"tenantId\":\"t\",\"uid\":"
		     "\"u\"}}");
	/* A record member whose name another member uses is shown in _server. */
	assert_shows("{\"role\":\"other\",\"roleValue\":\"admin\"}",
		     "{\"role\":\"admin\",\"_server\":{\"role\":\"other\"}}");
}

static void test_texts_are_read_by_their_type(void **state)
{
	(void)state;
	assert_shows("{\"enabled\":\"true\",\"otpMaxAttempts\":\"12\"}", "{\"otpMaxAttempts\":12,\"enabled\":true}");
	assert_shows("{\"enabled\":\"false\",\"otpMaxAttempts\":\"-1.5\"}",
		     "{\"otpMaxAttempts\":-1.5,\"enabled\":false}");
	assert_shows("{\"enabled\":\"yes\",\"otpMaxAttempts\":\"1,\"}",
		     "{\"otpMaxAttempts\":\"1,\",\"enabled\":\"yes\"}");
	assert_shows("{\"otpMaxAttempts\":\"012\"}", "{\"otpMaxAttempts\":\"012\"}");
	assert_shows("{\"otpMaxAttempts\":\"99999999999999999999\"}", "{\"otpMaxAttempts\":\"99999999999999999999\"}");
	assert_shows("{\"otpMaxAttempts\":\"\",\"enabled\":null,\"status\":7}",
		     "{\"status\":7,\"otpMaxAttempts\":\"\",\"enabled\":null}");
	assert_shows("{\"address\":{\"floor\":\"3\",\"town\":\"Bern\"}}",
		     "{\"address\":{\"town\":\"Bern\",\"floor\":3}}");
}

static void test_secrets_show_as_digests(void **state)
{
	char digest[TFS_SECRET_TEXT], expected[256];

	(void)state;
	snprintf(expected, sizeof(expected), "{\"password\":\"%s\"}", digest_of("hunter2", digest));
	assert_shows("{\"password\":\"hunter2\"}", expected);
	snprintf(expected, sizeof(expected), "{\"password\":\"%s\"}", digest_of("{\"a\":1}", digest));
	assert_shows("{\"password\":{\"a\":1}}", expected);
	assert_shows("{\"password\":\"\"}", "{\"password\":\"\"}");
	assert_shows("{\"password\":null}", "{\"password\":null}");
	snprintf(expected, sizeof(expected), "{\"claims\":[{\"claim\":\"c\",\"key\":\"%s\"}]}", digest_of("k", digest));
	assert_shows("{\"claims\":[{\"claim\":\"c\",\"key\":\"k\"}]}", expected);
	/* A secret that looks like a digest is shown as the digest of it. */
	snprintf(expected, sizeof(expected), "{\"password\":\"%s\"}", digest_of("secret:0123456789abcdef", digest));
	assert_shows("{\"password\":\"secret:0123456789abcdef\"}", expected);
}

static void test_references_show_as_names(void **state)
{
	cleanup_json json_t *record = parse("{\"moduleId\":\"id-broken\"}"), *shown = NULL;
	struct tfs_error error = { 0 };

	(void)state;
	assert_shows("{\"moduleId\":\"id-Staff\",\"modules\":[\"id-b\",\"gone\",\"id-a\",7]}",
		     "{\"module\":\"Staff\",\"modules\":[7,\"a\",\"b\",\"gone\"]}");
	assert_int_equal(tfs_document_from_record(&person, &context, record, &shown, &error), -EIO);
	assert_null(shown);
}

static void test_sets_are_sorted_and_lists_are_not(void **state)
{
	(void)state;
	assert_shows("{\"phones\":[\"2\",\"10\",\"1\"],\"steps\":[{\"do\":\"b\"},{\"do\":\"a\"}]}",
		     "{\"phones\":[\"1\",\"10\",\"2\"],\"steps\":[{\"do\":\"b\"},{\"do\":\"a\"}]}");
}

static void test_nested_ids_are_left_out(void **state)
{
	(void)state;
	assert_shows("{\"address\":{\"_id\":\"1\",\"__v\":2,\"town\":\"Bern\",\"zip\":3000},"
		     "\"steps\":[{\"_id\":\"2\",\"uuid\":\"3\",\"do\":\"a\"}]}",
		     "{\"address\":{\"town\":\"Bern\",\"zip\":3000},\"steps\":[{\"do\":\"a\"}]}");
	/* Without declared members the ids of the server are not known. */
	assert_shows("{\"anything\":{\"uuid\":1,\"_id\":2}}", "{\"anything\":{\"_id\":2,\"uuid\":1}}");
}

static void test_plain_names_are_documents(void **state)
{
	static const struct tfs_kind role = { .name = "role", .shape = TFS_SHAPE_SET };
	cleanup_json json_t *record = json_string("admin"), *shown = NULL, *none = NULL, *number = json_integer(1);
	struct tfs_error error = { 0 };

	(void)state;
	assert_int_equal(tfs_document_from_record(&role, &context, record, &shown, &error), 0);
	assert_prints(shown, "{\"name\":\"admin\"}");
	assert_int_equal(tfs_document_from_record(&role, &context, number, &none, &error), -EINVAL);
	assert_string_equal(error.message, "the server's record is no object");
}

/* The message of check for a text; "" for a valid one. */
static void assert_check(const char *base, const char *text, const char *message, const char *member)
{
	cleanup_json json_t *document = !base ? NULL : parse(base), *checked = NULL;
	struct tfs_error error = { 0 };
	int r = tfs_document_check(&person, text, strlen(text), document, &checked, &error);

	assert_string_equal(error.message, message);
	assert_int_equal(r, *message == '\0' ? 0 : -EINVAL);
	assert_string_equal(error.member, member);
	if (r == 0)
		assert_non_null(checked);
	else
		assert_true(error.line > 0 || strstr(message, "missing") || strstr(message, "removed"));
}

#define BOB "\"username\":\"bob\",\"role\":\"admin\""

static void test_errors_have_their_position(void **state)
{
	(void)state;
	assert_check(NULL, "{" BOB "}", "", "");
	assert_check(NULL, "{\n  " BOB ",\n  \"otpMaxAttempts\": \"x\"}",
		     "line 3, column 3: otpMaxAttempts: a number is wanted, not a string", "/otpMaxAttempts");
	assert_check(NULL, "{" BOB ",\"enabled\":1}", "line 1, column 34: enabled: a boolean is wanted, not a number",
		     "/enabled");
	assert_check(NULL, "{" BOB ",\"status\":\"asleep\"}",
		     "line 1, column 34: status: \"asleep\" is none of active, locked, disabled", "/status");
	assert_check(NULL, "{" BOB ",\"stauts\":\"active\"}",
		     "line 1, column 34: stauts is no member of this kind; did you mean status?", "/stauts");
	assert_check(NULL, "{" BOB ",\"Enabled\":true}",
		     "line 1, column 34: Enabled is no member of this kind; did you mean enabled?", "/Enabled");
	assert_check(NULL, "{" BOB ",\"something\":true}", "line 1, column 34: something is no member of this kind",
		     "/something");
	assert_check(NULL, "{" BOB ",\"x\":1", "line 1, column 39: the text ends too early", "");
	assert_check(NULL, "[]", "line 1, column 1: a document is a JSON object", "");
	assert_check(NULL, "", "line 1, column 1: the text ends too early", "");
	assert_check(NULL, "\xef\xbb\xbf{}",
		     "line 1, column 1: the text begins with a byte order mark; save it as plain UTF-8", "");
}

static void test_missing_required_member_is_an_error(void **state)
{
	(void)state;
	assert_check(NULL, "{\"username\":\"bob\"}", "role is missing", "/role");
	/* The name comes from the file. */
	assert_check(NULL, "{\"role\":\"admin\"}", "", "");
	assert_check("{" BOB "}", "{\"username\":\"bob\"}", "role is missing", "/role");
	/* A member missing on the server as well is not required. */
	assert_check("{\"username\":\"bob\"}", "{\"username\":\"bob\"}", "", "");
	assert_check("{" BOB "}", "{\"username\":\"bob\",\"role\":null}",
		     "line 1, column 19: role: a string is wanted, not null", "/role");
	assert_check("{" BOB "}", "{" BOB ",\"status\":null}", "", "");
	assert_check("{" BOB "}", "{" BOB ",\"address\":{\"street\":\"x\"}}", "town is missing", "/address/town");
}

static void test_unchanged_values_of_the_server_are_valid(void **state)
{
	(void)state;
	assert_check("{" BOB ",\"status\":\"odd\",\"x\":1,\"enabled\":\"yes\"}",
		     "{" BOB ",\"status\":\"odd\",\"x\":2,\"enabled\":\"yes\",\"_server\":{\"a\":1}}", "", "");
	assert_check("{" BOB ",\"status\":\"odd\"}", "{" BOB ",\"status\":\"even\"}",
		     "line 1, column 34: status: \"even\" is none of active, locked, disabled", "/status");
}

static void test_change_of_a_fixed_member_is_an_error(void **state)
{
	(void)state;
	assert_check("{" BOB "}", "{\"username\":\"rob\",\"role\":\"admin\"}",
		     "line 1, column 2: username is set at creation and cannot be changed", "/username");
	assert_check("{" BOB "}", "{\"role\":\"admin\"}", "username is set at creation and cannot be removed",
		     "/username");
}

static void test_digest_keeps_the_secret(void **state)
{
	char digest[TFS_SECRET_TEXT], base[128], same[128];

	(void)state;
	snprintf(base, sizeof(base), "{" BOB ",\"password\":\"%s\"}", digest_of("hunter2", digest));
	snprintf(same, sizeof(same), "{" BOB ",\"password\":\"%s\"}", digest);
	assert_check(base, same, "", "");
	assert_check(base, "{" BOB ",\"password\":\"new\"}", "", "");
	/* The digests of a copy are resolved when it is saved. */
	assert_check(base, "{" BOB ",\"password\":\"secret:0000000000000000\"}", "", "");
	assert_check(NULL, same, "", "");
}

static void test_nested_errors_are_found(void **state)
{
	(void)state;
	assert_check(NULL, "{" BOB ",\"address\":{\"town\":\"a\",\"floor\":\"x\"}}",
		     "line 1, column 56: floor: a number is wanted, not a string", "/address/floor");
	assert_check(NULL, "{" BOB ",\"phones\":[\"1\",2]}",
		     "line 1, column 48: phones: a string is wanted, not a number", "/phones/1");
	assert_check(NULL, "{" BOB ",\"steps\":[{\"do\":\"x\"},{\"dont\":\"y\"}]}",
		     "line 1, column 55: dont is no member of this kind", "/steps/1/dont");
	assert_check(NULL, "{" BOB ",\"phones\":\"1\"}", "line 1, column 34: phones: an array is wanted, not a string",
		     "/phones");
	assert_check(NULL, "{" BOB ",\"address\":[]}", "line 1, column 34: address: an object is wanted, not an array",
		     "/address");
	assert_check(NULL, "{" BOB ",\"anything\":[{}]}", "", "");
}

static void test_checked_document_is_canonical(void **state)
{
	static const char text[] = "{\"phones\":[\"2\",\"1\"],\"_server\":{\"uid\":\"1\"},\"role\":\"admin\","
				   "\"username\":\"bob\"}";
	cleanup_json json_t *checked = NULL;
	struct tfs_error error = { 0 };

	(void)state;
	assert_int_equal(tfs_document_check(&person, text, strlen(text), NULL, &checked, &error), 0);
	assert_prints(checked, "{" BOB ",\"phones\":[\"1\",\"2\"]}");
}

static void assert_diff(const char *base, const char *next, const char *members)
{
	cleanup_json json_t *left = parse(base), *right = parse(next), *diff = NULL;

	assert_int_equal(tfs_document_diff(&person, left, right, &diff), 0);
	assert_prints(diff, members);
}

static void test_differences_are_found_by_member(void **state)
{
	(void)state;
	assert_diff("{" BOB "}", "{" BOB "}", "[]");
	assert_diff("{" BOB ",\"x\":1}", "{\"x\":1.0,\"role\":\"admin\",\"username\":\"bob\"}", "[]");
	assert_diff("{" BOB "}", "{\"username\":\"bob\",\"role\":\"user\",\"status\":\"active\"}",
		    "[\"role\",\"status\"]");
	assert_diff("{" BOB ",\"status\":\"active\"}", "{" BOB "}", "[\"status\"]");
	assert_diff("{\"phones\":[\"1\",\"2\"]}", "{\"phones\":[\"2\",\"1\"]}", "[]");
	assert_diff("{\"steps\":[{\"do\":\"1\"},{\"do\":\"2\"}]}", "{\"steps\":[{\"do\":\"2\"},{\"do\":\"1\"}]}",
		    "[\"steps\"]");
	assert_diff("{\"_server\":{\"a\":1}}", "{}", "[]");
	assert_diff("{\"status\":null}", "{}", "[]");
	assert_diff("{\"phones\":[]}", "{}", "[]");
	assert_diff("{\"phones\":[\"1\"]}", "{}", "[\"phones\"]");
	assert_diff("{}", "{\"phones\":[]}", "[\"phones\"]");
	assert_diff("{}", "{\"status\":null}", "[]");
	assert_diff("{\"address\":{\"town\":\"a\",\"floor\":1}}", "{\"address\":{\"floor\":1,\"town\":\"a\"}}", "[]");
}

static void assert_merges(const char *base, const char *ours, const char *theirs, const char *merged)
{
	cleanup_json json_t *a = parse(base), *b = parse(ours), *c = parse(theirs), *out = NULL;
	struct tfs_error error = { 0 };

	if (tfs_document_merge(&person, NULL, a, b, c, &out, &error) < 0)
		fail_msg("%s", error.message);
	assert_prints(out, merged);
}

static void assert_conflict(const char *base, const char *ours, const char *theirs, const char *message,
			    const char *member)
{
	cleanup_json json_t *a = parse(base), *b = parse(ours), *c = parse(theirs), *out = NULL;
	struct tfs_error error = { 0 };

	assert_int_equal(tfs_document_merge(&person, NULL, a, b, c, &out, &error), -ESTALE);
	assert_null(out);
	assert_string_equal(error.message, message);
	assert_string_equal(error.member, member);
}

static void test_changes_of_different_members_are_merged(void **state)
{
	(void)state;
	assert_merges("{" BOB ",\"status\":\"active\",\"x\":1}", "{" BOB ",\"status\":\"locked\"}",
		      "{" BOB ",\"status\":\"active\",\"x\":1,\"enabled\":true,\"_server\":{\"v\":2}}",
		      "{" BOB ",\"status\":\"locked\",\"enabled\":true,\"_server\":{\"v\":2}}");
	assert_merges("{\"role\":\"a\"}", "{\"role\":\"b\"}", "{\"role\":\"b\"}", "{\"role\":\"b\"}");
	assert_merges(
		"{\"address\":{\"town\":\"a\",\"street\":\"s\"}}", "{\"address\":{\"town\":\"b\",\"street\":\"s\"}}",
		"{\"address\":{\"town\":\"a\",\"street\":\"t\"}}", "{\"address\":{\"street\":\"t\",\"town\":\"b\"}}");
	assert_merges("{\"phones\":[\"1\",\"2\"]}", "{\"phones\":[\"2\",\"3\"]}", "{\"phones\":[\"1\",\"2\",\"4\"]}",
		      "{\"phones\":[\"2\",\"3\",\"4\"]}");
	assert_merges("{\"claims\":[{\"claim\":\"a\",\"value\":\"1\"},{\"claim\":\"b\",\"value\":\"2\"}]}",
		      "{\"claims\":[{\"claim\":\"a\",\"value\":\"9\"},{\"claim\":\"b\",\"value\":\"2\"},{"
		      "\"claim\":\"o\"}]}",
		      "{\"claims\":[{\"claim\":\"t\"},{\"claim\":\"a\",\"value\":\"1\"}]}",
		      "{\"claims\":[{\"claim\":\"t\"},{\"claim\":\"a\",\"value\":\"9\"},{\"claim\":\"o\"}]}");
}

static void test_changes_of_one_member_conflict(void **state)
{
	(void)state;
	assert_conflict("{\"role\":\"a\",\"status\":\"active\"}", "{\"role\":\"b\",\"status\":\"locked\"}",
			"{\"role\":\"c\",\"status\":\"disabled\"}",
			"changed on the server meanwhile, too: role: \"b\" here, \"c\" there; "
			"status: \"locked\" here, \"disabled\" there",
			"/role");
	assert_conflict("{\"status\":\"active\"}", "{}", "{\"status\":\"locked\"}",
			"changed on the server meanwhile, too: status: none here, \"locked\" there", "/status");
	assert_conflict("{}", "{\"x\":{\"a\":1}}", "{\"x\":{\"b\":1}}",
			"changed on the server meanwhile, too: x: an object here, an object there", "/x");
	assert_conflict("{\"address\":{\"town\":\"a\"}}", "{\"address\":{\"town\":\"b\"}}",
			"{\"address\":{\"town\":\"c\"}}",
			"changed on the server meanwhile, too: address/town: \"b\" here, \"c\" there", "/address/town");
	assert_conflict("{\"steps\":[]}", "{\"steps\":[{\"do\":\"a\"}]}", "{\"steps\":[{\"do\":\"b\"}]}",
			"changed on the server meanwhile, too: "
			"steps: an array of 1 here, an array of 1 there",
			"/steps");
	assert_conflict("{\"password\":\"secret:00000000000000aa\"}", "{\"password\":\"hunter2\"}",
			"{\"password\":\"secret:00000000000000bb\"}",
			"changed on the server meanwhile, too: password: another secret here, "
			"secret:00000000000000bb there",
			"/password");
	assert_conflict(
		"{\"claims\":[{\"claim\":\"a\",\"value\":\"1\"}]}", "{\"claims\":[{\"claim\":\"a\",\"value\":\"2\"}]}",
		"{\"claims\":[{\"claim\":\"a\",\"value\":\"3\"}]}",
		"changed on the server meanwhile, too: claims/a/value: \"2\" here, \"3\" there", "/claims/a/value");
	assert_conflict("{\"claims\":[{\"claim\":\"a\",\"value\":\"1\"}]}", "{\"claims\":[]}",
			"{\"claims\":[{\"claim\":\"a\",\"value\":\"3\"}]}",
			"changed on the server meanwhile, too: claims/a: none here, an object there", "/claims/a");
}

static void assert_stores(const char *document, const char *record, const char *stored)
{
	cleanup_json json_t *value = parse(document), *now = !record ? NULL : parse(record), *out = NULL;
	struct tfs_error error = { 0 };

	if (to_record(&person, &context, value, now, &out, &error) < 0)
		fail_msg("%s", error.message);
	assert_prints(out, stored);
}

static void test_document_becomes_a_record(void **state)
{
	char digest[TFS_SECRET_TEXT], text[256];

	(void)state;
	assert_stores("{" BOB ",\"module\":\"Staff\",\"modules\":[\"a\"],\"x\":1}", NULL,
		      "{\"username\":\"bob\",\"roleValue\":\"admin\",\"moduleId\":\"id-Staff\",\"modules\":["
		      "\"id-a\"],"
		      "\"x\":1}");
	snprintf(text, sizeof(text), "{\"password\":\"%s\"}", digest_of("hunter2", digest));
	assert_stores(text, "{\"password\":\"hunter2\"}", "{\"password\":\"hunter2\"}");
	assert_stores("{\"password\":\"new\"}", "{\"password\":\"hunter2\"}", "{\"password\":\"new\"}");
	/* An id without a name is sent back unchanged. */
	assert_stores("{\"module\":\"gone\"}", "{\"moduleId\":\"gone\"}", "{\"moduleId\":\"gone\"}");
}

static void test_document_without_a_record_is_an_error(void **state)
{
	cleanup_json json_t *other = parse("{\"password\":\"secret:0000000000000000\"}"), *out = NULL;
	cleanup_json json_t *nobody = parse("{\"modules\":[\"a\",\"nobody\"]}"), *now = parse("{\"password\":\"x\"}");
	struct tfs_error error = { 0 };

	(void)state;
	assert_int_equal(to_record(&person, &context, other, now, &out, &error), -EINVAL);
	assert_string_equal(error.message, "password: a digest of another secret; write the secret itself");
	assert_int_equal(to_record(&person, &context, nobody, now, &out, &error), -EINVAL);
	assert_string_equal(error.message, "modules: there is no module called \"nobody\"");
	assert_string_equal(error.member, "/modules/1");
	assert_null(out);
}

static void test_nested_ids_are_restored(void **state)
{
	(void)state;
	assert_stores("{\"address\":{\"town\":\"b\"}}", "{\"address\":{\"_id\":\"7\",\"town\":\"a\"}}",
		      "{\"address\":{\"town\":\"b\",\"_id\":\"7\"}}");
	/* Elements are matched by key … */
	assert_stores("{\"claims\":[{\"claim\":\"b\"},{\"claim\":\"n\"},{\"claim\":\"a\"}]}",
		      "{\"claims\":[{\"_id\":\"1\",\"claim\":\"a\"},{\"_id\":\"2\",\"claim\":\"b\"}]}",
		      "{\"claims\":[{\"claim\":\"b\",\"_id\":\"2\"},{\"claim\":\"n\"},{\"claim\":\"a\",\"_"
		      "id\":\"1\"}]}");
	/* … unchanged elements are matched at any position, changed ones by position. */
	assert_stores("{\"steps\":[{\"do\":\"new\"},{\"do\":\"a\"},{\"do\":\"b\"}]}",
		      "{\"steps\":[{\"_id\":\"1\",\"do\":\"a\"},{\"_id\":\"2\",\"do\":\"b\"}]}",
		      "{\"steps\":[{\"do\":\"new\"},{\"do\":\"a\",\"_id\":\"1\"},{\"do\":\"b\",\"_id\":\"2\"}]}");
	assert_stores("{\"steps\":[{\"do\":\"c\"},{\"do\":\"b\"}]}",
		      "{\"steps\":[{\"_id\":\"1\",\"do\":\"a\"},{\"_id\":\"2\",\"do\":\"b\"}]}",
		      "{\"steps\":[{\"do\":\"c\",\"_id\":\"1\"},{\"do\":\"b\",\"_id\":\"2\"}]}");
}

static void test_record_survives_a_round_trip(void **state)
{
	static const char record[] =
		"{\"username\":\"bob\",\"roleValue\":\"admin\",\"password\":\"p\",\"moduleId\":\"id-x\","
		"\"modules\":[\"id-b\",\"gone\"],\"address\":{\"town\":\"t\",\"_id\":\"1\"},"
		"\"claims\":[{\"claim\":\"c\",\"key\":\"k\",\"_id\":\"2\"}],\"x\":1}";
	cleanup_json json_t *value = parse(record), *shown = NULL, *stored = NULL;
	struct tfs_error error = { 0 };

	(void)state;
	assert_int_equal(tfs_document_from_record(&person, &context, value, &shown, &error), 0);
	assert_int_equal(to_record(&person, &context, shown, value, &stored, &error), 0);
	assert_true(json_equal(stored, value));
}

static void test_filled_in_template_is_valid(void **state)
{
	cleanup_json json_t *template = NULL;

	(void)state;
	assert_int_equal(tfs_document_template(&person, NULL, &template), 0);
	assert_prints(template, "{\"role\":\"\"}");
	assert_check(NULL, "{\"role\":\"\"}", "", "");
}

static void test_schema_matches_check(void **state)
{
	cleanup_json json_t *schema = NULL;
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(1 << 20);

	(void)state;
	assert_int_equal(tfs_document_schema(&person, &schema), 0);
	assert_string_equal(tfs_json_text(schema, "$schema"), "https://json-schema.org/draft/2020-12/schema");
	assert_prints(tfs_json_at(schema, "/required"), "[\"username\",\"role\"]");
	assert_prints(tfs_json_at(schema, "/properties/otpMaxAttempts"),
		      "{\"type\":[\"number\",\"null\"],\"description\":\"how often\"}");
	assert_prints(tfs_json_at(schema, "/properties/status"),
		      "{\"type\":[\"string\",\"null\"],\"enum\":[\"active\",\"locked\",\"disabled\",null]}");
	assert_prints(tfs_json_at(schema, "/properties/phones"),
		      "{\"type\":[\"array\",\"null\"],\"items\":{\"type\":\"string\"}}");
	assert_prints(tfs_json_at(schema, "/properties/address/required"), "[\"town\"]");
	assert_prints(tfs_json_at(schema, "/properties/_server/readOnly"), "true");
	assert_int_equal(tfs_json_print(schema, &out), 0);
}

/* A provider needs the settings of its type and no others. */
static void test_member_can_require_another(void **state)
{
	const struct tfs_kind *kind = tfs_kind_find("service-provider");
	cleanup_json json_t *template = NULL, *checked = NULL;
	struct tfs_error error = { 0 };
	const char *bare = "{\"name\":\"a\",\"type\":\"oidc\"}";

	(void)state;
	assert_non_null(kind);
	assert_int_equal(tfs_document_template(kind, NULL, &template), 0);
	assert_string_equal(tfs_json_text(template, "type"), "saml");
	assert_true(json_is_object(json_object_get(template, "saml_config")));
	assert_null(json_object_get(template, "oidc_config"));
	assert_int_equal(tfs_document_check(kind, bare, strlen(bare), NULL, &checked, &error), -EINVAL);
	assert_string_equal(error.message, "oidc_config is missing, which type oidc needs");
	assert_string_equal(error.member, "/oidc_config");
}

static json_t *template_of(const struct tfs_kind *kind, const char *file)
{
	const struct tfs_variant *type = tfs_document_variant(kind, file);
	json_t *template = NULL;

	assert_non_null(type);
	assert_int_equal(tfs_document_template(kind, type, &template), 0);
	return template;
}

/* The template of a type has all members the type needs, at any depth, and check requires the same. */
static void test_template_of_a_type_has_required_members(void **state)
{
	const struct tfs_kind *kind = tfs_kind_find("auth-module");
	cleanup_json json_t *ad = template_of(kind, ".template-ad.json"), *checked = NULL;
	cleanup_json json_t *broker = template_of(kind, ".template-ad-broker.json");
	cleanup_json json_t *azure = template_of(kind, ".template-azuread.json");
	struct tfs_error error = { 0 };
	const char *bare = "{\"name\":\"a\",\"type\":\"ldap\",\"subtype\":\"directory\",\"method\":\"authn\","
			   "\"enabled\":true,\"mode\":\"direct\",\"config\":{\"serverprotocol\":\"ldap\"}}";

	(void)state;
	assert_string_equal(tfs_json_text(ad, "subtype"), "directory");
	assert_string_equal(tfs_json_text(tfs_json_at(ad, "/config"), "serverprotocol"), "ldap");
	assert_string_equal(tfs_json_text(tfs_json_at(ad, "/config"), "server"), "");
	assert_null(tfs_json_at(ad, "/config/clientId"));
	assert_string_equal(tfs_json_text(broker, "mode"), "broker");
	assert_null(json_object_get(broker, "config"));
	assert_string_equal(tfs_json_text(tfs_json_at(azure, "/config"), "clientSecret"), "");
	assert_null(tfs_document_variant(kind, ".template-.json"));
	assert_null(tfs_document_variant(kind, ".template.json"));
	assert_null(tfs_document_variant(kind, ".template-ad-broker.jso"));
	assert_int_equal(tfs_document_check(kind, bare, strlen(bare), NULL, &checked, &error), -EINVAL);
	assert_string_equal(error.message, "server is missing, which type ldap and mode direct need");
	assert_string_equal(error.member, "/config/server");
}

/* Documents have the form that is written; a form that no row maps stays. */
static void test_value_is_shown_as_it_is_written(void **state)
{
	static const char *const values[] = { "RSA_SHA1", "RSA_SHA256", NULL };
	static const char *const read[] = { "urn:sha256", "urn:other", NULL };
	static const struct tfs_reading reading = { "RSA_SHA256", read };
	static const struct tfs_field field = {
		.name = "algo", .type = TFS_TYPE_STRING, .values = values, .read_as = &reading, .n_read_as = 1
	};
	static const struct tfs_kind kind = { .name = "k", .shape = TFS_SHAPE_DOC, .fields = &field, .n_fields = 1 };
	static const char *const cases[][2] = {
		{ "urn:sha256", "RSA_SHA256" },
		{ "urn:other", "RSA_SHA256" },
		{ "RSA_SHA1", "RSA_SHA1" },
		{ "urn:new", "urn:new" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		cleanup_json json_t *record = json_pack("{ss}", "algo", cases[i][0]), *shown = NULL, *checked = NULL;
		cleanup_free char *text = json_dumps(record, 0);

		assert_int_equal(tfs_document_from_record(&kind, &context, record, &shown, NULL), 0);
		assert_string_equal(json_string_value(json_object_get(shown, "algo")), cases[i][1]);
		/* A form that the row does not map is accepted where the document already had it. */
		assert_int_equal(tfs_document_check(&kind, text, strlen(text), shown, &checked, NULL), 0);
		assert_string_equal(json_string_value(json_object_get(checked, "algo")), cases[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_declared_members_are_in_order),
		cmocka_unit_test(test_unknown_members_follow_sorted),
		cmocka_unit_test(test_odd_names_are_printed),
		cmocka_unit_test(test_server_members_are_last),
		cmocka_unit_test(test_texts_are_read_by_their_type),
		cmocka_unit_test(test_secrets_show_as_digests),
		cmocka_unit_test(test_references_show_as_names),
		cmocka_unit_test(test_sets_are_sorted_and_lists_are_not),
		cmocka_unit_test(test_nested_ids_are_left_out),
		cmocka_unit_test(test_plain_names_are_documents),
		cmocka_unit_test(test_errors_have_their_position),
		cmocka_unit_test(test_missing_required_member_is_an_error),
		cmocka_unit_test(test_unchanged_values_of_the_server_are_valid),
		cmocka_unit_test(test_change_of_a_fixed_member_is_an_error),
		cmocka_unit_test(test_digest_keeps_the_secret),
		cmocka_unit_test(test_nested_errors_are_found),
		cmocka_unit_test(test_checked_document_is_canonical),
		cmocka_unit_test(test_differences_are_found_by_member),
		cmocka_unit_test(test_changes_of_different_members_are_merged),
		cmocka_unit_test(test_changes_of_one_member_conflict),
		cmocka_unit_test(test_document_becomes_a_record),
		cmocka_unit_test(test_document_without_a_record_is_an_error),
		cmocka_unit_test(test_nested_ids_are_restored),
		cmocka_unit_test(test_record_survives_a_round_trip),
		cmocka_unit_test(test_filled_in_template_is_valid),
		cmocka_unit_test(test_schema_matches_check),
		cmocka_unit_test(test_member_can_require_another),
		cmocka_unit_test(test_template_of_a_type_has_required_members),
		cmocka_unit_test(test_value_is_shown_as_it_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
