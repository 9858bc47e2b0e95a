/* Path templates: matched, bound, filled and cut. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tenantfs/path.h"

static const char USERS[] = "communities/{community}/users/{module}/{name}.json";
static const char IAL[] = "communities/{community}/users/{module}/{user}.d/ial.json";

static void assert_bound(const struct tfs_path_bindings *bindings, const char *object, const char *value)
{
	const struct tfs_path_binding *bound = tfs_path_bound(bindings, object, strlen(object));

	assert_non_null(bound);
	assert_int_equal(bound->value_len, strlen(value));
	assert_memory_equal(bound->value, value, bound->value_len);
}

static bool matches(const char *template, const char *path)
{
	return tfs_path_match(template, strlen(template), path, NULL);
}

static void test_match_binds_objects(void **state)
{
	struct tfs_path_bindings bindings;

	(void)state;
	assert_true(tfs_path_match(IAL, strlen(IAL), "communities/default/users/ad/alice.d/ial.json", &bindings));
	assert_int_equal(bindings.count, 3);
	assert_bound(&bindings, "community", "default");
	assert_bound(&bindings, "module", "ad");
	assert_bound(&bindings, "user", "alice");
	assert_null(tfs_path_bound(&bindings, "name", 4));
}

static void test_match_needs_every_segment(void **state)
{
	(void)state;
	assert_true(matches(USERS, "communities/default/users/ad/alice.json"));
	assert_false(matches(USERS, "communities/default/users/ad/alice"));
	assert_false(matches(USERS, "communities/default/users/ad/.json"));
	assert_false(matches(USERS, "communities/default/users/ad"));
	assert_false(matches(USERS, "communities/default/users/ad/x/alice.json"));
	assert_false(matches(USERS, "communities//users/ad/alice.json"));
	assert_true(matches("/attributes/{id}", "/attributes/5f3d"));
	assert_false(matches("/attributes/{id}", "/attributes/"));
	assert_false(matches("metrics/{name}/", "metrics/x"));
}

static void test_match_stops_at_the_length(void **state)
{
	size_t len = tfs_path_directory(USERS);

	(void)state;
	assert_true(tfs_path_match(USERS, len, "communities/default/users/ad", NULL));
	assert_false(tfs_path_match(USERS, len, "communities/default/users/ad/alice.json", NULL));
}

static void test_parts(void **state)
{
	(void)state;
	assert_int_equal(tfs_path_directory(USERS), strlen("communities/{community}/users/{module}"));
	assert_int_equal(tfs_path_directory("tenant.json"), strlen("tenant.json"));
	assert_int_equal(tfs_path_directory("{name}.json"), 0);
	assert_string_equal(tfs_path_ending(USERS), ".json");
	assert_null(tfs_path_ending(IAL));
	assert_int_equal(tfs_path_through(IAL, "user"), strlen("communities/{community}/users/{module}/{user}.d"));
	assert_int_equal(tfs_path_through(IAL, "use"), 0);
	assert_int_equal(tfs_path_through(IAL, "users"), 0);
}

static int same(void *context, const char *object, size_t len, struct tfs_buf *out)
{
	if (len == 4 && memcmp(object, "user", 4) == 0)
		return -ENOENT;
	return tfs_buf_puts(out, context);
}

static void test_fill(void **state)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(256), none cleanup_buf = TFS_BUF_INIT(256);
	char x[] = "X";

	(void)state;
	assert_int_equal(tfs_path_fill(USERS, strlen(USERS), same, x, &out), 0);
	assert_int_equal(out.len, strlen("communities/X/users/X/X.json"));
	assert_memory_equal(out.data, "communities/X/users/X/X.json", out.len);
	assert_int_equal(tfs_path_fill(IAL, strlen(IAL), same, x, &none), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match_binds_objects),
		cmocka_unit_test(test_match_needs_every_segment),
		cmocka_unit_test(test_match_stops_at_the_length),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_fill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
