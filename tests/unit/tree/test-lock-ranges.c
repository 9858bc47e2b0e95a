/* The locks held on one path: conflicts, and what is left when ranges overlap. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tree/lock-ranges.h"

static const struct tfs_file *const FILE_A = (const void *)"a", *const FILE_B = (const void *)"b";

static struct tfs_file_lock range(uint64_t owner, short type, uint64_t first, uint64_t last)
{
	return (struct tfs_file_lock){ .type = type, .first = first, .last = last, .owner = owner };
}

static void set(struct held_lock **locks, uint64_t owner, short type, uint64_t first, uint64_t last)
{
	const struct tfs_file_lock lock = range(owner, type, first, last);

	assert_int_equal(tree_ranges_set(locks, &lock, owner == 1 ? FILE_A : FILE_B), 0);
}

/* What owner 9 meets at each of `count` bytes: 'w', 'r' or '-'. */
static void assert_map(const struct held_lock *locks, const char *map)
{
	for (uint64_t at = 0; map[at] != '\0'; at++) {
		const struct tfs_file_lock read = range(9, F_RDLCK, at, at), write = range(9, F_WRLCK, at, at);
		char found = tree_ranges_conflict(locks, &read) ? 'w' : tree_ranges_conflict(locks, &write) ? 'r' : '-';

		assert_int_equal(found, map[at]);
	}
}

static void test_an_owner_replaces_its_own_ranges(void **state)
{
	struct held_lock *locks = NULL;

	(void)state;
	set(&locks, 1, F_WRLCK, 2, 7);
	assert_map(locks, "--wwwwww--");
	set(&locks, 1, F_UNLCK, 4, 5);
	assert_map(locks, "--ww--ww--");
	set(&locks, 1, F_RDLCK, 3, 6);
	assert_map(locks, "--wrrrrw--");
	set(&locks, 1, F_RDLCK, 0, UINT64_MAX);
	assert_map(locks, "rrrrrrrrrr");
	set(&locks, 1, F_UNLCK, 0, UINT64_MAX);
	assert_map(locks, "----------");
	assert_null(locks);
}

static void test_owners_and_families_are_separate(void **state)
{
	struct tfs_file_lock whole = { .whole = true, .type = F_WRLCK, .last = UINT64_MAX, .owner = 3 };
	struct held_lock *locks = NULL;

	(void)state;
	set(&locks, 1, F_RDLCK, 0, 3);
	set(&locks, 2, F_RDLCK, 2, 5);
	set(&locks, 1, F_UNLCK, 0, UINT64_MAX);
	assert_map(locks, "--rrrr--");
	assert_null(tree_ranges_conflict(locks, &whole));
	assert_int_equal(tree_ranges_set(&locks, &whole, FILE_A), 0);
	assert_map(locks, "--rrrr--");
	whole.owner = 4;
	assert_int_equal(tree_ranges_conflict(locks, &whole)->owner, 3);
	assert_true(tree_ranges_held_by(locks, FILE_A));
	assert_true(tree_ranges_drop_file(&locks, FILE_A));
	assert_false(tree_ranges_drop_file(&locks, FILE_A));
	assert_map(locks, "--rrrr--");
	tree_ranges_free(locks);
}

static void test_one_path_has_a_limit(void **state)
{
	struct held_lock *locks = NULL;
	struct tfs_file_lock lock;
	int r = 0;

	(void)state;
	for (uint64_t at = 0; r == 0 && at < 100000; at += 2) {
		lock = range(1, F_WRLCK, at, at);
		r = tree_ranges_set(&locks, &lock, FILE_A);
	}
	assert_int_equal(r, -ENOLCK);
	set(&locks, 1, F_UNLCK, 0, UINT64_MAX);
	assert_null(locks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_owner_replaces_its_own_ranges),
		cmocka_unit_test(test_owners_and_families_are_separate),
		cmocka_unit_test(test_one_path_has_a_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
