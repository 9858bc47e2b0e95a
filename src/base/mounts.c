/* The kernel's mount table, and aborting a FUSE connection. */
#include "tenantfs/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "tenantfs/buf.h"
#include "tenantfs/cleanup.h"
#include "tenantfs/file.h"

static const char mountinfo_path[] = "/proc/self/mountinfo";

/* Decodes \ooo, which the table uses for space, tab, newline and backslash. In place. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		if (from[0] == '\\' && from[1] >= '0' && from[1] <= '3' && from[2] >= '0' && from[2] <= '7' &&
		    from[3] >= '0' && from[3] <= '7') {
			*to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* The mount's user_id option; (uid_t)-1, which is no user, if it is missing. */
static uid_t find_uid(const char *options)
{
	const char *text = strstr(options, "user_id=");
	char *end;

	if (!text)
		return (uid_t)-1;
	text += strlen("user_id=");
	unsigned long uid = strtoul(text, &end, 10);
	return end != text && (*end == ',' || *end == '\0') ? (uid_t)uid : (uid_t)-1;
}

/*
 * Splits "36 35 98:0 ROOT DIR OPTIONS [optional…] - TYPE SOURCE SUPER" in place. -ENOENT: not a tenantfs
 * mount.
 */
static int split_line(char *line, struct tfs_mount *ret)
{
	enum { DEVICE_FIELD = 2, DIR_FIELD = 4 };
	char *type = strstr(line, " - fuse.tenantfs ");
	char *save = NULL;
	char *dir = NULL;
	const char *device = NULL;

	if (!type)
		return -ENOENT;
	*type = '\0';
	char *source = type + strlen(" - fuse.tenantfs ");
	char *options = source + strcspn(source, " ");
	if (*options)
		*options++ = '\0';
	int field = 0;
	for (char *part = strtok_r(line, " ", &save); part; part = strtok_r(NULL, " ", &save), field++) {
		if (field == DEVICE_FIELD)
			device = strchr(part, ':');
		if (field == DIR_FIELD)
			dir = part;
	}
	if (!dir)
		return -ENOENT;
	unescape(dir);
	unescape(source);
	*ret = (struct tfs_mount){ .dir = dir, .tenant = source, .uid = find_uid(options) };
	ret->connection = device ? (unsigned)strtoul(device + 1, NULL, 10) : 0;
	return 0;
}

/* How much of `path` the mount at `dir` covers: its length plus one; 0: `path` is not below it. */
static size_t covered_len(const char *dir, const char *path)
{
	size_t len = strlen(dir);

	if (len && dir[len - 1] == '/')
		len--;
	return !strncmp(dir, path, len) && (path[len] == '/' || path[len] == '\0') ? len + 1 : 0;
}

static int copy_mount(const struct tfs_mount *mount, struct tfs_mount *ret)
{
	struct tfs_mount copy cleanup_mount = { .dir = strdup(mount->dir),
						.tenant = strdup(mount->tenant),
						.uid = mount->uid,
						.connection = mount->connection };

	if (!copy.dir || !copy.tenant)
		return -ENOMEM;
	*ret = copy;
	copy = (struct tfs_mount){ 0 };
	return 0;
}

int tfs_mount_find_in(const char *table, const char *path, struct tfs_mount *ret)
{
	cleanup_free char *copy = strdup(table);
	struct tfs_mount best = { 0 };
	size_t best_len = 0;
	char *save = NULL;

	*ret = (struct tfs_mount){ 0 };
	if (!copy)
		return -ENOMEM;
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct tfs_mount mount;
		size_t len = split_line(line, &mount) == 0 ? covered_len(mount.dir, path) : 0;
		/* Of two mounts on the same directory, the later one covers the earlier. */
		if (len && len >= best_len) {
			best = mount;
			best_len = len;
		}
	}
	if (best_len == 0)
		return 0;
	int r = copy_mount(&best, ret);
	return r < 0 ? r : 1;
}

int tfs_mount_find_connection(const char *table, unsigned connection, struct tfs_mount *ret)
{
	cleanup_free char *copy = strdup(table);
	struct tfs_mount mount, found = { 0 };
	char *save = NULL;
	int r;

	*ret = (struct tfs_mount){ 0 };
	if (!copy)
		return -ENOMEM;
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (split_line(line, &mount) == 0 && mount.connection == connection)
			found = mount;
	if (!found.dir)
		return 0;
	r = copy_mount(&found, ret);
	return r < 0 ? r : 1;
}

int tfs_mount_find(const char *path, struct tfs_mount *ret, struct tfs_error *error)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(16 << 20);
	int r = tfs_file_read(mountinfo_path, &text, error);

	*ret = (struct tfs_mount){ 0 };
	if (r < 0)
		return r;
	r = tfs_mount_find_in(text.data ? text.data : "", path, ret);
	return r < 0 ? tfs_error_set_memory(error) : r;
}

void tfs_mount_finish(struct tfs_mount *mount)
{
	free(mount->dir);
	free(mount->tenant);
}

#define CONNECTIONS "/sys/fs/fuse/connections"
enum { CONTROL_MAGIC = 0x65735543 }; /* fs/fuse/control.c of Linux */

static bool is_fusectl_mounted(void)
{
	struct statfs fs;

	return statfs(CONNECTIONS, &fs) == 0 && fs.f_type == CONTROL_MAGIC;
}

/*
 * Root of a fusectl mount that no directory shows. A mount in a namespace of a child process needs a root directory
 * that is a mount point, which that of a chroot is not, and keeps alive every file system unmounted meanwhile.
 */
static int mount_detached(void)
{
	cleanup_close int fs = fsopen("fusectl", FSOPEN_CLOEXEC);

	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	int root = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	return root < 0 ? -errno : root;
}

static int open_connections(void)
{
	if (!is_fusectl_mounted())
		return mount_detached();
	int fd = open(CONNECTIONS, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int tfs_mount_abort(unsigned connection)
{
	cleanup_close int root = open_connections();
	char name[32];

	if (root < 0)
		return root;
	snprintf(name, sizeof(name), "%u/abort", connection);
	cleanup_close int fd = openat(root, name, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return write(fd, "1", 1) == 1 ? 0 : -errno;
}
