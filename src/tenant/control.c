/*
 * The server side of the control socket. One thread accepts connections and detects peers that hang up; each
 * connection has its own thread, up to WORKERS. Only the accepting thread closes descriptors, after it has
 * joined the connection's thread, so a polled descriptor is never a reused one.
 */
#include "tenantfs/control.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include "connection.h"
#include "socket.h"
#include "tenantfs/lock.h"
#include "tenantfs/log.h"
#include "tenantfs/thread.h"

enum {
	WORKERS = 16,
	PAUSE_MS = 100, /* before accepting again after running out of descriptors */
};

struct tfs_control {
	struct tfs_control_service service;
	int listen_fd, wake_fd;
	bool pausing; /* used by the accepting thread only */
	char *path;
	pthread_t thread;
	bool started;
	struct tfs_mutex lock; /* leaf */
	bool stopping;         /* protected by lock */
	struct tfs_connection
		*connections[WORKERS]; /* array used by the accepting thread only; each connection has its lock */
};

static void wake(void *context)
{
	struct tfs_control *control = context;
	uint64_t one = 1;

	/* Fails only if the counter is full; then the thread wakes anyway. */
	if (write(control->wake_fd, &one, sizeof(one)) < 0)
		tfs_log(TFS_LOG_DEBUG, 0, "control: wake: %s", strerror(errno));
}

static bool is_stopping(struct tfs_control *control)
{
	tfs_mutex_lock(&control->lock);
	bool stopping = control->stopping;
	tfs_mutex_unlock(&control->lock);
	return stopping;
}

static void reap(struct tfs_control *control)
{
	for (size_t i = 0; i < WORKERS; i++)
		if (control->connections[i] && tfs_connection_done(control->connections[i]))
			tfs_connection_free(steal_pointer(&control->connections[i]));
}

static struct tfs_connection **find_slot(struct tfs_control *control)
{
	for (size_t i = 0; i < WORKERS; i++)
		if (!control->connections[i])
			return &control->connections[i];
	return NULL;
}

static void accept_one(struct tfs_control *control)
{
	struct tfs_connection **slot = find_slot(control);
	int fd = slot ? accept4(control->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK) : -1;

	if (fd < 0) {
		/* The pending connection would wake the poll at once, in a busy loop. */
		control->pausing = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
		return;
	}
	struct tfs_socket_peer peer;
	int r = tfs_socket_peer(fd, &peer);
	if (r == 0)
		r = tfs_socket_check_peer(&peer);
	if (r == 0)
		r = tfs_connection_new(&control->service, fd, &peer, slot);
	if (r < 0) {
		tfs_log(TFS_LOG_WARNING, 0, "control: connection refused: %s", strerror(-r));
		close(fd);
	}
}

/* Waits for an event, cancels requests whose peers hung up, accepts a connection. */
static void watch(struct tfs_control *control)
{
	struct pollfd fds[2 + WORKERS];
	struct tfs_connection *watched[2 + WORKERS] = { NULL };
	nfds_t n = 2;

	fds[0] = (struct pollfd){ .fd = control->wake_fd, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = -1, .events = POLLIN };
	if (find_slot(control) && !control->pausing)
		fds[1].fd = control->listen_fd;
	for (size_t i = 0; i < WORKERS; i++) {
		struct tfs_connection *connection = control->connections[i];
		if (!connection || !tfs_connection_watched(connection))
			continue;
		watched[n] = connection;
		fds[n++] = (struct pollfd){ .fd = tfs_connection_fd(connection) };
	}
	int r = poll(fds, n, control->pausing ? PAUSE_MS : -1);
	control->pausing = false;
	if (r < 0)
		return;
	for (nfds_t i = 2; i < n; i++)
		if (fds[i].revents & (POLLHUP | POLLERR))
			tfs_connection_hang_up(watched[i]);
	uint64_t count;
	if ((fds[0].revents & POLLIN) && read(control->wake_fd, &count, sizeof(count)) < 0)
		tfs_log(TFS_LOG_DEBUG, 0, "control: wake: %s", strerror(errno));
	if (fds[1].revents & POLLIN)
		accept_one(control);
}

static void *serve(void *context)
{
	struct tfs_control *control = context;

	while (!is_stopping(control)) {
		watch(control);
		reap(control);
	}
	for (size_t i = 0; i < WORKERS; i++)
		if (control->connections[i])
			tfs_connection_stop(control->connections[i]);
	for (size_t i = 0; i < WORKERS; i++)
		tfs_connection_free(control->connections[i]);
	return NULL;
}

static int start(struct tfs_control *control, const struct tfs_config *config, struct tfs_error *error)
{
	control->path = tfs_control_path(config);
	if (!control->path)
		return tfs_error_set_memory(error);
	control->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (control->wake_fd < 0) {
		int code = -errno;
		return tfs_error_set(error, code, "control", "eventfd: %s", strerror(-code));
	}
	int fd = tfs_socket_listen(config, error);
	if (fd < 0)
		return fd;
	control->listen_fd = fd;
	int r = tfs_thread_start(&control->thread, serve, control);
	if (r < 0)
		return tfs_error_set(error, r, "control", "cannot start a thread: %s", strerror(-r));
	control->started = true;
	return 0;
}

int tfs_control_new(const struct tfs_config *config, tfs_control_handler handler, void *context,
		    struct tfs_control **ret, struct tfs_error *error)
{
	struct tfs_control *control = calloc(1, sizeof(*control));

	if (!control)
		return tfs_error_set_memory(error);
	tfs_mutex_init(&control->lock);
	control->listen_fd = control->wake_fd = -1;
	control->service = (struct tfs_control_service){ .handler = handler,
							 .handler_context = context,
							 .url = config->url,
							 .timeout_ms = config->timeout_ms,
							 .wake = wake,
							 .wake_context = control };
	int r = start(control, config, error);
	if (r < 0) {
		tfs_control_free(control);
		return r;
	}
	*ret = control;
	return 0;
}

void tfs_control_free(struct tfs_control *control)
{
	if (!control)
		return;
	if (control->started) {
		tfs_mutex_lock(&control->lock);
		control->stopping = true;
		tfs_mutex_unlock(&control->lock);
		wake(control);
		pthread_join(control->thread, NULL);
	}
	if (control->listen_fd >= 0) {
		unlink(control->path);
		close(control->listen_fd);
	}
	if (control->wake_fd >= 0)
		close(control->wake_fd);
	tfs_mutex_destroy(&control->lock);
	free(control->path);
	free(control);
}
