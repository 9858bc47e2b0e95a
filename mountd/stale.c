/* A mount whose daemon died answers "not connected" until somebody takes it away. */
#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon.h"
#include "tenantfs/file.h"

static const char TYPE[] = "fuse.tenantfs";

enum { TABLE_MAX = 16 << 20 };

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw": field 5 and the one behind the dash. */
static bool line_is(char *line, const char *dir)
{
	char *rest = line, *field = NULL, *tail = strstr(line, " - ");

	for (int i = 0; i < 5; i++)
		field = strsep(&rest, " ");
	return tail != NULL && field != NULL && strcmp(field, dir) == 0 &&
	       strncmp(tail + 3, TYPE, sizeof(TYPE) - 1) == 0 && tail[3 + sizeof(TYPE) - 1] == ' ';
}

/* The table writes blanks as \040 and the like. Caller frees. */
static char *escape_path(const char *dir)
{
	struct tfs_buf out = TFS_BUF_INIT(TABLE_MAX);
	int r = 0;

	for (; *dir != '\0' && r == 0; dir++) {
		if (strchr(" \t\n\\", *dir) != NULL)
			r = tfs_buf_printf(&out, "\\%03o", *dir);
		else
			r = tfs_buf_putc(&out, *dir);
	}
	if (r < 0) {
		tfs_buf_finish(&out);
		return NULL;
	}
	return tfs_buf_steal(&out, NULL);
}

static bool is_ours(const char *dir)
{
	cleanup_free char *path = escape_path(dir);
	struct tfs_buf table cleanup_buf = TFS_BUF_INIT(TABLE_MAX);
	char *line, *rest;
	bool found = false;

	if (path == NULL || tfs_file_read("/proc/self/mountinfo", &table, NULL) < 0)
		return false;
	for (rest = table.data; !found && (line = strsep(&rest, "\n")) != NULL;)
		found = line_is(line, path);
	return found;
}

static int run_fusermount(const char *dir)
{
	char *const argv[] = { (char *)"fusermount3", (char *)"-u", (char *)"-z", (char *)"--", (char *)dir, NULL };
	int status = 0;
	pid_t pid;

	if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) != 0)
		return -EPERM;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EPERM;
}

int clear_stale_mount(const char *dir, struct tfs_error *error)
{
	struct statvfs vfs;
	int r = 0;

	/* Not stat: the attributes may still be in the kernel's memory. */
	if (statvfs(dir, &vfs) == 0 || errno != ENOTCONN)
		return 0;
	if (!is_ours(dir))
		return tfs_error_set(error, -ENOTCONN, "mountd",
				     "%s: another file system's daemon died there: umount it",
				     dir);
	if (umount2(dir, MNT_DETACH) < 0)
		r = errno == EPERM ? run_fusermount(dir) : -errno;
	if (r < 0)
		return tfs_error_set(error, r, "mountd", "%s: what a dead daemon left mounted cannot be taken away: %s",
				     dir, strerror(-r));
	return 0;
}
