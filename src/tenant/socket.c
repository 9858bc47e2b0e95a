/*
 * The control socket is state_dir/control.sock, in the folder whose lock makes the daemon the tenant's owner.
 * Daemon and command so find it independent of their environment, and two tenants of the same name have two
 * sockets.
 */
#include "socket.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>

#include "tenantfs/control.h"
#include "tenantfs/file.h"

static const char socket_name[] = "control.sock";

char *tfs_control_path(const struct tfs_config *config)
{
	char *path = NULL;

	return asprintf(&path, "%s/%s", config->state_dir, socket_name) < 0 ? NULL : path;
}

static int open_folder(const struct tfs_config *config, struct tfs_error *error)
{
	int fd = open(config->state_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		int code = -errno;
		return tfs_error_set(error, code, "control", "%s: %s", config->state_dir, strerror(-code));
	}
	return fd;
}

/*
 * A socket address holds 107 bytes. A path through the open folder's descriptor is short enough for any
 * folder.
 */
static void fill_address(int folder, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/%s", folder, socket_name);
}

static int fail(const struct tfs_config *config, int code, const char *what, struct tfs_error *error)
{
	return tfs_error_set(error, code, "control", "%s/%s: cannot %s: %s", config->state_dir, socket_name, what,
			     strerror(-code));
}

int tfs_socket_listen(const struct tfs_config *config, struct tfs_error *error)
{
	enum { BACKLOG = 64 };
	struct sockaddr_un address;
	int r = tfs_file_make_private_dir(config->state_dir, error);

	if (r < 0)
		return r;
	cleanup_close int folder = open_folder(config, error);
	if (folder < 0)
		return folder;
	if (unlinkat(folder, socket_name, 0) < 0 && errno != ENOENT)
		return fail(config, -errno, "replace it", error);
	fill_address(folder, &address);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fail(config, -errno, "make a socket", error);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || fchmodat(folder, socket_name, 0600, 0) < 0 ||
	    listen(fd, BACKLOG) < 0) {
		r = fail(config, -errno, "listen", error);
		close(fd);
		return r;
	}
	return fd;
}

int tfs_socket_peer(int fd, struct tfs_socket_peer *ret)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return -errno;
	*ret = (struct tfs_socket_peer){ .uid = peer.uid, .gid = peer.gid, .pid = peer.pid };
	return 0;
}

int tfs_socket_check_peer(const struct tfs_socket_peer *peer)
{
	return peer->uid == 0 || peer->uid == geteuid() ? 0 : -EACCES;
}

/* No folder, no socket, no listener: all are ECONNREFUSED, which a daemon's own errors never use. */
static int fail_connect(const struct tfs_config *config, int code, struct tfs_error *error)
{
	if (code == -ENOENT || code == -ENOTDIR || code == -ECONNREFUSED)
		return tfs_error_set(error, -ECONNREFUSED, "control", "tenant \"%s\" is not mounted", config->name);
	return fail(config, code, "connect", error);
}

int tfs_socket_connect(const struct tfs_config *config, uint64_t timeout_ms, struct tfs_error *error)
{
	struct sockaddr_un address;
	struct tfs_socket_peer peer;
	struct timeval timeout = { .tv_sec = (time_t)(timeout_ms / 1000),
				   .tv_usec = (suseconds_t)(timeout_ms % 1000 * 1000) };
	cleanup_close int folder = open_folder(config, error);

	if (folder < 0)
		return fail_connect(config, folder, error);
	fill_address(folder, &address);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fail(config, -errno, "make a socket", error);
	/* Limits how long connect waits when the backlog is full. */
	int r = setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	if (r == 0)
		r = connect(fd, (struct sockaddr *)&address, sizeof(address));
	r = r < 0 ? -errno : 0;
	if (r == -EAGAIN)
		r = -ETIMEDOUT;
	if (r == 0)
		r = tfs_socket_peer(fd, &peer);
	/* Root may connect to any user's daemon. */
	if (r == 0 && geteuid() != 0)
		r = tfs_socket_check_peer(&peer);
	if (r < 0) {
		close(fd);
		return fail_connect(config, r, error);
	}
	return fd;
}
