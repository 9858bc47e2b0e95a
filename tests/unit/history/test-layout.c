/* Paths of the mount to paths of the repository, and back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "../../../src/history/layout.h"

#define STAFF "communities/default/users/Staff"

/* `printf %s alice | sha256sum` begins with 2bd806c9. */
static const char *const pairs[][2] = {
	{ STAFF "/alice.json", STAFF "/2/b/d/alice.json" },
	{ STAFF "/alice.d/detail.json", STAFF "/2/b/d/alice.d/detail.json" },
	{ STAFF, STAFF },
	{ "communities/default/users", "communities/default/users" },
	{ "communities/default/settings/mfa.json", "communities/default/settings/mfa.json" },
	{ "communities/default/auth-modules/Staff.json", "communities/default/auth-modules/Staff.json" },
	{ "environment.json", "environment.json" },
	{ "", "" },
};

static void test_paths_convert_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		char *to = history_layout_to_git(pairs[i][0]), *from = history_layout_from_git(pairs[i][1]);

		assert_string_equal(to, pairs[i][1]);
		assert_string_equal(from, pairs[i][0]);
		free(to);
		free(from);
	}
}

static void test_wide_directories_are_known(void **state)
{
	(void)state;
	assert_true(history_layout_is_wide(STAFF));
	assert_true(history_layout_is_wide("communities/default/hardware-tokens"));
	assert_false(history_layout_is_wide("communities/default/users"));
	assert_false(history_layout_is_wide(STAFF "/alice.d"));
	assert_false(history_layout_is_wide("communities/default/settings"));
	assert_false(history_layout_is_wide(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths_convert_both_ways),
		cmocka_unit_test(test_wide_directories_are_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
