/* The guard process: waits for the death of the daemon's first thread, or for permission to exit. */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tenantfs/cleanup.h"
#include "tenantfs/log.h"
#include "tenantfs/mounts.h"

const char mountd_guard_name[] = "tenantfs-guard";

struct guard {
	pid_t pid;
	const char *dir; /* borrowed */
	int fd;          /* the pipe to the guard: the connection's number; closing it lets the guard exit */
};

static void abort_connection(unsigned connection)
{
	int r = connection > 0 ? tfs_mount_abort(connection) : -ENOENT;

	/* -ENOENT: nothing was mounted yet, or the mount ended with the daemon. */
	if (r < 0 && r != -ENOENT)
		tfs_log(TFS_LOG_WARNING, 0, "guard: cannot abort the connection of a dead daemon: %s", strerror(-r));
}

/* The death signal comes when the first thread has ended, even if other threads keep descriptors open. */
static void await_end(long parent)
{
	const int fd = STDIN_FILENO;
	cleanup_close int signal_fd = -1;
	unsigned connection = 0;
	sigset_t set;

	sigfillset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	signal_fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (signal_fd < 0 || prctl(PR_SET_PDEATHSIG, SIGUSR1) < 0 || getppid() != parent)
		return;
	struct pollfd fds[] = { { .fd = fd, .events = POLLIN }, { .fd = signal_fd, .events = POLLIN } };
	while (fds[1].revents == 0) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		if (fds[0].revents != 0 && read(fd, &connection, sizeof(connection)) != sizeof(connection))
			return;
	}
	abort_connection(connection);
}

int mountd_guard_main(int argc, char **argv)
{
	if (argc != 3)
		return EXIT_FAILURE;
	prctl(PR_SET_NAME, mountd_guard_name);
	await_end(strtol(argv[1], NULL, 10));
	return EXIT_SUCCESS;
}

/* The guard keeps only the pipe and the log: any other descriptor of the daemon would outlive it. */
static int add_actions(posix_spawn_file_actions_t *actions, int fd, bool silent)
{
	int r = posix_spawn_file_actions_adddup2(actions, fd, STDIN_FILENO);

	if (r == 0)
		r = posix_spawn_file_actions_addopen(actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	/* A parent that reads the daemon's standard error waits for its end. */
	if (r == 0 && silent)
		r = posix_spawn_file_actions_addopen(actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	if (r == 0)
		r = posix_spawn_file_actions_addclosefrom_np(actions, STDERR_FILENO + 1);
	if (r == 0)
		r = posix_spawn_file_actions_addchdir_np(actions, "/");
	return r;
}

/* Under its own name in the list of processes. */
static int spawn(int fd, const char *dir, bool silent, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	char parent[24];
	const char *const argv[] = { mountd_guard_name, parent, dir, NULL };
	char *const no_environment[] = { NULL };
	int r = posix_spawn_file_actions_init(&actions);

	if (r != 0)
		return r;
	snprintf(parent, sizeof(parent), "%ld", (long)getpid());
	r = add_actions(&actions, fd, silent);
	if (r == 0)
		r = posix_spawn(ret_pid, "/proc/self/exe", &actions, NULL, (char *const *)argv, no_environment);
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

int mountd_guard_new(const char *dir, bool silent, struct guard **ret, struct tfs_error *error)
{
	cleanup_free struct guard *guard = malloc(sizeof(*guard));
	int fds[2], r;

	if (!guard)
		return tfs_error_set_memory(error);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return tfs_error_set(error, -errno, "mountd", "cannot make a pipe: %s", strerror(errno));
	r = spawn(fds[0], dir, silent, &guard->pid);
	close(fds[0]);
	if (r != 0) {
		close(fds[1]);
		return tfs_error_set(error, -r, "mountd", "cannot start the guard: %s", strerror(r));
	}
	guard->fd = fds[1];
	guard->dir = dir;
	*ret = steal_pointer(&guard);
	return 0;
}

void mountd_guard_watch(struct guard *guard)
{
	struct tfs_mount mount cleanup_mount = { 0 };
	struct tfs_error error = { 0 };
	int r = tfs_mount_find(guard->dir, &mount, &error);

	if (r < 0)
		tfs_log(TFS_LOG_WARNING, 0, "mounted without a guard: %s", error.message);
	else if (r == 0 || strcmp(mount.dir, guard->dir) != 0 ||
		 write(guard->fd, &mount.connection, sizeof(mount.connection)) < 0)
		tfs_log(TFS_LOG_WARNING, 0, "mounted without a guard: %s", guard->dir);
}

void mountd_guard_free(struct guard *guard)
{
	if (!guard)
		return;
	close(guard->fd);
	while (waitpid(guard->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(guard);
}
