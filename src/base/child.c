/* Runs a program and collects its output: spawn, pipes, deadline, guard process. */
#include "tenantfs/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tenantfs/cleanup.h"
#include "tenantfs/clock.h"
#include "tenantfs/secret.h"

enum {
	POLL_MS = 25,     /* upper bound on the delay before a cancel is noticed */
	EXIT_POLL_MS = 2, /* poll interval once the program has closed its output */
	DRAIN_READS = 64, /* reads after the exit; enough to empty a full pipe */
	GUARD_FD = 3,
	ARGS_MAX = 64,
};

/*
 * The guard reads from a pipe whose only writer is this process, which never writes. End of file means that
 * this process has died; the guard then kills the whole session, grandchildren included.
 */
static const char guard_script[] = "{ read -r _; kill -KILL 0; } <&3 & guard=$!\n"
				   "\"$@\" 3<&-\n"
				   "code=$?\n"
				   "kill -KILL \"$guard\"\n"
				   "exit \"$code\"\n";

struct running {
	pid_t pid;           /* also its session and process group */
	int out, err, guard; /* our ends of the pipes; -1: not used, or end of file */
	int pidfd;           /* readable after the exit; -1: the kernel has no pidfd_open */
};

static void close_end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int set_up_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &all);
	return posix_spawnattr_setflags(attributes,
					POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

/* The child's ends of the pipes. The guard reads `guard`. */
struct ends {
	int in, out, err, guard;
};

/*
 * A memfd instead of a pipe: writing never blocks on a slow reader and never raises SIGPIPE. -1 and errno on
 * failure.
 */
static int open_input(const struct tfs_child *child)
{
	int fd = memfd_create("input", MFD_CLOEXEC);
	size_t done = 0;

	while (fd >= 0 && done < child->input_len) {
		ssize_t n = write(fd, (const char *)child->input + done, child->input_len - done);

		if (n < 0 && errno != EINTR) {
			close(fd);
			return -1;
		}
		done += n > 0 ? (size_t)n : 0;
	}
	if (fd >= 0)
		lseek(fd, 0, SEEK_SET);
	return fd;
}

static int set_up_files(posix_spawn_file_actions_t *actions, const struct tfs_child *child, const struct ends *ends)
{
	int r = ends->in >= 0 ? posix_spawn_file_actions_adddup2(actions, ends->in, STDIN_FILENO)
			      : posix_spawn_file_actions_addopen(actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);

	if (r == 0)
		r = posix_spawn_file_actions_adddup2(actions, ends->out, STDOUT_FILENO);
	if (r == 0 && ends->err >= 0)
		r = posix_spawn_file_actions_adddup2(actions, ends->err, STDERR_FILENO);
	if (r == 0 && ends->guard >= 0)
		r = posix_spawn_file_actions_adddup2(actions, ends->guard, GUARD_FD);
	if (r == 0)
		r = posix_spawn_file_actions_addclosefrom_np(actions, ends->guard >= 0 ? GUARD_FD + 1 : GUARD_FD);
	if (r == 0 && child->folder)
		r = posix_spawn_file_actions_addchdir_np(actions, child->folder);
	return r;
}

/* The program's arguments, preceded by the guard's shell command if there is a guard. */
static int build_args(const struct tfs_child *child, char *args[ARGS_MAX])
{
	size_t n = 0;

	if (child->guarded) {
		args[n++] = (char *)"sh";
		args[n++] = (char *)"-c";
		args[n++] = (char *)guard_script;
		args[n++] = (char *)"sh";
	}
	for (size_t i = 0; child->argv[i]; i++) {
		if (n == ARGS_MAX - 1)
			return -E2BIG;
		args[n++] = child->argv[i];
	}
	args[n] = NULL;
	return 0;
}

static int spawn(const struct tfs_child *child, const struct ends *ends, pid_t *ret)
{
	char *const *environment = child->environment ? child->environment : environ;
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	char *args[ARGS_MAX];
	int r = build_args(child, args);

	if (r < 0)
		return r;
	r = posix_spawn_file_actions_init(&actions);
	if (r != 0)
		return -r;
	r = posix_spawnattr_init(&attributes);
	if (r != 0) {
		posix_spawn_file_actions_destroy(&actions);
		return -r;
	}
	r = set_up_attributes(&attributes);
	if (r == 0)
		r = set_up_files(&actions, child, ends);
	if (r == 0 && child->guarded)
		r = posix_spawn(ret, "/bin/sh", &actions, &attributes, args, environment);
	else if (r == 0)
		r = posix_spawnp(ret, args[0], &actions, &attributes, args, environment);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* `*ret_ours` is the end this process keeps: the read end, or the write end of the guard's pipe. */
static int open_pipe(bool ours_reads, int *ret_ours, int *ret_theirs)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	*ret_ours = fds[ours_reads ? 0 : 1];
	*ret_theirs = fds[ours_reads ? 1 : 0];
	return 0;
}

static void close_all(struct running *running)
{
	close_end(&running->out);
	close_end(&running->err);
	close_end(&running->guard);
	close_end(&running->pidfd);
}

static int start(const struct tfs_child *child, struct running *running)
{
	struct ends ends = { -1, -1, -1, -1 };
	int r = 0;

	*running = (struct running){ .pid = -1, .out = -1, .err = -1, .guard = -1, .pidfd = -1 };
	if (child->input && (ends.in = open_input(child)) < 0)
		r = -errno;
	if (r == 0)
		r = open_pipe(true, &running->out, &ends.out);
	if (r == 0 && child->err)
		r = open_pipe(true, &running->err, &ends.err);
	if (r == 0 && child->guarded)
		r = open_pipe(false, &running->guard, &ends.guard);
	if (r == 0)
		r = spawn(child, &ends, &running->pid);
	if (r == 0)
		running->pidfd = pidfd_open(running->pid, 0);
	close_end(&ends.in);
	close_end(&ends.out);
	close_end(&ends.err);
	close_end(&ends.guard);
	if (r < 0)
		close_all(running);
	return r;
}

static int add_if_room(struct tfs_buf *into, const char *bytes, size_t len)
{
	size_t room = into->max - into->len;

	return tfs_buf_add(into, bytes, len < room ? len : room);
}

/* One read. With `keep_all`, output past the ceiling of `into` is an error; without, it is dropped. */
static int read_available(int *fd, bool keep_all, struct tfs_buf *into)
{
	char bytes[4096];
	ssize_t got = read(*fd, bytes, sizeof(bytes));
	int code = got < 0 ? errno : 0, r = 0;

	if (got > 0)
		r = keep_all ? tfs_buf_add(into, bytes, (size_t)got) : add_if_room(into, bytes, (size_t)got);
	tfs_wipe(bytes, sizeof(bytes));
	if (got == 0)
		close_end(fd);
	if (code != 0 && code != EINTR && code != EAGAIN)
		return -code;
	return keep_all ? r : 0;
}

/* Waits up to `wait_ms` for output. 1: some was read, or a pipe was closed; 0: none. */
static int poll_output(const struct tfs_child *child, struct running *running, int wait_ms)
{
	struct pollfd ready[] = { { .fd = running->out, .events = POLLIN },
				  { .fd = running->err, .events = POLLIN },
				  { .fd = running->pidfd, .events = POLLIN } };
	int r = 0;

	if (poll(ready, 3, wait_ms) <= 0)
		return 0;
	if (ready[0].revents != 0)
		r = read_available(&running->out, true, child->out);
	if (r == 0 && ready[1].revents != 0)
		r = read_available(&running->err, false, child->err);
	return r < 0 ? r : 1;
}

/* WNOWAIT leaves the zombie, so that the kernel cannot reuse its pid before the session is killed. */
static bool has_ended(const struct running *running)
{
	siginfo_t info = { 0 };

	if (waitid(P_PID, (id_t)running->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
		return errno != EINTR;
	return info.si_pid != 0;
}

/* Reads what is left in the pipes. Does not wait for end of file: a background process may hold them open. */
static int drain_pipes(const struct tfs_child *child, struct running *running)
{
	int r = 1;

	for (int i = 0; i < DRAIN_READS && r > 0; i++)
		r = poll_output(child, running, 0);
	return r < 0 ? r : 0;
}

/* Waits for the exit, not for end of file: a background process may hold the output open for ever. */
static int wait_for_exit(struct tfs_op *op, const struct tfs_child *child, struct running *running)
{
	uint64_t until_ms = tfs_clock_ms() + child->timeout_ms;
	int r = 0;

	while (r >= 0 && !has_ended(running)) {
		bool silent = running->out < 0 && running->err < 0;

		if (tfs_op_cancelled(op))
			return -EINTR;
		if (tfs_op_left_ms(op) == 0 || tfs_clock_ms() >= until_ms)
			return -ETIMEDOUT;
		r = poll_output(child, running, silent ? EXIT_POLL_MS : POLL_MS);
	}
	return r < 0 ? r : drain_pipes(child, running);
}

static int reap(pid_t pid)
{
	int status;

	for (;;) {
		if (waitpid(pid, &status, 0) == pid)
			return status;
		/* SIGCHLD is ignored in this process: the exit status is lost, the output is not. */
		if (errno != EINTR)
			return 0;
	}
}

int tfs_child_run(struct tfs_op *op, const struct tfs_child *child, int *ret_status)
{
	struct running running;
	int r = start(child, &running);

	if (r < 0)
		return r;
	r = wait_for_exit(op, child, &running);
	/* After a regular exit, background processes may stay (a credential cache does). */
	if (r < 0)
		kill(-running.pid, SIGKILL);
	*ret_status = reap(running.pid);
	close_all(&running);
	return r;
}
