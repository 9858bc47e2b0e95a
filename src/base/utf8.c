/* UTF-8: validating sequences, and cutting a text between characters. */
#include "utf8.h"

#include <stdbool.h>

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

void tfs_utf8_tame(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}
