/* Opening a tenant: layers, ownership of the state folder. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../scratch.h"
#include "tenantfs/file.h"
#include "tenantfs/tenant.h"

struct fixture {
	char folder[64];
	char conf[96], state[96];
};

static void write_file(const struct fixture *fixture, const char *name, const char *text)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", fixture->folder, name);
	assert_int_equal(tfs_file_write(path, text, strlen(text), 0600, NULL), 0);
}

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof(*fixture));
	struct tfs_key *key = NULL;
	char path[128];

	scratch_name(fixture->folder, sizeof(fixture->folder));
	assert_non_null(mkdtemp(fixture->folder));
	snprintf(fixture->conf, sizeof(fixture->conf), "%s/conf", fixture->folder);
	snprintf(fixture->state, sizeof(fixture->state), "%s/state", fixture->folder);
	snprintf(path, sizeof(path), "%s/key", fixture->folder);
	assert_int_equal(tfs_key_generate(TFS_SECP256K1, &key, NULL), 0);
	assert_int_equal(tfs_key_save(key, path, NULL), 0);
	tfs_key_free(key);
	write_file(fixture, "license", "0000\n");
	write_file(fixture, "conf",
		   "[tenant \"acme\"]\n\turl = http://127.0.0.1:9/adminapi\n\tdns = acme.example.com\n"
		   "\tcommunity = default\n\tkey-file = key\n\tlicense-file = license\n\tstate-dir = state\n");
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		execl("/bin/rm", "rm", "-rf", fixture->folder, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	free(fixture);
	return 0;
}

static int open_tenant(const struct fixture *fixture, struct tfs_tenant **ret, struct tfs_error *error)
{
	struct tfs_config *config = NULL;
	int r = tfs_config_load(fixture->conf, NULL, &config, error);

	if (r < 0)
		print_message("%s\n", error->message);
	assert_int_equal(r, 0);
	return tfs_tenant_open(config, ret, error);
}

static void read_lock(const struct fixture *fixture, char text[32])
{
	struct tfs_buf buf cleanup_buf = TFS_BUF_INIT(31);
	char path[128];

	snprintf(path, sizeof(path), "%s/lock", fixture->state);
	assert_int_equal(tfs_file_read(path, &buf, NULL), 0);
	snprintf(text, 32, "%s", buf.len ? buf.data : "");
}

static void test_open_and_close(void **state)
{
	struct fixture *fixture = *state;
	struct tfs_tenant *tenant = NULL;
	struct tfs_error error = { 0 };
	struct stat st;
	char text[32], wanted[32];

	assert_int_equal(open_tenant(fixture, &tenant, &error), 0);
	assert_string_equal(tfs_tenant_config(tenant)->name, "acme");
	assert_non_null(tfs_tenant_api(tenant));
	assert_ptr_equal(tfs_store_api(tfs_tenant_store(tenant)), tfs_tenant_api(tenant));
	assert_ptr_equal(tfs_store_config(tfs_tenant_store(tenant)), tfs_tenant_config(tenant));
	assert_int_equal(stat(fixture->state, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	snprintf(wanted, sizeof(wanted), "%ld\n", (long)getpid());
	read_lock(fixture, text);
	assert_string_equal(text, wanted);
	tfs_tenant_close(tenant);
	read_lock(fixture, text);
	assert_string_equal(text, "");
	tfs_tenant_close(NULL);
}

static void test_one_owner(void **state)
{
	struct fixture *fixture = *state;
	struct tfs_tenant *first = NULL, *second = NULL;
	struct tfs_error error = { 0 };
	char wanted[128];

	assert_int_equal(open_tenant(fixture, &first, &error), 0);
	assert_int_equal(open_tenant(fixture, &second, &error), -EBUSY);
	assert_null(second);
	snprintf(wanted, sizeof(wanted), "tenant \"acme\" is in use by process %ld", (long)getpid());
	assert_string_equal(error.message, wanted);
	tfs_tenant_close(first);
	assert_int_equal(open_tenant(fixture, &second, &error), 0);
	tfs_tenant_close(second);
}

static void test_failed_open_releases_the_lock(void **state)
{
	struct fixture *fixture = *state;
	struct tfs_tenant *tenant = NULL;
	struct tfs_error error = { 0 };
	char path[128];

	/* A key that others may read is refused after locking; the lock is released. */
	snprintf(path, sizeof(path), "%s/key", fixture->folder);
	assert_int_equal(chmod(path, 0644), 0);
	assert_int_equal(open_tenant(fixture, &tenant, &error), -EACCES);
	assert_null(tenant);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(open_tenant(fixture, &tenant, &error), 0);
	tfs_tenant_close(tenant);
}

static void test_open_state_folder_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct tfs_tenant *tenant = NULL;
	struct tfs_error error = { 0 };

	assert_int_equal(mkdir(fixture->state, 0755), 0);
	assert_int_equal(open_tenant(fixture, &tenant, &error), -EACCES);
	assert_null(tenant);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FIXTURE(test_open_and_close),
		WITH_FIXTURE(test_one_owner),
		WITH_FIXTURE(test_failed_open_releases_the_lock),
		WITH_FIXTURE(test_open_state_folder_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
