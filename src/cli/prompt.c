/*
 * Asks the user. While the terminal does not echo, signals are read from a descriptor, so that the terminal
 * is always restored before the program ends.
 */
#include "prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>

#include "signals.h"
#include "tenantfs/cleanup.h"

enum { LINE_MAX_BYTES = 4096 };

/* Byte by byte: the bytes after the newline belong to the next question. */
static int read_line(int fd, int signal_fd, char *line, size_t *ret_len)
{
	size_t len = 0;

	for (;;) {
		struct pollfd fds[] = { { .fd = fd, .events = POLLIN }, { .fd = signal_fd, .events = POLLIN } };
		if (signal_fd >= 0) {
			if (poll(fds, 2, -1) < 0)
				return -errno;
			if (fds[1].revents)
				return -EINTR;
		}
		ssize_t n = read(fd, line + len, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0 && len == 0)
			return -ENODATA;
		if (n == 0 || line[len] == '\n')
			break;
		if (++len == LINE_MAX_BYTES)
			return -E2BIG;
	}
	if (len && line[len - 1] == '\r')
		len--;
	*ret_len = len;
	return 0;
}

static int read_hidden(int tty, int signal_fd, char *line, size_t *ret_len)
{
	struct termios before, silent;

	if (tcgetattr(tty, &before) < 0)
		return -errno;
	silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	if (tcsetattr(tty, TCSAFLUSH, &silent) < 0)
		return -errno;
	int r = read_line(tty, signal_fd, line, ret_len);
	tcsetattr(tty, TCSAFLUSH, &before);
	dprintf(tty, "\n");
	return r;
}

static int ask_terminal(const char *question, bool hidden, char *line, size_t *ret_len)
{
	sigset_t before;
	cleanup_close int tty = open("/dev/tty", O_RDWR | O_CLOEXEC);

	if (tty < 0)
		return -errno;
	int signal_fd = cli_signals_hold(&before);
	if (signal_fd < 0)
		return signal_fd;
	dprintf(tty, "%s: ", question);
	int r = hidden ? read_hidden(tty, signal_fd, line, ret_len) : read_line(tty, signal_fd, line, ret_len);
	cli_signals_release(signal_fd, &before);
	return r;
}

int cli_prompt(const char *question, bool hidden, struct tfs_secret **ret, struct tfs_error *error)
{
	char line[LINE_MAX_BYTES];
	size_t len = 0;
	int r = isatty(STDIN_FILENO) ? ask_terminal(question, hidden, line, &len)
				     : read_line(STDIN_FILENO, -1, line, &len);

	if (r >= 0) {
		*ret = tfs_secret_new(line, len);
		r = *ret ? 0 : -ENOMEM;
	}
	tfs_wipe(line, sizeof(line));
	if (r == -ENODATA)
		return tfs_error_set(error, r, "cli", "%s: end of input", question);
	if (r < 0)
		return tfs_error_set(error, r, "cli", "%s: %s", question, strerror(-r));
	return 0;
}
