/* Child programs: output, exit status, inherited state, timeout, guard process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "tenantfs/child.h"
#include "tenantfs/clock.h"

struct result {
	struct tfs_buf output, errors;
	int status;
};

static int run(const char *script, const char *input, struct result *result)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };
	const struct tfs_child child = { .argv = argv,
					 .input = input,
					 .input_len = input ? strlen(input) : 0,
					 .out = &result->output,
					 .err = &result->errors,
					 .timeout_ms = 10000 };
	struct tfs_op *op = tfs_op_new(0);
	int r;

	*result = (struct result){ .output = TFS_BUF_INIT(1 << 16), .errors = TFS_BUF_INIT(64), .status = -1 };
	r = tfs_child_run(op, &child, &result->status);
	tfs_op_free(op);
	return r;
}

static void finish(struct result *result)
{
	tfs_buf_finish(&result->output);
	tfs_buf_finish(&result->errors);
}

static void test_output_and_status(void **state)
{
	struct result result;

	(void)state;
	assert_int_equal(run("cat; echo complaint >&2; exit 3", "a text\n", &result), 0);
	assert_true(WIFEXITED(result.status));
	assert_int_equal(WEXITSTATUS(result.status), 3);
	assert_string_equal(result.output.data, "a text\n");
	assert_string_equal(result.errors.data, "complaint\n");
	finish(&result);
	/* A program that does not read its large input. */
	cleanup_free char *much = calloc(1, (1 << 20) + 1);
	memset(much, 'x', 1 << 20);
	assert_int_equal(run("echo here", much, &result), 0);
	assert_string_equal(result.output.data, "here\n");
	finish(&result);
	assert_int_equal(run("cat", NULL, &result), 0);
	assert_int_equal(result.output.len, 0);
	finish(&result);
}

static void test_inherits_no_descriptor_and_no_signal_mask(void **state)
{
	unsigned long long ignored;
	long session, own;
	struct result result;
	int fd = open("/dev/null", O_RDONLY);

	(void)state;
	assert_true(fd > 2);
	signal(SIGUSR1, SIG_IGN);
	/*
	 * Descriptor 3 is ls's own, for the folder. The mask leaves out signals 32 and 33 of the C library.
	 */
	assert_int_equal(run("ls /proc/self/fd | tr '\\n' ' '; sed -n 's/SigIgn:/0x/p' /proc/self/status; "
			     "ps -o sid= -p $$; echo $$",
			     NULL, &result),
			 0);
	assert_int_equal(sscanf(result.output.data, "0 1 2 3 0x %llx %ld %ld", &ignored, &session, &own), 3);
	assert_int_equal(ignored & 0x7fffffff, 0);
	assert_int_equal(session, own);
	finish(&result);
	signal(SIGUSR1, SIG_DFL);
	close(fd);
}

static void test_timeout_kills_the_session(void **state)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)"trap '' TERM; sleep 60 & echo $!; wait; sleep 60",
			       NULL };
	struct tfs_buf output cleanup_buf = TFS_BUF_INIT(100);
	const struct tfs_child child = { .argv = argv, .out = &output, .timeout_ms = 300 };
	struct tfs_op *op = tfs_op_new(0);
	uint64_t start = tfs_clock_ms();
	int status;

	(void)state;
	assert_int_equal(tfs_child_run(op, &child, &status), -ETIMEDOUT);
	tfs_op_free(op);
	assert_in_range(tfs_clock_ms() - start, 290, 5000);
	/* The background process was killed as well. */
	pid_t sleeper = (pid_t)strtol(output.data, NULL, 10);
	for (int i = 0; i < 100 && kill(sleeper, 0) == 0; i++) {
		char path[64], text[256] = "";
		snprintf(path, sizeof(path), "/proc/%d/stat", (int)sleeper);
		int fd = open(path, O_RDONLY);
		if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && strstr(text, ") Z "))
			break;
		if (fd >= 0)
			close(fd);
		usleep(20000);
		assert_true(i < 99);
	}
}

static void test_cancel_and_ceilings(void **state)
{
	char *const argv[] = { (char *)"sleep", (char *)"60", NULL };
	char *const missing[] = { (char *)"/nonexistent/program", NULL };
	struct tfs_buf output cleanup_buf = TFS_BUF_INIT(100);
	struct tfs_child child = { .argv = argv, .timeout_ms = 30000, .out = &output };
	struct tfs_op *op = tfs_op_new(0);
	struct result result;
	int status;

	(void)state;
	child.argv = missing;
	assert_int_equal(tfs_child_run(op, &child, &status), -ENOENT);
	child.argv = argv;
	tfs_op_cancel(op);
	assert_int_equal(tfs_child_run(op, &child, &status), -EINTR);
	tfs_op_free(op);
	assert_int_equal(run("yes | head -c 100000", NULL, &result), -EFBIG);
	finish(&result);
	assert_int_equal(run("yes | head -c 100000 >&2; echo done", NULL, &result), 0);
	assert_string_equal(result.output.data, "done\n");
	assert_int_equal(result.errors.len, 64);
	finish(&result);
}

static bool is_alive(pid_t pid)
{
	char path[64], text[256] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	return strrchr(text, ')') && strncmp(strrchr(text, ')'), ") Z", 3) != 0;
}

static bool ends_within(pid_t pid, uint64_t ms)
{
	uint64_t until = tfs_clock_ms() + ms;

	while (is_alive(pid) && tfs_clock_ms() < until)
		usleep(5000);
	return !is_alive(pid);
}

/* An overflow found only after the exit still kills the background processes. */
static void test_late_overflow_kills_the_session(void **state)
{
	char *const argv[] = { (char *)"sh", (char *)"-c",
			       (char *)"sleep 60 & echo $! >&2; head -c 60000 /dev/zero; kill -KILL $$", NULL };
	struct tfs_buf output cleanup_buf = TFS_BUF_INIT(59000), errors cleanup_buf = TFS_BUF_INIT(64);
	const struct tfs_child child = { .argv = argv, .out = &output, .err = &errors, .timeout_ms = 10000 };
	struct tfs_op *op = tfs_op_new(0);
	int status;

	(void)state;
	assert_int_equal(tfs_child_run(op, &child, &status), -EFBIG);
	tfs_op_free(op);
	assert_true(errors.len > 0);
	assert_true(ends_within((pid_t)strtol(errors.data, NULL, 10), 2000));
}

static int run_guarded(const char *script, uint64_t timeout_ms, struct result *result)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };
	const struct tfs_child child = {
		.argv = argv, .out = &result->output, .err = &result->errors, .timeout_ms = timeout_ms, .guarded = true
	};
	struct tfs_op *op = tfs_op_new(0);
	int r;

	*result = (struct result){ .output = TFS_BUF_INIT(1 << 16), .errors = TFS_BUF_INIT(64), .status = -1 };
	r = tfs_child_run(op, &child, &result->status);
	assert_int_equal(tfs_op_error(op)->code, 0);
	tfs_op_free(op);
	return r;
}

static void test_guarded_behaves_the_same(void **state)
{
	char *const missing[] = { (char *)"/nonexistent/program", NULL };
	struct tfs_buf output cleanup_buf = TFS_BUF_INIT(100), errors cleanup_buf = TFS_BUF_INIT(200);
	struct tfs_op *op = tfs_op_new(0);
	struct result result;
	int status, fd = open("/dev/null", O_RDONLY);

	(void)state;
	assert_int_equal(
		run_guarded("cat; ls /proc/self/fd | tr '\\n' ' '; echo complaint >&2; exit 7", 10000, &result), 0);
	assert_int_equal(WEXITSTATUS(result.status), 7);
	assert_string_equal(result.output.data, "0 1 2 3 ");
	assert_string_equal(result.errors.data, "complaint\n");
	finish(&result);
	close(fd);
	assert_int_equal(run_guarded("sleep 60 & echo $!; wait", 300, &result), -ETIMEDOUT);
	assert_true(ends_within((pid_t)strtol(result.output.data, NULL, 10), 2000));
	finish(&result);
	assert_int_equal(
		tfs_child_run(
			op,
			&(struct tfs_child){
				.argv = missing, .out = &output, .err = &errors, .timeout_ms = 5000, .guarded = true },
			&status),
		0);
	assert_int_equal(WEXITSTATUS(status), 127);
	tfs_op_free(op);
}

/* A background process, such as a credential cache, survives, and its inherited output delays nothing. */
static void test_background_process_survives(void **state)
{
	(void)state;
	for (int guarded = 0; guarded < 2; guarded++) {
		static const char script[] = "sleep 60 & echo $!";
		uint64_t start = tfs_clock_ms();
		struct result result;
		pid_t left;

		assert_int_equal(guarded ? run_guarded(script, 10000, &result) : run(script, NULL, &result), 0);
		assert_true(tfs_clock_ms() - start < 5000);
		left = (pid_t)strtol(result.output.data, NULL, 10);
		assert_false(ends_within(left, 200));
		kill(left, SIGKILL);
		finish(&result);
	}
}

static void test_guard_kills_the_program_when_the_parent_dies(void **state)
{
	int ends[2];
	char text[32] = "";
	pid_t parent, program;

	(void)state;
	assert_int_equal(pipe(ends), 0);
	parent = fork();
	assert_true(parent >= 0);
	if (parent == 0) {
		char script[96];
		struct result result;

		snprintf(script, sizeof(script), "echo $$ >/proc/%d/fd/%d; sleep 60", (int)getpid(), ends[1]);
		run_guarded(script, 60000, &result);
		_exit(0);
	}
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	program = (pid_t)strtol(text, NULL, 10);
	assert_true(is_alive(program));
	kill(parent, SIGKILL);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	assert_true(ends_within(program, 2000));
	close(ends[0]);
	close(ends[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_output_and_status),
		cmocka_unit_test(test_inherits_no_descriptor_and_no_signal_mask),
		cmocka_unit_test(test_timeout_kills_the_session),
		cmocka_unit_test(test_cancel_and_ceilings),
		cmocka_unit_test(test_late_overflow_kills_the_session),
		cmocka_unit_test(test_guarded_behaves_the_same),
		cmocka_unit_test(test_background_process_survives),
		cmocka_unit_test(test_guard_kills_the_program_when_the_parent_dies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
