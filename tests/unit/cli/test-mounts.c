/* A mount's configuration and options; paths. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../scratch.h"
#include "mount-options.h"
#include "mounts.h"

static void expect_absolute(const char *path, const char *wanted)
{
	char *got = cli_path_absolute(path);

	assert_string_equal(got, wanted);
	free(got);
}

static void test_paths_become_absolute(void **state)
{
	(void)state;
	char here[PATH_MAX], wanted[PATH_MAX + 8];

	assert_non_null(getcwd(here, sizeof(here)));
	expect_absolute(".", here);
	snprintf(wanted, sizeof(wanted), "%s/a", here);
	expect_absolute("./b/../a//", wanted);
	expect_absolute("/", "/");
	expect_absolute("/..", "/");
	expect_absolute("/a/../../b/./c/", "/b/c");
	expect_absolute("//a//b", "/a/b");
	expect_absolute("/a/...", "/a/...");
}

static void test_real_path_follows_links(void **state)
{
	(void)state;
	char folder[40];
	char path[64], wanted[64];

	scratch_name(folder, sizeof(folder));
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/link", folder);
	assert_int_equal(symlink("/etc", path), 0);
	char *got = cli_path_real(path);
	assert_string_equal(got, "/etc");
	free(got);
	got = cli_path_real(folder);
	assert_string_equal(got, folder);
	free(got);
	snprintf(wanted, sizeof(wanted), "%s/link/passwd", folder);
	got = cli_path_real(wanted);
	assert_string_equal(got, "/etc/passwd");
	free(got);
	got = cli_path_real("/nonexistent/a/../b");
	assert_string_equal(got, "/nonexistent/b");
	free(got);
	unlink(path);
	rmdir(folder);
}

static void test_configuration_is_read_from_the_own_mount(void **state)
{
	(void)state;
	char folder[40];
	char control[64], path[96];
	struct tfs_mount mount = { .dir = folder, .uid = geteuid() };
	struct cli_mount_facts facts;

	scratch_name(folder, sizeof(folder));
	assert_non_null(mkdtemp(folder));
	cli_mount_facts_read(&mount, &facts);
	assert_null(facts.config);
	snprintf(control, sizeof(control), "%s/.tenantfs", folder);
	snprintf(path, sizeof(path), "%s/config.json", control);
	assert_int_equal(mkdir(control, 0700), 0);
	FILE *file = fopen(path, "w");
	assert_non_null(file);
	fputs("{\"tenant\": \"acme\", \"file\": \"/etc/tenantfs.conf\", \"state-dir\": \"x\"}\n", file);
	fclose(file);
	cli_mount_facts_read(&mount, &facts);
	assert_string_equal(facts.config, "/etc/tenantfs.conf");
	assert_null(facts.state_dir);
	cli_mount_facts_finish(&facts);
	/* Not trusted: another user's mount could name a configuration that runs commands. */
	mount.uid++;
	cli_mount_facts_read(&mount, &facts);
	assert_null(facts.config);
	unlink(path);
	rmdir(control);
	rmdir(folder);
}

static void expect_options(const char *list, const char *options, const char *config)
{
	char *got = NULL, *got_config = NULL;

	assert_int_equal(cli_mount_options_split(list, &got, &got_config), 0);
	assert_string_equal(got, options);
	if (config)
		assert_string_equal(got_config, config);
	else
		assert_null(got_config);
	free(got);
	free(got_config);
}

static void test_mount_options_are_split(void **state)
{
	(void)state;
	expect_options(NULL, "", NULL);
	expect_options("", "", NULL);
	expect_options("ro", "ro", NULL);
	expect_options("rw,noauto,user,ro,,nofail,x-systemd.automount,allow_other", "ro,allow_other", NULL);
	expect_options("config=/a,ro,config=/b=c", "ro", "/b=c");
	expect_options("users,userspace,config=", "userspace,config=", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths_become_absolute),
		cmocka_unit_test(test_real_path_follows_links),
		cmocka_unit_test(test_configuration_is_read_from_the_own_mount),
		cmocka_unit_test(test_mount_options_are_split),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
