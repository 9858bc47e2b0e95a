/* Keeps foreign text from moving the cursor, changing colors or turning the direction of writing. */
#include "terminal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tenantfs/buf.h"
#include "tenantfs/utf8.h"

enum { SEQUENCE_MAX = 4 };

struct guard {
	int fd;
	char split[SEQUENCE_MAX]; /* the beginning of a character whose rest has not been written yet */
	size_t n_split;
};

/* The value of a well-formed sequence. */
static unsigned long value_of(const char *text, size_t sequence)
{
	static const unsigned char first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	unsigned long value = (unsigned char)text[0] & first_bits[sequence];

	for (size_t i = 1; i < sequence; i++)
		value = value << 6 | ((unsigned char)text[i] & 0x3f);
	return value;
}

static int add_visible(struct tfs_buf *out, const char *text, size_t sequence)
{
	if (sequence == 1 && (text[0] == '\n' || text[0] == '\t'))
		return tfs_buf_putc(out, text[0]);
	if (sequence <= 1 && (sequence == 0 || tfs_utf8_moves_terminal(text, sequence)))
		return tfs_buf_printf(out, "\\x%02x", (unsigned char)text[0]);
	if (tfs_utf8_moves_terminal(text, sequence))
		return tfs_buf_printf(out, "\\u{%04lx}", value_of(text, sequence));
	return tfs_buf_add(out, text, sequence);
}

/* A character that ends outside the text: its length in bytes, or 0. */
static size_t split_tail(const char *text, size_t len)
{
	size_t tail = len - tfs_utf8_cut(text, len);

	/* Lone tails of no character are shown at once. */
	return tail > 0 && (unsigned char)text[len - tail] >= 0xc2 ? tail : 0;
}

static int add_all(struct tfs_buf *out, const char *text, size_t len)
{
	size_t step;
	int r = 0;

	for (size_t i = 0; i < len && r == 0; i += step) {
		size_t sequence = tfs_utf8_sequence(text + i, len - i);

		step = sequence > 0 ? sequence : 1;
		r = add_visible(out, text + i, sequence);
	}
	return r;
}

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

static ssize_t guard_write(void *cookie, const char *bytes, size_t len)
{
	struct guard *guard = cookie;
	/* A byte becomes at most eight: \u{202e}. */
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(len + SEQUENCE_MAX),
			    out cleanup_buf = TFS_BUF_INIT(8 * text.max);
	int r = tfs_buf_add(&text, guard->split, guard->n_split);
	size_t tail;

	if (r == 0)
		r = tfs_buf_add(&text, bytes, len);
	if (r == 0) {
		tail = split_tail(text.data, text.len);
		r = add_all(&out, text.data, text.len - tail);
		memcpy(guard->split, text.data + text.len - tail, tail);
		guard->n_split = tail;
	}
	if (r == 0)
		r = write_all(guard->fd, out.data, out.len);
	if (r < 0)
		errno = -r;
	return r < 0 ? 0 : (ssize_t)len;
}

/* Replaces a standard stream; if memory is short, the plain one stays. The guard lives as long as the process. */
static void install(FILE **stream, struct guard *guard, int fd)
{
	FILE *guarded = fopencookie(guard, "w", (cookie_io_functions_t){ .write = guard_write });

	if (!guarded)
		return;
	guard->fd = fd;
	setvbuf(guarded, NULL, _IOLBF, BUFSIZ);
	*stream = guarded;
}

void cli_terminal_guard(void)
{
	static struct guard guards[2];

	if (isatty(STDOUT_FILENO))
		install(&stdout, &guards[0], STDOUT_FILENO);
	if (isatty(STDERR_FILENO))
		install(&stderr, &guards[1], STDERR_FILENO);
}
