/* Secret bytes: copied, locked, excluded from core dumps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tenantfs/buf.h"
#include "tenantfs/file.h"
#include "tenantfs/secret.h"

#ifdef __SANITIZE_ADDRESS__
#define WITH_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ADDRESS_SANITIZER
#endif
#endif

static void test_keeps_a_copy(void **state)
{
	char bytes[] = "hush";
	struct tfs_secret *secret = tfs_secret_new(bytes, 4);

	(void)state;
	assert_non_null(secret);
	tfs_wipe(bytes, 4);
	assert_memory_equal(bytes, "\0\0\0\0", 4);
	assert_int_equal(tfs_secret_len(secret), 4);
	assert_string_equal(tfs_secret_text(secret), "hush");
	tfs_secret_bytes(secret)[0] = 'r';
	assert_string_equal(tfs_secret_text(secret), "rush");
	tfs_secret_free(secret);
	tfs_secret_free(NULL);
}

static void test_sizes(void **state)
{
	static const size_t sizes[] = { 0, 1, 32, 4000, 4079, 4080, 4081, 4096, 10000, 100000 };

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct tfs_secret *secret = tfs_secret_new(NULL, sizes[i]);

		assert_non_null(secret);
		for (size_t j = 0; j <= sizes[i]; j++)
			assert_int_equal(tfs_secret_bytes(secret)[j], 0);
		memset(tfs_secret_bytes(secret), 0xaa, sizes[i]);
		tfs_secret_free(secret);
	}
	assert_null(tfs_secret_new(NULL, SIZE_MAX));
	assert_null(tfs_secret_new(NULL, SIZE_MAX / 2));
}

/* The VmFlags of the mapping that contains `address`. */
static void read_flags(const void *address, char *out, size_t room)
{
	struct tfs_buf maps cleanup_buf = TFS_BUF_INIT(1 << 22);
	unsigned long start, end, want = (unsigned long)(uintptr_t)address;
	int inside = 0;

	out[0] = '\0';
	assert_int_equal(tfs_file_read("/proc/self/smaps", &maps, NULL), 0);
	for (char *line = maps.data, *next; line && *line != '\0'; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			inside = start <= want && want < end;
		else if (inside && strncmp(line, "VmFlags:", 8) == 0)
			snprintf(out, room, "%s ", line);
	}
}

static void test_left_out_of_dumps_and_locked(void **state)
{
	struct tfs_secret *secret = tfs_secret_new("hush", 4);
	struct rlimit limit = { 0 };
	char flags[400];

	(void)state;
	read_flags(tfs_secret_bytes(secret), flags, sizeof(flags));
	assert_non_null(strstr(flags, " dd "));
#ifndef WITH_ADDRESS_SANITIZER /* the sanitizer turns mlock into a no-op */
	assert_int_equal(getrlimit(RLIMIT_MEMLOCK, &limit), 0);
#endif
	if (limit.rlim_cur > 65536)
		assert_non_null(strstr(flags, " lo "));
	tfs_secret_free(secret);
}

static void test_harden(void **state)
{
	struct rlimit limit;
	int status;
	pid_t pid = fork();

	(void)state;
	/* In a child process, because the effect is permanent. */
	if (pid == 0) {
		tfs_secret_harden_process();
		if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 || getrlimit(RLIMIT_CORE, &limit) < 0)
			_exit(1);
		_exit(limit.rlim_cur == 0 && limit.rlim_max == 0 ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keeps_a_copy),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_left_out_of_dumps_and_locked),
		cmocka_unit_test(test_harden),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
