/* Children: what they print and how they end, what they inherit, that none outlives its time, or us. */
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
	assert_int_equal(said.complaints.len, 64);
	finish(&said);
}

static bool is_alive(pid_t pid)
{
	char path[64], text[256] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "r");
	if (file == NULL)
		return false;
	if (fgets(text, sizeof(text), file) == NULL)
		text[0] = '\0';
	fclose(file);
	return strrchr(text, ')') != NULL && strncmp(strrchr(text, ')'), ") Z", 3) != 0;
}

static bool ends_within(pid_t pid, uint64_t ms)
{
	uint64_t until = tfs_clock_ms() + ms;

	while (is_alive(pid) && tfs_clock_ms() < until)
		usleep(5000);
	return !is_alive(pid);
}

/* What is too much may be found only once it has ended: those it left go all the same. */
static void too_much_at_the_end(void **state)
{
	char *const argv[] = { (char *)"sh", (char *)"-c",
			       (char *)"sleep 60 & echo $! >&2; head -c 60000 /dev/zero; kill -KILL $$", NULL };
	struct tfs_buf output cleanup_buf = TFS_BUF_INIT(59000), said cleanup_buf = TFS_BUF_INIT(64);
	const struct tfs_child child = { .argv = argv, .out = &output, .said = &said, .timeout_ms = 10000 };
	struct tfs_op *op = tfs_op_new(0);
	int status;

	(void)state;
	assert_int_equal(tfs_child_run(op, &child, &status), -EFBIG);
	tfs_op_free(op);
	assert_true(said.len > 0);
	assert_true(ends_within((pid_t)strtol(said.data, NULL, 10), 2000));
}

static int run_guarded(const char *script, uint64_t timeout_ms, struct said *said)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)script, NULL };
	const struct tfs_child child = { .argv = argv, .out = &said->output, .said = &said->complaints,
					 .timeout_ms = timeout_ms, .guarded = true };
	struct tfs_op *op = tfs_op_new(0);
	int r;

	*said = (struct said){ .output = TFS_BUF_INIT(1 << 16), .complaints = TFS_BUF_INIT(64), .status = -1 };
	r = tfs_child_run(op, &child, &said->status);
	assert_int_equal(tfs_op_error(op)->code, 0);
	tfs_op_free(op);
	return r;
}

/* With a guard as without one. */
static void is_the_same_guarded(void **state)
{
	char *const missing[] = { (char *)"/nonexistent/program", NULL };
	struct tfs_buf output cleanup_buf = TFS_BUF_INIT(100), complaints cleanup_buf = TFS_BUF_INIT(200);
	struct tfs_op *op = tfs_op_new(0);
	struct said said;
	int status, fd = open("/dev/null", O_RDONLY);

	(void)state;
	assert_int_equal(run_guarded("cat; ls /proc/self/fd | tr '\\n' ' '; echo said >&2; exit 7", 10000, &said), 0);
	assert_int_equal(WEXITSTATUS(said.status), 7);
	assert_string_equal(said.output.data, "0 1 2 3 ");
	assert_string_equal(said.complaints.data, "said\n");
	finish(&said);
	close(fd);
	assert_int_equal(run_guarded("sleep 60 & echo $!; wait", 300, &said), -ETIMEDOUT);
	assert_true(ends_within((pid_t)strtol(said.output.data, NULL, 10), 2000));
	finish(&said);
	assert_int_equal(tfs_child_run(op, &(struct tfs_child){ .argv = missing, .out = &output, .said = &complaints,
								.timeout_ms = 5000, .guarded = true }, &status), 0);
	assert_int_equal(WEXITSTATUS(status), 127);
	tfs_op_free(op);
}

/* A cache of credentials stays, and holds nobody up with the output it has inherited. */
static void leaves_what_it_left_behind(void **state)
{
	(void)state;
	for (int guarded = 0; guarded < 2; guarded++) {
		static const char script[] = "sleep 60 & echo $!";
		uint64_t start = tfs_clock_ms();
		struct said said;
		pid_t left;

		assert_int_equal(guarded ? run_guarded(script, 10000, &said) : run(script, NULL, &said), 0);
		assert_true(tfs_clock_ms() - start < 5000);
		left = (pid_t)strtol(said.output.data, NULL, 10);
		assert_false(ends_within(left, 200));
		kill(left, SIGKILL);
		finish(&said);
	}
}

/* A process that is killed while it waits for a guarded program takes that with it. */
static void ends_with_us(void **state)
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
		struct said said;

		snprintf(script, sizeof(script), "echo $$ >/proc/%d/fd/%d; sleep 60", (int)getpid(), ends[1]);
		run_guarded(script, 60000, &said);
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
		cmocka_unit_test(says_what_it_says),
		cmocka_unit_test(inherits_nothing),
		cmocka_unit_test(ends_in_time),
		cmocka_unit_test(ends_when_told),
		cmocka_unit_test(too_much_at_the_end),
		cmocka_unit_test(is_the_same_guarded),
		cmocka_unit_test(leaves_what_it_left_behind),
		cmocka_unit_test(ends_with_us),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
