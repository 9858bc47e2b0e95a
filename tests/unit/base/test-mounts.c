/* Parsing the mount table, and aborting a connection. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tenantfs/mounts.h"

static const char table[] = "22 1 0:20 / / rw,relatime - ext4 /dev/sda1 rw\n"
			    "36 22 0:44 / /srv/acme rw,nosuid,nodev shared:7 master:1 - fuse.tenantfs acme "
			    "rw,user_id=1000,group_id=7\n"
			    "37 36 0:45 / /srv/acme/in\\040side\\134 rw - fuse.tenantfs two\\040words rw\n"
			    "38 22 0:46 / /srv/other rw - fuse.sshfs acme rw\n"
			    "39 22 0:47 / /srv/acme rw - fuse.tenantfs later rw,user_id=0\n"
			    "40 22 0:47 /\n";

static void test_table(void **state)
{
	(void)state;
	struct tfs_mount *mounts = NULL;
	size_t count = 0;

	assert_int_equal(tfs_mounts_parse(table, &mounts, &count), 0);
	assert_int_equal(count, 3);
	assert_string_equal(mounts[1].dir, "/srv/acme/in side\\");
	assert_string_equal(mounts[1].tenant, "two words");
	assert_int_equal(mounts[0].uid, 1000);
	assert_int_equal(mounts[1].uid, (uid_t)-1);
	assert_int_equal(mounts[2].uid, 0);
	assert_int_equal(mounts[0].connection, 44);
	assert_string_equal(tfs_mounts_find(mounts, count, "/srv/acme")->tenant, "later");
	assert_string_equal(tfs_mounts_find(mounts, count, "/srv/acme/x")->tenant, "later");
	assert_string_equal(tfs_mounts_find(mounts, count, "/srv/acme/in side\\/a")->tenant, "two words");
	assert_null(tfs_mounts_find(mounts, count, "/srv/acmes"));
	assert_null(tfs_mounts_find(mounts, count, "/srv"));
	assert_null(tfs_mounts_find(mounts, count, "/srv/other/x"));
	tfs_mounts_free(mounts, count);
	assert_int_equal(tfs_mounts_parse("", &mounts, &count), 0);
	assert_int_equal(count, 0);
	tfs_mounts_free(mounts, count);
}

static void test_abort_without_such_a_connection(void **state)
{
	(void)state;
	assert_true(tfs_mount_abort(999999) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_abort_without_such_a_connection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
