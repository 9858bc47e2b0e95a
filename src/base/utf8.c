/* UTF-8: validating sequences, cutting a text between characters, repairing and taming foreign text. */
#include "tenantfs/utf8.h"

#include <string.h>

static bool is_tail(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* The second byte rules out overlong forms, surrogates and values above U+10FFFF. */
static bool second_fits(unsigned char first, unsigned char second)
{
	switch (first) {
	case 0xe0:
		return second >= 0xa0 && second <= 0xbf;
	case 0xed:
		return second >= 0x80 && second <= 0x9f;
	case 0xf0:
		return second >= 0x90 && second <= 0xbf;
	case 0xf4:
		return second >= 0x80 && second <= 0x8f;
	default:
		return is_tail(second);
	}
}

size_t tfs_utf8_sequence(const char *text, size_t len)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t want;

	if (len == 0)
		return 0;
	if (c[0] < 0x80)
		return 1;
	if (c[0] < 0xc2 || c[0] > 0xf4)
		return 0;
	want = c[0] < 0xe0 ? 2 : c[0] < 0xf0 ? 3 : 4;
	if (len < want || !second_fits(c[0], c[1]))
		return 0;
	for (size_t i = 2; i < want; i++)
		if (!is_tail(c[i]))
			return 0;
	return want;
}

bool tfs_utf8_is_valid(const char *text, size_t len)
{
	size_t step;

	for (size_t i = 0; i < len; i += step) {
		step = tfs_utf8_sequence(text + i, len - i);
		if (step == 0)
			return false;
	}
	return true;
}

size_t tfs_utf8_cut(const char *text, size_t len)
{
	size_t start = len;

	if (len == 0 || (unsigned char)text[len - 1] < 0x80)
		return len;
	for (int back = 0; back < 4 && start > 0; back++) {
		start--;
		if (!is_tail((unsigned char)text[start]))
			break;
	}
	return tfs_utf8_sequence(text + start, len - start) == len - start ? len : start;
}

static bool is_between(const unsigned char *c, const char *first, const char *last)
{
	size_t len = strlen(first);

	return memcmp(c, first, len) >= 0 && memcmp(c, last, len) <= 0;
}

bool tfs_utf8_moves_terminal(const char *text, size_t sequence)
{
	const unsigned char *c = (const unsigned char *)text;

	switch (sequence) {
	case 1:
		return c[0] < 0x20 || c[0] == 0x7f;
	case 2:
		return is_between(c, "\xc2\x80", "\xc2\x9f") || is_between(c, "\xd8\x9c", "\xd8\x9c");
	case 3:
		return is_between(c, "\xe2\x80\x8e", "\xe2\x80\x8f") || is_between(c, "\xe2\x80\xa8", "\xe2\x80\xae") ||
		       is_between(c, "\xe2\x81\xa6", "\xe2\x81\xa9");
	default:
		return false;
	}
}

void tfs_utf8_tame(char *text)
{
	size_t len = strlen(text), step;
	char *out = text;

	for (size_t i = 0; i < len; i += step) {
		size_t sequence = tfs_utf8_sequence(text + i, len - i);

		step = sequence > 0 ? sequence : 1;
		if (sequence == 0 || tfs_utf8_moves_terminal(text + i, sequence)) {
			*out++ = '?';
		} else {
			memmove(out, text + i, step);
			out += step;
		}
	}
	*out = '\0';
}

int tfs_utf8_repair(const char *text, size_t len, struct tfs_buf *out)
{
	size_t step;
	int r = 0;

	for (size_t i = 0; i < len && r == 0; i += step) {
		size_t sequence = tfs_utf8_sequence(text + i, len - i);

		step = sequence > 0 ? sequence : 1;
		r = sequence > 0 ? tfs_buf_add(out, text + i, step) : tfs_buf_puts(out, "\xef\xbf\xbd");
	}
	return r;
}
