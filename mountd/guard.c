/* The guard: waits for the death of the daemon's first thread, or for the word that it may go. */
#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tenantfs/cleanup.h"
#include "tenantfs/log.h"
#include "tenantfs/mounts.h"

struct guard {
	pid_t pid;
	int fd; /* takes the connection's number; its end is the word to go */
};

/* Nothing of the daemon's but the pipe and where it logs: what the guard holds open would outlive the daemon. */
static void keep_only(int fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null >= 0) {
		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
	}
	close_range(STDERR_FILENO + 1, (unsigned)fd - 1, 0);
	close_range((unsigned)fd + 1, ~0U, 0);
	if (chdir("/") < 0)
		tfs_log(TFS_LOG_DEBUG, 0, "guard: %s", strerror(errno));
}

static void end_connection(unsigned connection)
{
	int r = connection > 0 ? tfs_mount_abort(connection) : -ENOENT;

	/* -ENOENT: there was no mount yet, or it is gone with the daemon. */
	if (r < 0 && r != -ENOENT)
		tfs_log(TFS_LOG_WARNING, 0, "guard: the connection of a dead daemon cannot be ended: %s",
			strerror(-r));
}

/* The signal comes when the first thread has ended, though others may still hold all that was open. */
static void await_end(pid_t parent, int fd)
{
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
	end_connection(connection);
}

int guard_new(struct guard **ret, struct tfs_error *error)
{
	cleanup_free struct guard *guard = malloc(sizeof(*guard));
	pid_t parent = getpid();
	int fds[2];

	if (guard == NULL)
		return tfs_error_set(error, -ENOMEM, "mountd", "out of memory");
	if (pipe2(fds, O_CLOEXEC) < 0)
		return tfs_error_set(error, -errno, "mountd", "cannot make a pipe: %s", strerror(errno));
	guard->pid = fork();
	if (guard->pid < 0) {
		close(fds[0]);
		close(fds[1]);
		return tfs_error_set(error, -EAGAIN, "mountd", "cannot start the guard");
	}
	if (guard->pid == 0) {
		prctl(PR_SET_NAME, "tenantfs-guard");
		keep_only(fds[0]);
		await_end(parent, fds[0]);
		_exit(0);
	}
	close(fds[0]);
	guard->fd = fds[1];
	*ret = steal_pointer(&guard);
	return 0;
}

void guard_watch(struct guard *guard, const char *dir)
{
	struct tfs_mount *mounts = NULL;
	const struct tfs_mount *mount;
	struct tfs_error error = { 0 };
	size_t count = 0;

	if (tfs_mounts_read(&mounts, &count, &error) < 0) {
		tfs_log(TFS_LOG_WARNING, 0, "no guard: %s", error.message);
		return;
	}
	mount = tfs_mounts_find(mounts, count, dir);
	if (mount == NULL || write(guard->fd, &mount->connection, sizeof(mount->connection)) < 0)
		tfs_log(TFS_LOG_WARNING, 0, "no guard of %s", dir);
	tfs_mounts_free(mounts, count);
}

void guard_free(struct guard *guard)
{
	if (guard == NULL)
		return;
	close(guard->fd);
	while (waitpid(guard->pid, NULL, 0) < 0 && errno == EINTR)
		;
	free(guard);
}
