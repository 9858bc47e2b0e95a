/* Children: what they print and how they end, what they inherit, that none outlives its time. */
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

struct said {
	struct tfs_buf output, complaints;
	int status;
};

static int run(const char *script, const char *input, struct said *said)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };
	const struct tfs_child child = { .argv = argv,
					 .input = input,
					 .input_len = input != NULL ? strlen(input) : 0,
					 .out = &said->output,
					 .said = &said->complaints,
					 .timeout_ms = 10000 };
	struct tfs_op *op = tfs_op_new(0);
	int r;

	*said = (struct said){ .output = TFS_BUF_INIT(1 << 16), .complaints = TFS_BUF_INIT(64), .status = -1 };
	r = tfs_child_run(op, &child, &said->status);
	tfs_op_free(op);
	return r;
}

static void finish(struct said *said)
{
	tfs_buf_finish(&said->output);
	tfs_buf_finish(&said->complaints);
}

static void says_what_it_says(void **state)
{
	struct said said;

	(void)state;
	assert_int_equal(run("cat; echo said >&2; exit 3", "a text\n", &said), 0);
	assert_true(WIFEXITED(said.status));
	assert_int_equal(WEXITSTATUS(said.status), 3);
	assert_string_equal(said.output.data, "a text\n");
	assert_string_equal(said.complaints.data, "said\n");
	finish(&said);
	/* One that reads nothing of much. */
	cleanup_free char *much = calloc(1, (1 << 20) + 1);
	memset(much, 'x', 1 << 20);
	assert_int_equal(run("echo here", much, &said), 0);
	assert_string_equal(said.output.data, "here\n");
	finish(&said);
	assert_int_equal(run("cat", NULL, &said), 0);
	assert_int_equal(said.output.len, 0);
	finish(&said);
}

static void inherits_nothing(void **state)
{
	unsigned long long ignored;
	long session, own;
	struct said said;
	int fd = open("/dev/null", O_RDONLY);

	(void)state;
	assert_true(fd > 2);
	signal(SIGUSR1, SIG_IGN);
	/* `ls` reads its own folder by a descriptor more. The C library's own signals are 32 and 33. */
	assert_int_equal(run("ls /proc/self/fd | tr '\\n' ' '; sed -n 's/SigIgn:/0x/p' /proc/self/status; "
			     "ps -o sid= -p $$; echo $$",
			     NULL, &said),
			 0);
	assert_int_equal(sscanf(said.output.data, "0 1 2 3 0x %llx %ld %ld", &ignored, &session, &own), 3);
	assert_int_equal(ignored & 0x7fffffff, 0);
	assert_int_equal(session, own);
	finish(&said);
	signal(SIGUSR1, SIG_DFL);
	close(fd);
}

static void ends_in_time(void **state)
{
	char *const argv[] = { (char *)"sh", (char *)"-c",
			       (char *)"trap '' TERM; sleep 60 & echo $!; wait; sleep 60", NULL };
	struct tfs_buf output cleanup_buf = TFS_BUF_INIT(100);
	const struct tfs_child child = { .argv = argv, .out = &output, .timeout_ms = 300 };
	struct tfs_op *op = tfs_op_new(0);
	uint64_t start = tfs_clock_ms();
	int status;

	(void)state;
	assert_int_equal(tfs_child_run(op, &child, &status), -ETIMEDOUT);
	tfs_op_free(op);
	assert_in_range(tfs_clock_ms() - start, 290, 5000);
	/* What it started went with it. */
	pid_t sleeper = (pid_t)strtol(output.data, NULL, 10);
	for (int i = 0; i < 100 && kill(sleeper, 0) == 0; i++) {
		char path[64], text[256] = "";
		snprintf(path, sizeof(path), "/proc/%d/stat", (int)sleeper);
		int fd = open(path, O_RDONLY);
		if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0 && strstr(text, ") Z ") != NULL)
			break;
		if (fd >= 0)
			close(fd);
		usleep(20000);
		assert_true(i < 99);
	}
}

static void ends_when_told(void **state)
{
	char *const argv[] = { (char *)"sleep", (char *)"60", NULL };
	char *const missing[] = { (char *)"/nonexistent/program", NULL };
	struct tfs_buf output cleanup_buf = TFS_BUF_INIT(100);
	struct tfs_child child = { .argv = argv, .timeout_ms = 30000, .out = &output };
	struct tfs_op *op = tfs_op_new(0);
	struct said said;
	int status;

	(void)state;
	child.argv = missing;
	assert_int_equal(tfs_child_run(op, &child, &status), -ENOENT);
	child.argv = argv;
	tfs_op_cancel(op);
	assert_int_equal(tfs_child_run(op, &child, &status), -EINTR);
	tfs_op_free(op);
	assert_int_equal(run("yes | head -c 100000", NULL, &said), -EFBIG);
	finish(&said);
	assert_int_equal(run("yes | head -c 100000 >&2; echo done", NULL, &said), 0);
	assert_string_equal(said.output.data, "done\n");
	assert_true(said.complaints.len <= 64);
	finish(&said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_what_it_says),
		cmocka_unit_test(inherits_nothing),
		cmocka_unit_test(ends_in_time),
		cmocka_unit_test(ends_when_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
