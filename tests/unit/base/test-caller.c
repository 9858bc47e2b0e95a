/* Reading the program of a process. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "tenantfs/caller.h"

static void test_own_process(void **state)
{
	struct tfs_caller caller;

	(void)state;
	assert_true(tfs_caller_read(getpid(), &caller));
	assert_int_equal(caller.pid, getpid());
	assert_int_equal(caller.parent, getppid());
	assert_string_equal(caller.program, program_invocation_short_name);
	assert_true(caller.started_ms <= tfs_caller_now_ms());
	assert_true(tfs_caller_now_ms() - caller.started_ms < 60000);
}

static void *read_as_thread(void *context)
{
	pid_t thread = (pid_t)syscall(SYS_gettid);

	assert_int_not_equal(thread, getpid());
	assert_int_equal(tfs_caller_process(thread), getpid());
	assert_true(tfs_caller_read(thread, context));
	return NULL;
}

static void test_thread(void **state)
{
	struct tfs_caller caller;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, read_as_thread, &caller), 0);
	pthread_join(thread, NULL);
	assert_int_equal(caller.pid, getpid());
}

/* Starts a shell with the arguments `words`, which waits for the end of its input, and reads it. */
static struct tfs_caller read_child(const char *const words[])
{
	struct tfs_caller caller = { 0 };
	int input[2];
	pid_t child;

	assert_int_equal(pipe(input), 0);
	child = fork();
	if (child == 0) {
		dup2(input[0], 0);
		close(input[1]);
		execv("/bin/sh", (char *const *)(uintptr_t)words);
		_exit(127);
	}
	close(input[0]);
	/* Until the shell has taken the place of this program. */
	for (int i = 0; i < 500; i++) {
		if (tfs_caller_read(child, &caller) && strcmp(caller.program, program_invocation_short_name) != 0)
			break;
		usleep(10000);
	}
	close(input[1]);
	waitpid(child, NULL, 0);
	return caller;
}

static void expect(const char *const words[], const char *program, const char *verb)
{
	struct tfs_caller caller = read_child(words);

	assert_string_equal(caller.program, program);
	assert_string_equal(caller.verb, verb);
}

static void test_words(void **state)
{
	(void)state;
	expect((const char *const[]){ "/usr/bin/tar", "-c", "read x", NULL }, "tar", "");
	expect((const char *const[]){ "git", "-c", "read x", "checkout", "f", NULL }, "git", "checkout");
	expect((const char *const[]){ "python3", "-c", "read x", "-u", "/srv/restore.py", NULL }, "python3",
	       "restore.py");
	expect((const char *const[]){ "a-program-with-a-name-of-40-letters-12345", "-c", "read x", NULL },
	       "a-program-with-a-name-of-40-let", "");
}

static void test_outermost(void **state)
{
	const char *const words[] = { "a-child", "-c", "read x", NULL };
	struct tfs_caller child = read_child(words), outermost;

	(void)state;
	outermost = tfs_caller_outermost(&child);
	assert_int_equal(outermost.pid, child.pid);
	snprintf(child.program, sizeof(child.program), "%s", program_invocation_short_name);
	outermost = tfs_caller_outermost(&child);
	assert_int_equal(outermost.pid, getpid());
}

static void test_no_process(void **state)
{
	struct tfs_caller caller;

	(void)state;
	assert_false(tfs_caller_read(0, &caller));
	assert_false(tfs_caller_read(-1, &caller));
	assert_false(tfs_caller_read(0x7ffffff0, &caller));
	assert_int_equal(tfs_caller_process(0x7ffffff0), 0x7ffffff0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_process), cmocka_unit_test(test_thread),     cmocka_unit_test(test_words),
		cmocka_unit_test(test_outermost),   cmocka_unit_test(test_no_process),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
