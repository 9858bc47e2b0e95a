/* Finds the processes that use a mount, from the links in /proc: the mount itself is not accessed. */
#include "mount-users.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tenantfs/buf.h"
#include "tenantfs/file.h"
#include "tenantfs/mounts.h"

enum { TABLE_MAX = 16 << 20 };

static bool is_inside(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return !strncmp(path, dir, len) && (path[len] == '/' || path[len] == '\0');
}

/* Reads a link of /proc; false unless it points into `dir`. */
static bool points_inside(const char *link, const char *dir, char target[PATH_MAX])
{
	ssize_t len = readlink(link, target, PATH_MAX - 1);

	if (len <= 0)
		return false;
	target[len] = '\0';
	return is_inside(target, dir);
}

static bool has_open(long pid, const char *dir, char target[PATH_MAX])
{
	char path[64];
	bool found = false;

	snprintf(path, sizeof(path), "/proc/%ld/fd", pid);
	DIR *folder = opendir(path);
	if (!folder)
		return false;
	for (struct dirent *entry = readdir(folder); entry && !found; entry = readdir(folder)) {
		snprintf(path, sizeof(path), "/proc/%ld/fd/%.16s", pid, entry->d_name);
		found = points_inside(path, dir, target);
	}
	closedir(folder);
	return found;
}

static const char *find_reason(long pid, const char *dir, char target[PATH_MAX])
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld/cwd", pid);
	if (points_inside(path, dir, target))
		return "works in";
	snprintf(path, sizeof(path), "/proc/%ld/root", pid);
	if (points_inside(path, dir, target))
		return "has its root directory in";
	return has_open(pid, dir, target) ? "has open" : NULL;
}

static void print_process(FILE *out, long pid, const char *reason, const char *target)
{
	struct tfs_buf name cleanup_buf = TFS_BUF_INIT(64);
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld/comm", pid);
	bool known = tfs_file_read(path, &name, NULL) >= 0 && name.len > 1;
	fprintf(out, "  process %ld (%.*s) %s %s\n", pid, known ? (int)name.len - 1 : 1, known ? name.data : "?",
		reason, target);
}

/* Calls `print` for each process; returns how many it has printed. */
static int each_process(FILE *out, bool (*print)(FILE *out, long pid, const void *context), const void *context)
{
	DIR *processes = opendir("/proc");
	int count = 0;

	if (!processes)
		return 0;
	for (struct dirent *entry = readdir(processes); entry; entry = readdir(processes)) {
		long pid = strtol(entry->d_name, NULL, 10);

		if (pid > 0 && print(out, pid, context))
			count++;
	}
	closedir(processes);
	return count;
}

static bool print_user(FILE *out, long pid, const void *dir)
{
	char target[PATH_MAX];
	const char *reason = find_reason(pid, dir, target);

	if (reason)
		print_process(out, pid, reason, target);
	return reason;
}

int cli_mount_users_print(FILE *out, const char *dir)
{
	return each_process(out, print_user, dir);
}

static bool shares_namespace(long pid)
{
	char path[64];
	struct stat own, other;

	snprintf(path, sizeof(path), "/proc/%ld/ns/mnt", pid);
	return stat("/proc/self/ns/mnt", &own) < 0 || stat(path, &other) < 0 ||
	       (own.st_dev == other.st_dev && own.st_ino == other.st_ino);
}

static bool print_elsewhere(FILE *out, long pid, const void *connection)
{
	struct tfs_buf table cleanup_buf = TFS_BUF_INIT(TABLE_MAX);
	struct tfs_mount mount cleanup_mount = { 0 };
	char path[64];

	snprintf(path, sizeof(path), "/proc/%ld/mountinfo", pid);
	return !shares_namespace(pid) && tfs_file_read(path, &table, NULL) == 0 && table.len > 0 &&
	       tfs_mount_find_connection(table.data, *(const unsigned *)connection, &mount) > 0 &&
	       print_user(out, pid, mount.dir);
}

int cli_mount_users_elsewhere(FILE *out, unsigned connection)
{
	return each_process(out, print_elsewhere, &connection);
}
