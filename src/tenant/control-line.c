/* JSON lines over a stream socket, for both sides of the control socket. */
#include "control-line.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "tenantfs/clock.h"
#include "tenantfs/control.h"

enum { CHUNK = 64 << 10 };

static int wait_for(int fd, short events, uint64_t deadline_ms)
{
	for (;;) {
		uint64_t now = tfs_clock_ms();
		int timeout = -1;
		if (deadline_ms != UINT64_MAX) {
			if (now >= deadline_ms)
				return -ETIMEDOUT;
			timeout = deadline_ms - now > 3600000 ? 3600000 : (int)(deadline_ms - now);
		}
		struct pollfd poll_fd = { .fd = fd, .events = events };
		int n = poll(&poll_fd, 1, timeout);
		if (n > 0)
			return 0;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

/* The number of bytes received; 0: end of the stream. */
static ssize_t receive_some(int fd, uint64_t deadline_ms, struct tfs_buf *line)
{
	size_t room = line->max - line->len < CHUNK ? line->max - line->len : CHUNK;

	if (room == 0)
		return -EFBIG;
	int r = tfs_buf_reserve(line, room);
	if (r < 0)
		return r;
	for (;;) {
		r = wait_for(fd, POLLIN, deadline_ms);
		if (r < 0)
			return r;
		ssize_t n = recv(fd, line->data + line->len, room, MSG_DONTWAIT);
		if (n >= 0) {
			tfs_buf_grow(line, (size_t)n);
			return n;
		}
		if (errno != EINTR && errno != EAGAIN)
			return errno == ECONNRESET ? 0 : -errno;
	}
}

int tfs_line_read(int fd, uint64_t deadline_ms, struct tfs_buf *line)
{
	size_t seen = 0;

	tfs_buf_reset(line);
	for (;;) {
		ssize_t n = receive_some(fd, deadline_ms, line);
		if (n < 0)
			return (int)n;
		if (n == 0)
			return line->len ? -EPIPE : -ENODATA;
		char *end = memchr(line->data + seen, '\n', line->len - seen);
		if (end) {
			if (end + 1 != line->data + line->len)
				return -EPROTO;
			return tfs_buf_resize(line, line->len - 1);
		}
		seen = line->len;
	}
}

static int send_all(int fd, uint64_t deadline_ms, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, bytes, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0) {
			bytes += n;
			len -= (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return errno == ECONNRESET ? -EPIPE : -errno;
		int r = wait_for(fd, POLLOUT, deadline_ms);
		if (r < 0)
			return r;
	}
	return 0;
}

int tfs_line_write(int fd, uint64_t deadline_ms, const json_t *value)
{
	/* Requests may contain passwords. */
	struct tfs_buf line cleanup_buf = TFS_BUF_INIT_SECRET(TFS_CONTROL_MAX);
	int r = tfs_json_print(value, &line);

	if (r >= 0)
		r = tfs_buf_putc(&line, '\n');
	if (r >= 0)
		r = send_all(fd, deadline_ms, line.data, line.len);
	return r;
}
