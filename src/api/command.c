/* Commands of the configuration: token-command, license-command. */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tenantfs/cleanup.h"
#include "tenantfs/clock.h"
#include "tenantfs/secret.h"

enum { SLICE_MS = 25 }; /* how late a cancelled operation is noticed, at most */

struct child {
	pid_t pid; /* also its process group */
	int output;
};

static int set_up_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setpgroup(attributes, 0);
	return posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
							    POSIX_SPAWN_SETSIGDEF);
}

/* With no input; its complaints go where ours go. */
static int spawn_shell(const char *command, int output, pid_t *ret)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)command, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int r = posix_spawn_file_actions_init(&actions);

	if (r != 0)
		return -r;
	r = posix_spawnattr_init(&attributes);
	if (r != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return -r;
	}
	r = set_up_attributes(&attributes);
	if (r == 0)
		r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	if (r == 0)
		r = posix_spawn(ret, "/bin/sh", &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

static int start_child(const char *command, struct child *child)
{
	int ends[2];
	int r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	r = spawn_shell(command, ends[1], &child->pid);
	close(ends[1]);
	if (r < 0) {
		close(ends[0]);
		return r;
	}
	child->output = ends[0];
	return 0;
}

/* 0 while there is time; else why not. */
static int check_time(struct tfs_op *op, const char *what, uint64_t until_ms)
{
	if (tfs_op_cancelled(op))
		return tfs_fail(op, -EINTR, "api", "interrupted");
	if (tfs_op_left_ms(op) == 0 || tfs_clock_ms() >= until_ms)
		return tfs_fail(op, -ETIMEDOUT, "api", "%s did not end within the time allowed", what);
	return 0;
}

/* 1: there is more to come, 0: the end. */
static int read_some(struct tfs_op *op, const char *what, int fd, struct tfs_buf *out)
{
	char bytes[4096];
	ssize_t got = read(fd, bytes, sizeof(bytes));
	int r = got > 0 ? tfs_buf_add(out, bytes, (size_t)got) : 0;
	int why = errno;

	tfs_wipe(bytes, sizeof(bytes));
	if (r < 0)
		return tfs_fail(op, -EACCES, "api", "%s printed more than %zu bytes", what, out->max);
	if (got < 0 && why != EINTR && why != EAGAIN)
		return tfs_fail(op, -why, "api", "%s cannot be read: %s", what, strerrordesc_np(why));
	return got != 0;
}

static int read_output(struct tfs_op *op, const char *what, int fd, uint64_t until_ms, struct tfs_buf *out)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	int r;

	for (;;) {
		r = check_time(op, what, until_ms);
		if (r < 0)
			return r;
		if (poll(&ready, 1, SLICE_MS) <= 0)
			continue;
		r = read_some(op, what, fd, out);
		if (r <= 0)
			return r;
	}
}

static int wait_for_end(struct tfs_op *op, const char *what, pid_t pid, uint64_t until_ms, int *ret_status)
{
	struct timespec pause = { .tv_nsec = 2000000 };
	int r;

	for (;;) {
		pid_t ended = waitpid(pid, ret_status, WNOHANG);

		if (ended == pid)
			return 0;
		if (ended < 0 && errno != EINTR) {
			/* Somebody ignores SIGCHLD: how it ended cannot be known, what it printed can. */
			*ret_status = 0;
			return 0;
		}
		r = check_time(op, what, until_ms);
		if (r < 0)
			return r;
		nanosleep(&pause, NULL);
	}
}

static void end_child(pid_t pid)
{
	kill(-pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int judge(struct tfs_op *op, const char *what, int status, size_t len)
{
	if (WIFSIGNALED(status))
		return tfs_fail(op, -EACCES, "api", "%s was ended by signal %d", what, WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return tfs_fail(op, -EACCES, "api", "%s ended with exit status %d", what,
				WEXITSTATUS(status));
	if (len == 0)
		return tfs_fail(op, -EACCES, "api", "%s printed nothing", what);
	return 0;
}

int run_command(struct tfs_op *op, const char *what, const char *command, uint64_t timeout_ms,
		struct tfs_buf *out)
{
	uint64_t until_ms = tfs_clock_ms() + timeout_ms;
	size_t before = out->len;
	struct child child;
	int status = 0;
	int r = start_child(command, &child);

	if (r < 0)
		return tfs_fail(op, r, "api", "%s cannot be run: %s", what, strerrordesc_np(-r));
	r = read_output(op, what, child.output, until_ms, out);
	close(child.output);
	if (r == 0)
		r = wait_for_end(op, what, child.pid, until_ms, &status);
	if (r < 0) {
		end_child(child.pid);
		tfs_buf_resize(out, before);
		return r;
	}
	while (out->len > before && (out->data[out->len - 1] == '\n' || out->data[out->len - 1] == '\r'))
		tfs_buf_resize(out, out->len - 1);
	return judge(op, what, status, out->len - before);
}
