/* Control files and call files. */
#include "fixture.c"

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_start, fixture_end)
#define LOCK ".api/users/post-users-user-lock"

static json_t *parse(const char *text)
{
	json_t *value = NULL;

	assert_int_equal(tfs_json_parse(text, strlen(text), &value, NULL), 0);
	return value;
}

/* The content of a file as JSON. */
static json_t *json_of(struct fixture *f, const char *path)
{
	struct tfs_file *file = must_open(f, path, O_RDONLY);
	cleanup_free char *text = file_text(f, file);

	tfs_file_release(file);
	assert_int_equal(size_of(f, path), strlen(text));
	return parse(text);
}

static void test_status_has_the_state_of_the_mount(void **state)
{
	struct fixture *f = *state;
	cleanup_json json_t *status = NULL;

	must_walk(f, STAFF "/bob.json");
	status = json_of(f, ".tenantfs/status.json");
	assert_string_equal(tfs_json_text(status, "tenant"), "acme");
	assert_int_equal(json_integer_value(tfs_json_at(status, "/api/calls")), 7);
	assert_true(json_is_true(json_object_get(status, "reachable")));
	assert_int_equal(json_integer_value(tfs_json_at(status, "/cache/documents")), 3);
}

static void test_config_and_errors_are_readable(void **state)
{
	struct fixture *f = *state;
	cleanup_json json_t *config = json_of(f, ".tenantfs/config.json");
	cleanup_json json_t *errors = NULL;

	assert_string_equal(tfs_json_text(config, "url"), "http://127.0.0.1/adminapi");
	assert_string_equal(json_string_value(tfs_json_at(config, "/communities/0")), "default");
	assert_int_equal(write_path(f, STAFF "/bob.json", "{"), -EINVAL);
	errors = json_of(f, ".tenantfs/errors.json");
	assert_string_equal(json_string_value(tfs_json_at(errors, "/0/path")), STAFF "/bob.json");
	assert_string_equal(json_string_value(tfs_json_at(errors, "/0/error/errno")), "EINVAL");
	assert_int_equal(json_integer_value(tfs_json_at(errors, "/0/uid")), 1000);
}

static void test_error_log_keeps_the_last_hundred(void **state)
{
	struct fixture *f = *state;
	cleanup_json json_t *errors = NULL;

	for (int i = 0; i < 103; i++)
		assert_int_equal(write_path(f, i == 0 ? MFA : STAFF "/bob.json", "{"), -EINVAL);
	errors = tfs_tree_errors(f->tree);
	assert_int_equal(json_array_size(errors), 100);
	assert_string_equal(json_string_value(tfs_json_at(errors, "/0/path")), STAFF "/bob.json");
	assert_true(json_is_true(tfs_json_at(errors, "/98/settled")));
	assert_true(json_is_false(tfs_json_at(errors, "/99/settled")));
}

static void test_control_directory_exists_everywhere(void **state)
{
	struct fixture *f = *state;

	assert_false(lists(f, STAFF, ".tenantfs"));
	assert_true(lists(f, STAFF "/.tenantfs", "status.json"));
	assert_true(lists(f, ".tenantfs", "drafts"));
	assert_int_equal(write_path(f, STAFF "/bob.json", "{"), -EINVAL);
	assert_text(f, STAFF "/.tenantfs/drafts/" STAFF "/bob.json", "{");
}

static void test_path_written_to_refresh_is_fetched_again(void **state)
{
	struct fixture *f = *state;

	lists(f, STAFF, "x");
	fake_put(f->store, STAFF, "bob", "{}\n");
	assert_text(f, STAFF "/bob.json", "{\n  \"first\": \"Bob\"\n}\n");
	assert_int_equal(write_path(f, ".tenantfs/refresh", "communities/default/settings\n"), 0);
	assert_text(f, STAFF "/bob.json", "{\n  \"first\": \"Bob\"\n}\n");
	assert_int_equal(write_path(f, ".tenantfs/refresh", "/" STAFF "/\n"), 0);
	assert_text(f, STAFF "/bob.json", "{}\n");
	assert_int_equal(fake_counts(f->store).refreshes, 2);
	assert_int_equal(write_path(f, ".tenantfs/refresh", "\n"), 0);
	assert_int_equal(fake_counts(f->store).refreshes, 3);
	assert_text(f, ".tenantfs/refresh", "");
}

static void test_refresh_of_a_path_through_a_document_finds_nothing(void **state)
{
	struct fixture *f = *state;

	must_walk(f, STAFF "/bob.json");
	assert_int_equal(write_path(f, ".tenantfs/refresh", STAFF "/bob.json/x.json\n"), -ENOENT);
	assert_int_equal(write_path(f, ".tenantfs/refresh", "README.md/x/y\n"), -ENOENT);
}

static void test_readme_names_the_possible_operations(void **state)
{
	struct fixture *f = *state;
	struct tfs_file *file = must_open(f, "README.md", O_RDONLY);
	cleanup_free char *text = file_text(f, file);

	tfs_file_release(file);
	assert_int_equal(size_of(f, "README.md"), strlen(text));
	assert_non_null(strstr(text, "# Tenant acme\n"));
	assert_non_null(strstr(text,
			       "| `communities/<community>/auth-modules/<name>.json` | Auth Modules | yes | yes | "
			       "yes | yes |\n"));
	assert_non_null(strstr(text, "| `health.json` | whether the service is well; view | – | – | – | – |\n"));
	assert_non_null(strstr(text, "  - remove: the API has no call that deletes a user\n"));
	assert_non_null(strstr(text, "/auth-modules/<name>.json`: `.template-wide.json`\n"));
	assert_non_null(strstr(text, "## On demand\n\nListings do not show"));
	assert_non_null(strstr(text, "Every change marked \"yes\" above is allowed.\n"));
}

/* The README of a community has only its own paths, relative to the community. */
static void test_readme_of_a_community_has_relative_paths(void **state)
{
	struct fixture *f = *state;
	struct tfs_file *file = must_open(f, "communities/default/README.md", O_RDONLY);
	cleanup_free char *text = file_text(f, file);

	tfs_file_release(file);
	assert_true(lists(f, "communities/default", "README.md"));
	assert_false(lists(f, "communities/default/auth-modules", "README.md"));
	assert_non_null(strstr(text, "# Community default of acme\n"));
	assert_non_null(strstr(text, "| `auth-modules/<name>.json` | Auth Modules | yes | yes | yes | yes |\n"));
	assert_non_null(strstr(text, "- `users/<module>/<user>.d/detail.json`\n"));
	assert_null(strstr(text, "health.json"));
}

static void test_call_file_describes_its_call(void **state)
{
	struct fixture *f = *state;
	struct tfs_file *file = must_open(f, LOCK, O_RDONLY);
	cleanup_free char *text = file_text(f, file);

	tfs_file_release(file);
	assert_memory_equal(text, "POST /users/user/lock\nLock a user\n", 34);
	assert_non_null(strstr(text, "\nExample:\n{\n  \"username\": \"alice\"\n}\n\nOpen this file"));
	assert_int_equal(size_of(f, LOCK), strlen(text));
	assert_true(lists(f, ".api", "healthz"));
	assert_true(lists(f, ".api/users", "post-users-user-lock"));
}

/* Reads from `offset` to the end. */
static char *read_on(struct fixture *f, struct tfs_file *file, uint64_t offset)
{
	cleanup_free char *copy = NULL;
	const char *bytes;
	size_t len;

	assert_int_equal(tfs_tree_read(file, next_op(f), offset, 4096, &bytes, &len, &copy), 0);
	return strndup(len > 0 ? bytes : "", len);
}

static void test_written_call_is_answered_by_a_read(void **state)
{
	struct fixture *f = *state;
	struct tfs_file *file = must_open(f, LOCK, O_RDWR);
	const char *request = "{\"username\": \"bob\"}\n";
	cleanup_free char *text = NULL, *end = NULL;
	cleanup_json json_t *answer = NULL;

	assert_true(tfs_file_waits(file));
	put_text(f, file, request);
	text = read_on(f, file, strlen(request));
	answer = parse(text);
	assert_int_equal(json_integer_value(json_object_get(answer, "status")), 200);
	assert_string_equal(json_string_value(tfs_json_at(answer, "/body/request/username")), "bob");
	end = read_on(f, file, strlen(request) + strlen(text));
	assert_string_equal(end, "");
	assert_int_equal(tfs_file_flush(file, next_op(f)), 0);
	assert_int_equal(fake_counts(f->store).calls, 1);
	tfs_file_release(file);
}

static void test_descriptor_can_make_two_calls(void **state)
{
	struct fixture *f = *state;
	struct tfs_file *file = must_open(f, LOCK, O_RDWR);
	cleanup_free char *first = NULL, *second = NULL;

	put_text(f, file, "{\"username\": \"bob\"}");
	first = read_on(f, file, 19);
	assert_int_equal(tfs_tree_write(file, next_op(f), 19 + strlen(first), "{\"username\": \"eve\"}", 19), 0);
	second = read_on(f, file, 38 + strlen(first));
	assert_non_null(strstr(second, "\"eve\""));
	assert_int_equal(fake_counts(f->store).calls, 2);
	tfs_file_release(file);
}

static void test_call_without_a_read_fails_at_close(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(write_path(f, LOCK, "{}"), 0);
	assert_int_equal(write_path(f, LOCK, "{\"refuse\": true}"), -EEXIST);
	assert_string_equal(message(f), "it is locked already");
	assert_int_equal(write_path(f, LOCK, "{no"), -EINVAL);
	assert_int_equal(write_path(f, LOCK, "\n"), 0);
	assert_int_equal(fake_counts(f->store).calls, 3);
	fake_fail(f->store, -EIO, "cannot connect", 1);
	assert_int_equal(write_path(f, LOCK, "{}"), -EIO);
	assert_string_equal(message(f), "cannot connect");
}

static void test_answer_of_a_refused_call_can_be_read(void **state)
{
	struct fixture *f = *state;
	struct tfs_file *file = must_open(f, LOCK, O_RDWR);
	cleanup_free char *text = NULL;

	put_text(f, file, "{\"refuse\": true}");
	text = read_on(f, file, 0);
	assert_non_null(strstr(text, "\"status\": 409"));
	/* After the answer was read, the flush does not report the error again. */
	assert_int_equal(tfs_file_flush(file, next_op(f)), 0);
	tfs_file_release(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_status_has_the_state_of_the_mount),
		TEST(test_config_and_errors_are_readable),
		TEST(test_error_log_keeps_the_last_hundred),
		TEST(test_control_directory_exists_everywhere),
		TEST(test_path_written_to_refresh_is_fetched_again),
		TEST(test_refresh_of_a_path_through_a_document_finds_nothing),
		TEST(test_readme_names_the_possible_operations),
		TEST(test_readme_of_a_community_has_relative_paths),
		TEST(test_call_file_describes_its_call),
		TEST(test_written_call_is_answered_by_a_read),
		TEST(test_descriptor_can_make_two_calls),
		TEST(test_call_without_a_read_fails_at_close),
		TEST(test_answer_of_a_refused_call_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
