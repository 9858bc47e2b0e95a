/* Finds and runs the other programs of tenantfs, and programs of the system. */
#include "exec.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tenantfs/buf.h"
#include "tenantfs/cleanup.h"

/* Relative to this program: as installed first, then as in a build folder. */
static const char *const places[] = { "",         "../libexec/tenantfs/", "../libexec/",
				      "../sbin/", "../sandbox/",          "../../mountd/" };

static char *join(const char *folder, size_t len, const char *place, const char *name)
{
	char *path = NULL;

	if (asprintf(&path, "%.*s/%s%s", (int)len, folder, place, name) < 0)
		return NULL;
	/* Without "..", since ps shows the path. */
	char *real = access(path, X_OK) == 0 ? realpath(path, NULL) : NULL;
	free(path);
	return real;
}

static char *find_beside(const char *name)
{
	char own[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);
	char *path = NULL;

	if (len <= 0)
		return NULL;
	own[len] = '\0';
	const char *slash = strrchr(own, '/');
	for (size_t i = 0; slash && !path && i < sizeof(places) / sizeof(*places); i++)
		path = join(own, (size_t)(slash - own), places[i], name);
	return path;
}

static char *find_in_path(const char *name)
{
	char *path = NULL;

	for (const char *list = getenv("PATH"); list && *list && !path; list += *list == ':') {
		size_t len = strcspn(list, ":");
		/* A relative entry could be anybody's directory. */
		if (list[0] == '/')
			path = join(list, len, "", name);
		list += len;
	}
	return path;
}

int cli_find_program(const char *name, char **ret, struct tfs_error *error)
{
	char *path = find_beside(name);

	if (!path)
		path = find_in_path(name);
	if (!path)
		return tfs_error_set(error, -ENOENT, "cli",
				     "cannot find the program %s next to this one or in PATH: is it installed?", name);
	*ret = path;
	return 0;
}

int cli_exec(const char *name, char **argv, struct tfs_error *error)
{
	cleanup_free char *path = NULL;
	int r = cli_find_program(name, &path, error);

	if (r < 0)
		return r;
	argv[0] = path;
	/* An ignored signal would stay ignored after exec. */
	signal(SIGPIPE, SIG_DFL);
	execv(path, argv);
	r = -errno;
	return tfs_error_set(error, r, "cli", "cannot run %s: %s", path, strerror(-r));
}

static void read_text(int fd, struct tfs_buf *text)
{
	char chunk[512];
	ssize_t n;

	/* Reads on when the buffer is full, so that the writer does not block. */
	while ((n = read(fd, chunk, sizeof(chunk))) > 0 || (n < 0 && errno == EINTR))
		if (n > 0 && tfs_buf_add(text, chunk, (size_t)n) < 0)
			continue;
	while (text->len && text->data[text->len - 1] == '\n')
		tfs_buf_resize(text, text->len - 1);
}

static int spawn_program(char *const *argv, int error_fd, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	int r = posix_spawn_file_actions_init(&actions);

	if (r)
		return -r;
	r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!r)
		r = posix_spawn_file_actions_adddup2(&actions, error_fd, STDERR_FILENO);
	if (!r)
		r = posix_spawnp(ret_pid, argv[0], &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

int cli_run_program(char *const *argv, char **ret_text, struct tfs_error *error)
{
	struct tfs_buf text = TFS_BUF_INIT(4096);
	int fds[2];
	int status = 0;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return tfs_error_set(error, -errno, "cli", "cannot run %s", argv[0]);
	int r = spawn_program(argv, fds[1], &pid);
	close(fds[1]);
	if (r >= 0)
		read_text(fds[0], &text);
	close(fds[0]);
	if (r < 0)
		return tfs_error_set(error, r, "cli", "cannot run %s: %s", argv[0], strerror(-r));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	*ret_text = tfs_buf_steal(&text, NULL);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
