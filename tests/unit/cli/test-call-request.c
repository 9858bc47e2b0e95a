/* The arguments of `tenantfs call`: where each goes, its type, and refusals. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../scratch.h"
#include "call-request.h"

static const char *const colours[] = { "red", "green", NULL };
static const struct tfs_field user_fields[] = {
	{ .name = "username", .type = TFS_TYPE_STRING },
	{ .name = "age", .type = TFS_TYPE_NUMBER },
};
static const struct tfs_field body_fields[] = {
	{ .name = "name", .type = TFS_TYPE_STRING },
	{ .name = "count", .type = TFS_TYPE_NUMBER },
	{ .name = "enabled", .type = TFS_TYPE_BOOLEAN },
	{ .name = "user", .type = TFS_TYPE_OBJECT, .members = user_fields, .n_members = 2 },
	{ .name = "tags", .type = TFS_TYPE_ARRAY, .item = TFS_TYPE_STRING },
	{ .name = "sizes", .type = TFS_TYPE_ARRAY, .item = TFS_TYPE_NUMBER },
	{ .name = "rows", .type = TFS_TYPE_ARRAY, .item = TFS_TYPE_OBJECT },
	{ .name = "password", .type = TFS_TYPE_STRING, .secret = true },
	{ .name = "colour", .type = TFS_TYPE_STRING, .values = colours },
	{ .name = "free", .type = TFS_TYPE_ANY },
	{ .name = "type", .type = TFS_TYPE_STRING },
};
static const struct tfs_field path_fields[] = {
	{ .name = "id", .type = TFS_TYPE_STRING, .required = true },
	{ .name = "type", .type = TFS_TYPE_STRING, .required = true },
};
static const struct tfs_field query_fields[] = { { .name = "download", .type = TFS_TYPE_BOOLEAN } };
static const struct tfs_endpoint endpoint = { .method = "PUT",
					      .path = "/things/{type}/{id}",
					      .path_params = path_fields,
					      .n_path_params = 2,
					      .query = query_fields,
					      .n_query = 1,
					      .body = body_fields,
					      .n_body = sizeof(body_fields) / sizeof(*body_fields) };

static FILE *input_of(const char *text)
{
	FILE *file = tmpfile();

	assert_non_null(file);
	fputs(text, file);
	rewind(file);
	return file;
}

static int build_for(const struct tfs_endpoint *for_endpoint, const char *path, const char *const *args,
		     const char *body, const char *standard_input, json_t **ret, struct tfs_error *error)
{
	struct cli_input input = { .in = input_of(standard_input) };
	json_t *value = body ? json_loads(body, JSON_DECODE_ANY, NULL) : NULL;
	int n = 0;

	while (args[n])
		n++;
	int r = cli_request_build(for_endpoint, path, (char *const *)args, n, value, &input, ret, error);
	json_decref(value);
	fclose(input.in);
	return r;
}

static void expect(const char *path, const char *const *args, const char *body, const char *wanted)
{
	json_t *request = NULL;
	struct tfs_error error = { 0 };
	int r = build_for(&endpoint, path, args, body, "", &request, &error);

	if (r < 0)
		print_message("%s\n", error.message);
	assert_int_equal(r, 0);
	char *text = json_dumps(request, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text, wanted);
	free(text);
	json_decref(request);
}

static void refuse(const char *const *args, const char *body, const char *message)
{
	json_t *request = NULL;
	struct tfs_error error = { 0 };

	assert_int_equal(build_for(&endpoint, "/things/{type}/{id}", args, body, "", &request, &error), -EINVAL);
	assert_null(request);
	assert_string_equal(error.message, message);
}

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
static const char *const none[] = { NULL };

static void test_words_are_converted_to_their_types(void **state)
{
	(void)state;
	expect("/things/{type}/{id}", WORDS("id=7", "type=a", "name=7", "count=7", "enabled=true"), NULL,
	       "{\"body\":{\"count\":7,\"enabled\":true,\"name\":\"7\"},\"path\":{\"id\":\"7\",\"type\":"
	       "\"a\"}}");
	expect("/things/x/y", WORDS("count=-1.5", "enabled=false", "name="), NULL,
	       "{\"body\":{\"count\":-1.5,\"enabled\":false,\"name\":\"\"},\"path\":{\"id\":\"y\",\"type\":"
	       "\"x\"}}");
	expect("/things/x/y", WORDS("name=a=b:=c"), NULL,
	       "{\"body\":{\"name\":\"a=b:=c\"},\"path\":{\"id\":\"y\",\"type\":\"x\"}}");
	expect("/things/x/y", WORDS("free=12", "colour=green"), NULL,
	       "{\"body\":{\"colour\":\"green\",\"free\":12},\"path\":{\"id\":\"y\",\"type\":\"x\"}}");
	expect("/things/x/y", WORDS("free=a b"), NULL,
	       "{\"body\":{\"free\":\"a b\"},\"path\":{\"id\":\"y\",\"type\":\"x\"}}");
}

static void test_raw_json_keeps_its_type(void **state)
{
	(void)state;
	expect("/things/x/y", WORDS("name:=null", "count:=\"7\"", "user:={\"username\":\"a\"}"), NULL,
	       "{\"body\":{\"count\":\"7\",\"name\":null,\"user\":{\"username\":\"a\"}},"
	       "\"path\":{\"id\":\"y\",\"type\":\"x\"}}");
}

static void test_members_are_set_in_objects(void **state)
{
	(void)state;
	expect("/things/x/y", WORDS("user={\"k\":1}"), NULL,
	       "{\"body\":{\"user\":{\"k\":1}},\"path\":{\"id\":\"y\",\"type\":\"x\"}}");
	expect("/things/x/y", WORDS("user.username=1", "user.age=1", "user.other=1", "user.a.b=true"), NULL,
	       "{\"body\":{\"user\":{\"a\":{\"b\":\"true\"},\"age\":1,\"other\":\"1\",\"username\":\"1\"}},"
	       "\"path\":{\"id\":\"y\",\"type\":\"x\"}}");
}

static void test_repeated_words_append_to_arrays(void **state)
{
	(void)state;
	expect("/things/x/y", WORDS("tags=a", "tags=b", "sizes=1", "sizes=[2,3]", "rows={\"a\":1}"), NULL,
	       "{\"body\":{\"rows\":[{\"a\":1}],\"sizes\":[1,2,3],\"tags\":[\"a\",\"b\"]},"
	       "\"path\":{\"id\":\"y\",\"type\":\"x\"}}");
}

static void test_path_and_query_are_split_and_decoded(void **state)
{
	(void)state;
	expect("/things/a%2Fb/%41%20%zz?download=yes&x=1%26&flag", none, NULL,
	       "{\"path\":{\"id\":\"A %zz\",\"type\":\"a/b\"},"
	       "\"query\":{\"download\":\"yes\",\"flag\":\"\",\"x\":\"1&\"}}");
	expect("/things/x/y", WORDS("download=true"), NULL,
	       "{\"path\":{\"id\":\"y\",\"type\":\"x\"},\"query\":{\"download\":true}}");
	/* A trailing '%' or half an escape is not read past its end. */
	expect("/things/x%4/y%", none, NULL, "{\"path\":{\"id\":\"y%\",\"type\":\"x%4\"}}");
}

static void test_name_in_path_and_body_sets_the_missing_one(void **state)
{
	(void)state;
	/* A path parameter with a value in the path is not set by a word. */
	expect("/things/x/y", WORDS("type=z"), NULL,
	       "{\"body\":{\"type\":\"z\"},\"path\":{\"id\":\"y\",\"type\":\"x\"}}");
	expect("/things/{type}/y", WORDS("type=z", "type=w"), NULL,
	       "{\"body\":{\"type\":\"w\"},\"path\":{\"id\":\"y\",\"type\":\"z\"}}");
}

static void test_words_replace_members_of_the_body(void **state)
{
	(void)state;
	expect("/things/x/y", WORDS("count=2", "user.age=3", "tags=c"),
	       "{\"count\":1,\"name\":\"n\",\"user\":{\"age\":1,\"k\":1},\"tags\":[\"a\"]}",
	       "{\"body\":{\"count\":2,\"name\":\"n\",\"tags\":[\"c\"],\"user\":{\"age\":3,\"k\":1}},"
	       "\"path\":{\"id\":\"y\",\"type\":\"x\"}}");
	expect("/things/x/y", none, "[1]", "{\"body\":[1],\"path\":{\"id\":\"y\",\"type\":\"x\"}}");
	refuse(WORDS("count=2"), "[1]", "the body is not an object: it has no members to set");
}

static void test_wrong_words_are_refused(void **state)
{
	(void)state;
	refuse(WORDS("count"), NULL, "\"count\" is not NAME=VALUE");
	refuse(WORDS("=7"), NULL, "\"=7\" is not NAME=VALUE");
	refuse(WORDS(":=7"), NULL, "\":=7\" is not NAME=VALUE");
	refuse(WORDS("count=seven"), NULL, "count is a number");
	refuse(WORDS("count=[7]"), NULL, "count is a number");
	refuse(WORDS("enabled=yes"), NULL, "enabled is true or false");
	refuse(WORDS("user=[1]"), NULL, "user is an object: give it as JSON, or its members as NAME.MEMBER=VALUE");
	refuse(WORDS("colour=blue"), NULL, "colour is one of: red, green");
	refuse(WORDS("name=a", "name=b"), NULL, "name is given twice");
	refuse(WORDS("name=\xff"), NULL, "name is not UTF-8");
	refuse(WORDS("name.x=1", "name=2"), NULL, "name is given twice");
	refuse(WORDS("name=2", "name.x=1"), NULL, "name is not an object");
	refuse(WORDS("nmae=a"), NULL,
	       "PUT /things/{type}/{id} takes no nmae; it takes: id, type, download, name, count, enabled, "
	       "user, tags, "
	       "sizes, rows, password, colour, free, type");
}

static void test_secret_on_the_command_line_is_refused(void **state)
{
	(void)state;
	json_t *request = NULL;
	struct tfs_error error = { 0 };
	const char *message =
		"password is a secret, which other users could read here: give password=@- and its value on "
		"standard input, or password=@FILE";

	refuse(WORDS("password=geheim"), NULL, message);
	refuse(WORDS("password:=\"geheim\""), NULL, message);
	refuse(WORDS("password=@@geheim"), NULL, message);
	assert_int_equal(build_for(&endpoint, "/things/x/y", WORDS("password=@-"), NULL, "geheim\n", &request, &error),
			 0);
	assert_string_equal(json_string_value(tfs_json_at(request, "/body/password")), "geheim");
	json_decref(request);
}

static void test_values_are_read_from_files(void **state)
{
	(void)state;
	json_t *request = NULL;
	struct tfs_error error = { 0 };
	char path[40];
	char arg[64];
	scratch_name(path, sizeof(path));
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "{\"username\": 1}\n", 16), 16);
	close(fd);
	snprintf(arg, sizeof(arg), "user=@%s", path);
	assert_int_equal(build_for(&endpoint, "/things/x/y", WORDS(arg, "name=@@at", "enabled=@-"), NULL, "true\n",
				   &request, &error),
			 0);
	char *text = json_dumps(tfs_json_at(request, "/body"), JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text, "{\"enabled\":true,\"name\":\"@at\",\"user\":{\"username\":1}}");
	free(text);
	json_decref(request);
	unlink(path);
	assert_int_equal(build_for(&endpoint, "/things/x/y", WORDS("name=@-", "free=@-"), NULL, "x", &request, &error),
			 -EINVAL);
	assert_string_equal(error.message, "only one argument can read standard input");
	assert_int_equal(build_for(&endpoint, "/things/x/y", WORDS("name=@/nonexistent/x"), NULL, "", &request, &error),
			 -ENOENT);
}

static void test_words_of_an_endpoint_without_fields(void **state)
{
	(void)state;
	const struct tfs_endpoint any = { .method = "POST", .path = "/any" };
	const struct tfs_endpoint get = { .method = "GET", .path = "/get" };
	json_t *request = NULL;
	struct tfs_error error = { 0 };

	assert_int_equal(build_for(&any, "/any", WORDS("a.b=1", "c:=2"), NULL, "", &request, &error), 0);
	char *text = json_dumps(request, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text, "{\"body\":{\"a\":{\"b\":\"1\"},\"c\":2},\"path\":{}}");
	free(text);
	json_decref(request);
	assert_int_equal(build_for(&get, "/get", WORDS("a=1"), NULL, "", &request, &error), -EINVAL);
	assert_string_equal(error.message, "GET /get takes no a");
	assert_int_equal(build_for(&get, "/get", none, NULL, "", &request, &error), 0);
	text = json_dumps(request, JSON_COMPACT);
	assert_string_equal(text, "{\"path\":{}}");
	free(text);
	json_decref(request);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words_are_converted_to_their_types),
		cmocka_unit_test(test_raw_json_keeps_its_type),
		cmocka_unit_test(test_members_are_set_in_objects),
		cmocka_unit_test(test_repeated_words_append_to_arrays),
		cmocka_unit_test(test_path_and_query_are_split_and_decoded),
		cmocka_unit_test(test_name_in_path_and_body_sets_the_missing_one),
		cmocka_unit_test(test_words_replace_members_of_the_body),
		cmocka_unit_test(test_wrong_words_are_refused),
		cmocka_unit_test(test_secret_on_the_command_line_is_refused),
		cmocka_unit_test(test_values_are_read_from_files),
		cmocka_unit_test(test_words_of_an_endpoint_without_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
