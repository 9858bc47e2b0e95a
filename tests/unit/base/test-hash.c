/* The hash map: out of memory is reported and survived. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The allocation with this number fails. */
static int fail_at = -1;

static void *counted_malloc(size_t size)
{
	if (fail_at >= 0 && fail_at-- == 0)
		return NULL;
	return malloc(size);
}

#define uthash_malloc(size) counted_malloc(size)
#include "tenantfs/hash.h"

struct item {
	char name[16];
	UT_hash_handle hh;
};

static void free_map(struct item *map)
{
	struct item *item, *next;

	HASH_ITER (hh, map, item, next) {
		HASH_DEL(map, item);
		free(item);
	}
}

static struct item *make_item(int number)
{
	struct item *item = calloc(1, sizeof(*item));

	assert_non_null(item);
	item->name[0] = (char)('a' + number / 26 / 26 % 26);
	item->name[1] = (char)('a' + number / 26 % 26);
	item->name[2] = (char)('a' + number % 26);
	return item;
}

static void test_find(void **state)
{
	struct item *map = NULL, *found;

	(void)state;
	for (int i = 0; i < 1000; i++) {
		struct item *item = make_item(i);

		HASH_ADD_STR(map, name, item);
		assert_true(tfs_hash_added(item));
	}
	HASH_FIND_STR(map, "abc", found);
	assert_non_null(found);
	assert_string_equal(found->name, "abc");
	HASH_FIND_STR(map, "zzz", found);
	assert_null(found);
	free_map(map);
}

static void test_no_memory_for_the_table(void **state)
{
	(void)state;
	for (int which = 0; which < 2; which++) {
		struct item *map = NULL, *item = make_item(0);

		fail_at = which;
		HASH_ADD_STR(map, name, item);
		fail_at = -1;
		assert_false(tfs_hash_added(item));
		assert_null(map);
		HASH_ADD_STR(map, name, item);
		assert_true(tfs_hash_added(item));
		free_map(map);
	}
}

static void test_no_memory_to_expand(void **state)
{
	struct item *map = NULL;
	unsigned int added = 0, refused = 0;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		struct item *item = make_item(i), *found;

		fail_at = 0;
		HASH_ADD_STR(map, name, item);
		if (!map) {
			fail_at = -1;
			HASH_ADD_STR(map, name, item);
		}
		HASH_FIND_STR(map, item->name, found);
		if (tfs_hash_added(item)) {
			added++;
			assert_ptr_equal(found, item);
		} else {
			refused++;
			assert_null(found);
			free(item);
		}
	}
	fail_at = -1;
	assert_true(refused > 0);
	assert_int_equal(HASH_COUNT(map), added);
	free_map(map);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_no_memory_for_the_table),
		cmocka_unit_test(test_no_memory_to_expand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
