/* Unmounts a mount whose daemon has died, which answers ENOTCONN. */
#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon.h"
#include "tenantfs/mounts.h"

static bool is_ours(const char *dir)
{
	struct tfs_mount mount cleanup_mount = { 0 };

	return tfs_mount_find(dir, &mount, NULL) > 0 && strcmp(mount.dir, dir) == 0;
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

int mountd_unmount_dead(const char *dir, struct tfs_error *error)
{
	struct statvfs vfs;
	int r = 0;

	/* Not stat, which the kernel may answer from its cache. */
	if (statvfs(dir, &vfs) == 0 || errno != ENOTCONN)
		return 0;
	if (!is_ours(dir))
		return tfs_error_set(error, -ENOTCONN, "mountd",
				     "%s: the mount of another file system, whose daemon died: umount it", dir);
	if (umount2(dir, MNT_DETACH) < 0)
		r = errno == EPERM ? run_fusermount(dir) : -errno;
	if (r < 0)
		return tfs_error_set(error, r, "mountd", "%s: cannot unmount the mount of a dead daemon: %s", dir,
				     strerror(-r));
	return 0;
}
