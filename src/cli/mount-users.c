/* Finds the processes that use a mount, from the links in /proc: the mount itself is not accessed. */
#include "mount-users.h"

#include <dirent.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tenantfs/buf.h"
#include "tenantfs/file.h"

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

int cli_mount_users_print(FILE *out, const char *dir)
{
	DIR *processes = opendir("/proc");
	char target[PATH_MAX];
	int count = 0;

	if (!processes)
		return 0;
	for (struct dirent *entry = readdir(processes); entry; entry = readdir(processes)) {
		long pid = strtol(entry->d_name, NULL, 10);
		const char *reason = pid > 0 ? find_reason(pid, dir, target) : NULL;
		if (!reason)
			continue;
		print_process(out, pid, reason, target);
		count++;
	}
	closedir(processes);
	return count;
}
