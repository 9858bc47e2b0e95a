/* Ending the connection of a daemon that is dead and cannot leave. */
#include "dead.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <time.h>

#include "mounts.h"
#include "tenantfs/file.h"

enum { TEXT_MAX = 4096, TRIES = 100, PAUSE_NS = 50000000 };

/* Who wrote itself into the tenant's lock; 0: nobody. */
static long read_owner(const struct tfs_config *config)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(TEXT_MAX);
	cleanup_free char *path = NULL;

	if (asprintf(&path, "%s/lock", config->state_dir) < 0) {
		path = NULL;
		return 0;
	}
	return tfs_file_read(path, &text, NULL) == 0 && text.len > 0 ? strtol(text.data, NULL, 10) : 0;
}

/* Its first thread has ended, another has not. "12 (name) Z 1 …" */
static bool is_zombie(long pid)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(TEXT_MAX);
	char path[64];
	const char *state;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	if (pid <= 0 || tfs_file_read(path, &text, NULL) < 0 || text.len == 0)
		return false;
	state = strrchr(text.data, ')');
	return state && strncmp(state, ") Z", 3) == 0;
}

static void end_connection(const struct cli_mount *mount)
{
	cleanup_close int fd = -1;
	char path[64];

	/* By its owner where the control file system is mounted, by root always. */
	snprintf(path, sizeof(path), "/sys/fs/fuse/connections/%u/abort", mount->connection);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, "1", 1) == 1)
		return;
	if (umount2(mount->dir, MNT_FORCE) < 0)
		fprintf(stderr, "tenantfs: %s: its daemon is dead and cannot leave: umount -f it as root\n",
			mount->dir);
}

void cli_end_dead(const struct tfs_config *config, const char *dir)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct cli_mount *mounts = NULL;
	const struct cli_mount *mount;
	long owner = read_owner(config);
	size_t count = 0;

	if (!is_zombie(owner) || cli_mounts_read(&mounts, &count, NULL) < 0)
		return;
	mount = cli_mounts_find(mounts, count, dir);
	if (mount && strcmp(mount->dir, dir) == 0)
		end_connection(mount);
	for (int i = 0; mount && i < TRIES && read_owner(config) == owner; i++) {
		int lock;
		cleanup_free char *path = NULL;

		if (asprintf(&path, "%s/lock", config->state_dir) < 0)
			path = NULL;
		lock = path ? tfs_file_lock(path, NULL) : -1;
		if (lock >= 0) {
			close(lock);
			break;
		}
		nanosleep(&pause, NULL);
	}
	cli_mounts_free(mounts, count);
}
