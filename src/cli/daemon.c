/* Starts the daemon and waits until it is ready. */
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec.h"
#include "report.h"
#include "signals.h"
#include "tenantfs/buf.h"
#include "tenantfs/clock.h"
#include "tenantfs/control.h"
#include "tenantfs/file.h"

static const char program[] = "tenantfs-mountd";

enum {
	READY_FD = 3,
	START_MS = 30000, /* in addition to the time of one operation */
	END_MS = 10000,
	MAX_ARGS = 16,
	LOG_KEPT = 1 << 20,
};

static void fill_args(const struct cli_daemon *daemon, bool foreground, const char *args[MAX_ARGS])
{
	size_t n = 0;

	args[n++] = program;
	args[n++] = "-c";
	args[n++] = daemon->config->path;
	args[n++] = "-t";
	args[n++] = daemon->config->name;
	/* First, so that errors in the other options are reported to the parent. */
	if (foreground) {
		args[n++] = "-f";
	} else {
		args[n++] = "--ready-fd";
		args[n++] = "3";
	}
	if (daemon->options && daemon->options[0]) {
		args[n++] = "-o";
		args[n++] = daemon->options;
	}
	args[n++] = daemon->dir;
	args[n] = NULL;
}

int cli_daemon_become(const struct cli_daemon *daemon, struct tfs_error *error)
{
	const char *args[MAX_ARGS];

	fill_args(daemon, true, args);
	return cli_exec(program, (char **)args, error);
}

/* The log is kept in the state folder, and truncated when it has grown large. */
static char *log_path(const struct tfs_config *config)
{
	char *path = NULL;

	if (tfs_file_make_private_dir(config->state_dir, NULL) < 0 ||
	    asprintf(&path, "%s/mountd.log", config->state_dir) < 0)
		return strdup("/dev/null");
	cleanup_close int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0 && lseek(fd, 0, SEEK_END) > LOG_KEPT && ftruncate(fd, 0) < 0)
		errno = 0;
	return path;
}

/* Spawns in a new session, with no descriptor but the pipe and with default signals. */
static int spawn(const char *path, char *const *args, int ready_fd, const char *log, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	int r = posix_spawn_file_actions_init(&actions);
	if (r)
		return -r;
	r = posix_spawnattr_init(&attributes);
	if (r) {
		posix_spawn_file_actions_destroy(&actions);
		return -r;
	}
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attributes, &none);
	posix_spawnattr_setsigdefault(&attributes, &all);
	/* This comes first: the actions below may replace the pipe's descriptor. */
	r = posix_spawn_file_actions_adddup2(&actions, ready_fd, READY_FD);
	if (!r)
		r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!r)
		r = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log, O_WRONLY | O_APPEND, 0);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
	if (!r)
		r = posix_spawn_file_actions_addclosefrom_np(&actions, READY_FD + 1);
	if (!r)
		r = posix_spawn_file_actions_addchdir_np(&actions, "/");
	if (!r)
		r = posix_spawn(ret_pid, path, &actions, &attributes, args, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* Reads one line; the end of the stream ends it, too. -EINTR: a signal came. */
static int read_ready(int fd, int signal_fd, uint64_t timeout_ms, struct tfs_buf *line)
{
	uint64_t deadline_ms = tfs_clock_ms() + timeout_ms;
	char chunk[1024];

	for (;;) {
		uint64_t now = tfs_clock_ms();
		struct pollfd fds[] = { { .fd = fd, .events = POLLIN }, { .fd = signal_fd, .events = POLLIN } };
		int n = now >= deadline_ms ? 0 : poll(fds, 2, (int)(deadline_ms - now));
		if (n == 0)
			return -ETIMEDOUT;
		if (n > 0 && fds[1].revents)
			return -EINTR;
		ssize_t len = n > 0 ? read(fd, chunk, sizeof(chunk)) : -1;
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;
		if (len > 0 && tfs_buf_add(line, chunk, (size_t)len) < 0)
			return -EFBIG;
		if (len == 0 || memchr(line->data, '\n', line->len))
			return 0;
	}
}

/* False: it has not ended in time. */
static bool wait_end(pid_t pid, int *ret_status)
{
	cleanup_close int fd = pidfd_open(pid, 0);
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	int n;

	do
		n = poll(&poll_fd, 1, END_MS);
	while (n < 0 && errno == EINTR);
	return n > 0 && waitpid(pid, ret_status, WNOHANG) == pid;
}

static int explain_end(bool ended, int status, const char *log, struct tfs_error *error)
{
	if (!ended)
		return tfs_error_set(error, -EIO, "cli", "the daemon did not report that it is ready; see %s", log);
	if (WIFSIGNALED(status))
		return tfs_error_set(error, -EIO, "cli", "the daemon was killed by signal %d; see %s", WTERMSIG(status),
				     log);
	return tfs_error_set(error, -EIO, "cli", "the daemon exited with code %d and no message; see %s",
			     WEXITSTATUS(status), log);
}

/* Parses "ok" or an error as JSON. Reports an error only after the daemon has ended. */
static int judge_ready(pid_t pid, const struct tfs_buf *line, const char *log, struct tfs_error *error)
{
	cleanup_json json_t *value = NULL;
	int status = 0;

	if (line->len >= 2 && !memcmp(line->data, "ok", 2))
		return 0;
	bool ended = wait_end(pid, &status);
	if (!line->len || tfs_json_parse(line->data, line->len, &value, NULL) < 0)
		return explain_end(ended, status, log, error);
	tfs_error_from_json(value, error);
	return error->code;
}

static int wait_ready(const struct cli_daemon *daemon, pid_t pid, int fd, int signal_fd, const char *log,
		      struct tfs_error *error)
{
	struct tfs_buf line cleanup_buf = TFS_BUF_INIT(64 << 10);
	struct cli_progress *progress = cli_progress_start("mounting");
	int r = read_ready(fd, signal_fd, daemon->config->timeout_ms + START_MS, &line);

	cli_progress_end(progress);
	if (r == 0)
		return judge_ready(pid, &line, log, error);
	/* Interrupted or timed out: the mount is no longer wanted. */
	kill(pid, SIGTERM);
	if (r == -ETIMEDOUT)
		return tfs_error_set(error, r, "cli", "the daemon was not ready in time; see %s", log);
	return tfs_error_set(error, r, "cli", "cannot read from the daemon: %s", strerror(-r));
}

static int start_and_wait(const struct cli_daemon *daemon, const char *path, int signal_fd, const char *log,
			  struct tfs_error *error)
{
	const char *args[MAX_ARGS];
	int fds[2];
	pid_t pid = 0;

	fill_args(daemon, false, args);
	args[0] = path;
	if (pipe2(fds, O_CLOEXEC) < 0)
		return tfs_error_set(error, -errno, "cli", "cannot make a pipe");
	int r = spawn(path, (char *const *)args, fds[1], log, &pid);
	close(fds[1]);
	cleanup_close int ready = fds[0];
	if (r < 0)
		return tfs_error_set(error, r, "cli", "cannot run %s: %s", path, strerror(-r));
	return wait_ready(daemon, pid, ready, signal_fd, log, error);
}

int cli_daemon_start(const struct cli_daemon *daemon, struct tfs_error *error)
{
	cleanup_free char *path = NULL;
	cleanup_free char *log = log_path(daemon->config);
	sigset_t before;
	int r = log ? cli_find_program(program, &path, error) : tfs_error_set_memory(error);

	if (r < 0)
		return r;
	int signal_fd = cli_signals_hold(&before);
	if (signal_fd < 0)
		return tfs_error_set(error, signal_fd, "cli", "signalfd: %s", strerror(-signal_fd));
	r = start_and_wait(daemon, path, signal_fd, log, error);
	cli_signals_release(signal_fd, &before);
	return r;
}
