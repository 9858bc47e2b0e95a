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
			    "36 22 0:44 / /srv/first rw,nosuid shared:7 master:1 - fuse.tenantfs acme "
			    "rw,user_id=1000,group_id=7\n"
			    "37 36 0:45 / /srv/acme/in\\040side\\134 rw - fuse.tenantfs two\\040words rw\n"
			    "38 22 0:46 / /srv/other rw - fuse.sshfs acme rw\n"
			    "39 22 0:47 / /srv/acme rw - fuse.tenantfs later rw,user_id=0\n"
			    "40 22 0:47 /\n";

static void expect_mount(const char *path, const char *dir, const char *tenant, uid_t uid, unsigned connection)
{
	struct tfs_mount mount cleanup_mount = { 0 };

	assert_int_equal(tfs_mount_find_in(table, path, &mount), 1);
	assert_string_equal(mount.dir, dir);
	assert_string_equal(mount.tenant, tenant);
	assert_int_equal(mount.uid, uid);
	assert_int_equal(mount.connection, connection);
}

static void expect_none(const char *text, const char *path)
{
	struct tfs_mount mount;

	assert_int_equal(tfs_mount_find_in(text, path, &mount), 0);
	assert_null(mount.dir);
}

static void test_table(void **state)
{
	(void)state;
	expect_mount("/srv/acme", "/srv/acme", "later", 0, 47);
	expect_mount("/srv/acme/x", "/srv/acme", "later", 0, 47);
	expect_mount("/srv/acme/in side\\/a", "/srv/acme/in side\\", "two words", (uid_t)-1, 45);
	expect_mount("/srv/first/x/y", "/srv/first", "acme", 1000, 44);
	expect_none(table, "/srv/acmes");
	expect_none(table, "/srv");
	expect_none(table, "/srv/other/x");
	expect_none("", "/srv/acme");
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
