/* The checker of request members. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "check.h"

static const char *const colours[] = { "red", "green", NULL };
static const struct tfs_field inner[] = {
	{ .name = "format", .type = TFS_TYPE_STRING, .required = true },
	{ .name = "depth", .type = TFS_TYPE_NUMBER },
};
static const struct tfs_field fields[] = {
	{ .name = "name", .type = TFS_TYPE_STRING, .required = true },
	{ .name = "on", .type = TFS_TYPE_BOOLEAN },
	{ .name = "size", .type = TFS_TYPE_NUMBER },
	{ .name = "colour", .type = TFS_TYPE_STRING, .values = colours },
	{ .name = "tags", .type = TFS_TYPE_ARRAY, .item = TFS_TYPE_STRING, .values = colours },
	{ .name = "loose", .type = TFS_TYPE_ARRAY, .item = TFS_TYPE_OBJECT },
	{ .name = "nameid", .type = TFS_TYPE_OBJECT, .members = inner, .n_members = 2 },
	{ .name = "list", .type = TFS_TYPE_ARRAY, .item = TFS_TYPE_OBJECT, .members = inner, .n_members = 2 },
	{ .name = "free", .type = TFS_TYPE_OBJECT },
	{ .name = "any", .type = TFS_TYPE_ANY },
};
enum { N_FIELDS = sizeof(fields) / sizeof(*fields) };

static void expect(const char *text, const char *param, const char *message)
{
	struct refusal refusal = { 0 };
	cleanup_json json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);

	assert_non_null(value);
	assert_int_equal(sandbox_check_object(fields, N_FIELDS, false, value, &refusal), message ? -EINVAL : 0);
	assert_int_equal(refusal.status, message ? 400 : 0);
	assert_string_equal(refusal.message, message ? message : "");
	assert_string_equal(refusal.param, param ? param : "");
}

static void test_valid_body_is_accepted(void **state)
{
	(void)state;
	expect("{\"name\":\"\"}", NULL, NULL);
	expect("{\"name\":\"n\",\"on\":false,\"size\":1.5,\"colour\":\"red\",\"tags\":[\"green\",\"red\"],"
	       "\"loose\":[\"text\",{}],\"nameid\":{\"format\":\"f\"},\"list\":[{\"format\":\"g\",\"depth\":"
	       "1}],"
	       "\"free\":{\"x\":[1]},\"any\":null}",
	       NULL, NULL);
}

static void test_missing_member_is_named(void **state)
{
	(void)state;
	expect("{}", "name", "\"name\" is required");
	expect("[]", "value", "\"value\" must be of type object");
	expect("{\"name\":\"n\",\"nameid\":{}}", "nameid.format", "\"nameid.format\" is required");
	expect("{\"name\":\"n\",\"list\":[{\"format\":\"f\"},{}]}", "list[1].format", "\"list[1].format\" is required");
}

static void test_member_of_a_wrong_type_is_named(void **state)
{
	(void)state;
	expect("{\"name\":1}", "name", "\"name\" must be a string");
	expect("{\"name\":null}", "name", "\"name\" must be a string");
	expect("{\"name\":\"n\",\"on\":\"true\"}", "on", "\"on\" must be a boolean");
	expect("{\"name\":\"n\",\"size\":\"1\"}", "size", "\"size\" must be a number");
	expect("{\"name\":\"n\",\"tags\":\"red\"}", "tags", "\"tags\" must be an array");
	expect("{\"name\":\"n\",\"tags\":[\"red\",5]}", "tags[1]", "\"tags[1]\" must be a string");
	expect("{\"name\":\"n\",\"nameid\":[]}", "nameid", "\"nameid\" must be of type object");
	expect("{\"name\":\"n\",\"nameid\":{\"format\":\"f\",\"depth\":true}}", "nameid.depth",
	       "\"nameid.depth\" must be a number");
}

static void test_unknown_member_is_named(void **state)
{
	(void)state;
	expect("{\"name\":\"n\",\"Name\":\"m\"}", "Name", "\"Name\" is not allowed");
	expect("{\"name\":\"n\",\"nameid\":{\"format\":\"f\",\"_id\":\"1\"}}", "nameid._id",
	       "\"nameid._id\" is not allowed");
	expect("{\"name\":\"n\",\"colour\":\"blue\"}", "colour", "\"colour\" must be one of [red, green]");
	expect("{\"name\":\"n\",\"tags\":[\"blue\"]}", "tags[0]", "\"tags[0]\" must be one of [red, green]");
}

static void test_long_names_are_truncated(void **state)
{
	char text[4200];
	struct refusal refusal = { 0 };

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "{\"name\":\"n\",\"", 13);
	memcpy(text + 4100, "\":1}", 5);
	cleanup_json json_t *value = json_loads(text, 0, NULL);
	assert_non_null(value);
	assert_int_equal(sandbox_check_object(fields, N_FIELDS, false, value, &refusal), -EINVAL);
	assert_true(strlen(refusal.param) < REFUSAL_PARAM);
	assert_non_null(strstr(refusal.message, "\" is not allowed"));
}

static void expect_texts(const char *text, const char *message)
{
	struct refusal refusal = { 0 };
	cleanup_json json_t *value = json_loads(text, 0, NULL);

	assert_int_equal(sandbox_check_texts(fields, 4, false, value, &refusal), message ? -EINVAL : 0);
	assert_string_equal(refusal.message, message ? message : "");
}

static void test_texts_are_read_as_their_type(void **state)
{
	(void)state;
	expect_texts("{\"name\":\"n\",\"on\":\"true\",\"size\":\"-1.5e3\"}", NULL);
	expect_texts("{}", "\"name\" is required");
	expect_texts("{\"name\":\"n\",\"on\":\"yes\"}", "\"on\" must be a boolean");
	expect_texts("{\"name\":\"n\",\"size\":\"1x\"}", "\"size\" must be a number");
	expect_texts("{\"name\":\"n\",\"size\":\"\"}", "\"size\" must be a number");
	expect_texts("{\"name\":\"n\",\"colour\":\"blue\"}", "\"colour\" must be one of [red, green]");
	expect_texts("{\"name\":\"n\",\"tags\":\"red\"}", "\"tags\" is not allowed");
}

static void test_refusal_has_four_shapes(void **state)
{
	static const char *const texts[REFUSAL_SHAPES] = {
		"{\"statusCode\":400,\"error\":\"Bad Request\",\"message\":\"\\\"a\\\" is required\"}",
		"{\"code\":400,\"message\":\"\\\"a\\\" is required\"}",
		"{\"error_code\":400,\"message\":\"\\\"a\\\" is required\",\"status\":false}",
		"{\"errors\":[{\"message\":\"\\\"a\\\" is required\",\"param\":\"a\"}]}",
	};
	struct refusal refusal;

	(void)state;
	assert_int_equal(sandbox_refuse(&refusal, 400, "a", "\"%s\" is required", "a"), -EINVAL);
	for (int shape = 0; shape < REFUSAL_SHAPES; shape++) {
		cleanup_json json_t *value = sandbox_refusal_json(&refusal, (enum refusal_shape)shape);
		cleanup_free char *text = json_dumps(value, JSON_COMPACT);
		assert_string_equal(text, texts[shape]);
	}
}

static void test_refusal_can_quote_invalid_utf8(void **state)
{
	struct refusal refusal;

	(void)state;
	sandbox_refuse(&refusal, 400, NULL, "\"%s\" is bad",
		       "a\xff"
		       "b");
	cleanup_json json_t *value = sandbox_refusal_json(&refusal, REFUSAL_CODE);
	assert_string_equal(tfs_json_text(value, "message"), "\"a?b\" is bad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_valid_body_is_accepted),
		cmocka_unit_test(test_missing_member_is_named),
		cmocka_unit_test(test_member_of_a_wrong_type_is_named),
		cmocka_unit_test(test_unknown_member_is_named),
		cmocka_unit_test(test_long_names_are_truncated),
		cmocka_unit_test(test_texts_are_read_as_their_type),
		cmocka_unit_test(test_refusal_has_four_shapes),
		cmocka_unit_test(test_refusal_can_quote_invalid_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
