/*
 * One line of the journal. It begins with a checksum, which detects lines that a crash or a bad disk has
 * damaged.
 */
#include "frame.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "tenantfs/hash.h"

/* "0123456789abcdef I 00000000000000000012 " */
enum { SUM = 16, SEQ = 20, HEAD = SUM + 1 + 1 + 1 + SEQ + 1 };

int journal_frame_print(struct tfs_buf *out, char letter, uint64_t seq, const json_t *value)
{
	char head[HEAD + 1], sum[SUM + 1];
	size_t start = out->len;
	int r;

	snprintf(head, sizeof(head), "%0*d %c %020llu ", SUM, 0, letter, (unsigned long long)seq);
	r = tfs_buf_add(out, head, HEAD);
	if (r == 0)
		r = tfs_json_print(value, out);
	if (r == 0)
		r = tfs_buf_putc(out, '\n');
	if (r < 0) {
		tfs_buf_resize(out, start);
		return r;
	}
	snprintf(sum, sizeof(sum), "%016llx",
		 (unsigned long long)tfs_hash(out->data + start + SUM, out->len - start - SUM - 1));
	assert(out->len >= start + HEAD);
	memcpy(out->data + start, sum, SUM);
	return 0;
}

static int read_digits(const char *text, size_t len, unsigned base, uint64_t *ret)
{
	uint64_t value = 0;

	for (size_t i = 0; i < len; i++) {
		unsigned digit = text[i] >= '0' && text[i] <= '9'   ? (unsigned)(text[i] - '0')
				 : text[i] >= 'a' && text[i] <= 'f' ? (unsigned)(text[i] - 'a') + 10
								    : 16;

		if (digit >= base || value > (UINT64_MAX - digit) / base)
			return -EBADMSG;
		value = value * base + digit;
	}
	*ret = value;
	return 0;
}

int journal_frame_read(const char *bytes, size_t len, struct frame *ret)
{
	const char *end = memchr(bytes, '\n', len);
	struct frame frame;
	uint64_t sum;

	if (!end || end - bytes <= HEAD || bytes[SUM] != ' ' || bytes[SUM + 2] != ' ' || bytes[HEAD - 1] != ' ')
		return -EBADMSG;
	frame = (struct frame){
		.letter = bytes[SUM + 1],
		.json = bytes + HEAD,
		.json_len = (size_t)(end - bytes) - HEAD,
		.len = (size_t)(end - bytes) + 1,
	};
	if (read_digits(bytes, SUM, 16, &sum) < 0 || read_digits(bytes + SUM + 3, SEQ, 10, &frame.seq) < 0 ||
	    sum != tfs_hash(bytes + SUM, frame.len - SUM - 1))
		return -EBADMSG;
	*ret = frame;
	return 0;
}
