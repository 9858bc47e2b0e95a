/* Aborts the FUSE connection of a dead daemon that cannot end. */
#include "zombie.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "mounts.h"
#include "tenantfs/file.h"

enum { TEXT_MAX = 4096, TRIES = 100, PAUSE_NS = 50000000 };

/* The process id in the tenant's lock; 0: none. */
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

/* True if the first thread has ended and another has not: "12 (name) Z 1 …". */
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

/* True while a thread of the dead daemon still holds the lock. */
static bool is_held(const struct tfs_config *config)
{
	cleanup_free char *path = NULL;
	cleanup_close int lock = -1;

	if (asprintf(&path, "%s/lock", config->state_dir) < 0) {
		path = NULL;
		return false;
	}
	lock = tfs_file_lock(path, NULL);
	return lock == -EBUSY;
}

void cli_abort_zombie(const struct tfs_config *config, const char *dir)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct tfs_mount mount cleanup_mount = { 0 };

	if (!is_zombie(read_owner(config)) || !is_held(config) || tfs_mount_find(dir, &mount, NULL) <= 0)
		return;
	int r = strcmp(mount.dir, dir) == 0 ? tfs_mount_abort(mount.connection) : 0;
	if (r < 0)
		fprintf(stderr, "tenantfs: %s: its daemon is dead and cannot end: run umount -f as root: %s\n", dir,
			strerror(-r));
	for (int i = 0; i < TRIES && is_held(config); i++)
		nanosleep(&pause, NULL);
}
