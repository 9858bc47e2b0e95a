/* Whole files: reading with a ceiling, atomic writing, permission checks, locks, paths. */
#include "tenantfs/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tenantfs/cleanup.h"

enum { READ_STEP = 16384, PRIVATE_BITS = 077 };

static int fail_path(struct tfs_error *error, int code, const char *verb, const char *path)
{
	return tfs_error_set(error, code, "file", "cannot %s %s: %s", verb, path, strerrordesc_np(-code));
}

/* Size of the first read: the file's size, if known, and one byte more to see its end. */
static size_t first_step(int fd, const struct tfs_buf *out)
{
	size_t left = out->max - out->len;
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size < 0 || (size_t)st.st_size >= left)
		return READ_STEP;
	return (size_t)st.st_size + 1;
}

static int read_all(int fd, const char *path, struct tfs_buf *out, struct tfs_error *error)
{
	size_t step = first_step(fd, out);
	char probe;
	ssize_t got;

	for (;;) {
		size_t left = out->max - out->len;

		if (step > left)
			step = left;
		if (step > 0 && tfs_buf_reserve(out, step) < 0)
			return tfs_error_set_memory(error);
		/*
		 * At the ceiling, one more byte is requested to tell a file that just fits from a larger one.
		 */
		got = step > 0 ? read(fd, out->data + out->len, step) : read(fd, &probe, 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_path(error, -errno, "read", path);
		if (got == 0)
			return 0;
		if (step == 0)
			return tfs_error_set(error, -EFBIG, "file", "%s is larger than the %zu bytes allowed", path,
					     out->max);
		tfs_buf_grow(out, (size_t)got);
		step = READ_STEP;
	}
}

static int read_fd(int fd, const char *path, struct tfs_buf *out, struct tfs_error *error)
{
	size_t before = out->len;
	int r = read_all(fd, path, out, error);

	if (r < 0)
		tfs_buf_resize(out, before);
	return r;
}

int tfs_file_read(const char *path, struct tfs_buf *out, struct tfs_error *error)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return fail_path(error, -errno, "read", path);
	return read_fd(fd, path, out, error);
}

/* Checks the open descriptor, not the path: the path may lead to another file by the time it is read. */
static int check_private(int fd, const char *path, struct tfs_error *error)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return fail_path(error, -errno, "read", path);
	if (!S_ISREG(st.st_mode))
		return tfs_error_set(error, -EACCES, "file", "%s is not a regular file", path);
	if (st.st_uid != geteuid() && st.st_uid != 0)
		return tfs_error_set(error, -EACCES, "file", "%s belongs to another user (uid %u)", path,
				     (unsigned int)st.st_uid);
	if (st.st_mode & PRIVATE_BITS)
		return tfs_error_set(error, -EACCES, "file", "%s may be used by others (mode %04o): chmod 600 %s", path,
				     (unsigned int)st.st_mode & 07777, path);
	return 0;
}

int tfs_file_read_private(const char *path, struct tfs_buf *out, struct tfs_error *error)
{
	/* O_NONBLOCK: opening a FIFO must not wait for a writer; check_private refuses it. */
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int r;

	if (fd < 0)
		return fail_path(error, -errno, "read", path);
	r = check_private(fd, path, error);
	if (r < 0)
		return r;
	return read_fd(fd, path, out, error);
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t put = write(fd, bytes, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		bytes += put;
		len -= (size_t)put;
	}
	return 0;
}

/*
 * A rename is durable only after its folder is synced. Filesystems that cannot sync a folder return EINVAL.
 */
static int sync_folder(const char *folder)
{
	cleanup_close int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	if (fsync(fd) < 0 && errno != EINVAL && errno != EROFS)
		return -errno;
	return 0;
}

/* "/a" for "/a/b", "/" for "/b", "." for "b". Caller frees; NULL: out of memory. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static int fill_temporary(int fd, const void *bytes, size_t len, mode_t mode)
{
	int r = write_all(fd, bytes, len);

	if (r < 0)
		return r;
	if (fchmod(fd, mode) < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

/* Renames the finished file to `path`. Without `replace`, an existing file is -EEXIST. */
static int name_temporary(const char *temporary, const char *path, bool replace)
{
	if (replace)
		return rename(temporary, path) < 0 ? -errno : 0;
	if (link(temporary, path) < 0)
		return -errno;
	unlink(temporary);
	return 0;
}

static int write_beside(const char *folder, const char *path, const void *bytes, size_t len, mode_t mode, bool replace)
{
	cleanup_free char *temporary = NULL;
	int fd, r;

	if (asprintf(&temporary, "%s/.tenantfs-XXXXXX", folder) < 0) {
		temporary = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = fill_temporary(fd, bytes, len, mode);
	if (close(fd) < 0 && r == 0)
		r = -errno;
	if (r == 0)
		r = name_temporary(temporary, path, replace);
	if (r < 0)
		unlink(temporary);
	return r < 0 ? r : sync_folder(folder);
}

static int write_file(const char *path, const void *bytes, size_t len, mode_t mode, bool replace,
		      struct tfs_error *error)
{
	cleanup_free char *folder = folder_of(path);
	int r;

	if (!folder)
		return tfs_error_set_memory(error);
	r = write_beside(folder, path, bytes, len, mode, replace);
	return r < 0 ? fail_path(error, r, "write", path) : 0;
}

int tfs_file_write(const char *path, const void *bytes, size_t len, mode_t mode, struct tfs_error *error)
{
	return write_file(path, bytes, len, mode, true, error);
}

int tfs_file_create(const char *path, const void *bytes, size_t len, mode_t mode, struct tfs_error *error)
{
	return write_file(path, bytes, len, mode, false, error);
}

static int check_private_dir(const char *path, struct tfs_error *error)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return fail_path(error, -errno, "use", path);
	if (!S_ISDIR(st.st_mode))
		return fail_path(error, -ENOTDIR, "use", path);
	if (st.st_uid != geteuid())
		return tfs_error_set(error, -EACCES, "file", "%s belongs to another user (uid %u)", path,
				     (unsigned int)st.st_uid);
	if (st.st_mode & PRIVATE_BITS)
		return tfs_error_set(error, -EACCES, "file", "%s is open to others (mode %04o): chmod 700 %s", path,
				     (unsigned int)st.st_mode & 07777, path);
	return 0;
}

int tfs_file_make_private_dir(const char *path, struct tfs_error *error)
{
	cleanup_free char *part = strdup(path);

	if (!part)
		return tfs_error_set_memory(error);
	for (char *p = part + strspn(part, "/"); *p != '\0';) {
		size_t step = strcspn(p, "/");
		char after = p[step];

		p[step] = '\0';
		/*
		 * An existing file that is no folder is reported by the next mkdir or by check_private_dir.
		 */
		if (mkdir(part, 0700) < 0 && errno != EEXIST && errno != EISDIR)
			return fail_path(error, -errno, "make folder", part);
		p[step] = after;
		p += step;
		p += strspn(p, "/");
	}
	return check_private_dir(path, error);
}

int tfs_file_lock(const char *path, struct tfs_error *error)
{
	cleanup_close int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
	int locked;

	if (fd < 0)
		return fail_path(error, -errno, "lock", path);
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno == EINTR)
			continue;
		if (errno == EWOULDBLOCK)
			return tfs_error_set(error, -EBUSY, "file", "%s is held by another process", path);
		return fail_path(error, -errno, "lock", path);
	}
	locked = fd;
	fd = -1;
	return locked;
}

static char *join(const char *folder, const char *middle, const char *rest)
{
	char *path;

	return asprintf(&path, "%s%s%s", folder, middle, rest) < 0 ? NULL : path;
}

char *tfs_file_xdg(const char *variable, const char *fallback)
{
	const char *value = getenv(variable), *home = getenv("HOME");
	cleanup_free char *folder = NULL;

	/* The XDG specification says to ignore relative values. */
	if (value && value[0] == '/')
		return join(value, "/", "tenantfs");
	if (!home || home[0] != '/')
		return NULL;
	folder = join(home, "/", fallback);
	return !folder ? NULL : join(folder, "/", "tenantfs");
}

char *tfs_file_expand(const char *path, const char *base)
{
	const char *home = getenv("HOME");

	if (path[0] == '~' && (path[1] == '/' || path[1] == '\0'))
		return !home || home[0] == '\0' ? NULL : join(home, "", path + 1);
	if (path[0] == '/' || !base)
		return strdup(path);
	return join(base, "/", path);
}
