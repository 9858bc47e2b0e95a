/* Base64 by look-up tables, and the tables. */
#include <errno.h>
#include <stdint.h>

#include "base64.h"

enum { BAD_GROUP = 1 << 24 };

const char envelope_base64_alphabet[65] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#define NO BASE64_WRONG
/* clang-format off */
const unsigned char envelope_base64_values[256] = {
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO,
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, NO, NO, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO,
	NO, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, NO,
	NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO,
	[128 ... 255] = NO,
};
/* clang-format on */
#undef NO

void envelope_base64_encode_table(const unsigned char *bytes, size_t len, char *out)
{
	for (; len >= 3; len -= 3, bytes += 3, out += 4) {
		uint32_t group = (uint32_t)bytes[0] << 16 | (uint32_t)bytes[1] << 8 | bytes[2];

		out[0] = envelope_base64_alphabet[group >> 18];
		out[1] = envelope_base64_alphabet[group >> 12 & 63];
		out[2] = envelope_base64_alphabet[group >> 6 & 63];
		out[3] = envelope_base64_alphabet[group & 63];
	}
	if (len > 0) {
		uint32_t group = (uint32_t)bytes[0] << 16 | (len > 1 ? (uint32_t)bytes[1] << 8 : 0);

		out[0] = envelope_base64_alphabet[group >> 18];
		out[1] = envelope_base64_alphabet[group >> 12 & 63];
		out[2] = len > 1 ? envelope_base64_alphabet[group >> 6 & 63] : '=';
		out[3] = '=';
	}
}

/* Four characters as a number of 24 bits; BAD_GROUP or more when one is outside the alphabet. */
static uint32_t decode_group(const unsigned char *text)
{
	uint32_t a = envelope_base64_values[text[0]], b = envelope_base64_values[text[1]],
		 c = envelope_base64_values[text[2]], d = envelope_base64_values[text[3]];

	return a << 18 | b << 12 | c << 6 | d | ((a | b | c | d) & BASE64_WRONG) << 18;
}

/* The last group, with up to two characters of padding. The number of bytes, or -EINVAL. */
static ssize_t decode_last(const char *text, unsigned char *out)
{
	unsigned char group[4] = { (unsigned char)text[0], (unsigned char)text[1], (unsigned char)text[2],
				   (unsigned char)text[3] };
	int bytes = 3;
	uint32_t value;

	if (group[3] == '=') {
		bytes = group[2] == '=' ? 1 : 2;
		group[3] = 'A';
		if (bytes == 1)
			group[2] = 'A';
	}
	value = decode_group(group);
	/* Unused bits must be zero, else the same bytes would have several encodings. */
	if (value >= BAD_GROUP || (value & ((1u << (24 - 8 * bytes)) - 1)) != 0)
		return -EINVAL;
	for (int i = 0; i < bytes; i++)
		out[i] = (unsigned char)(value >> (16 - 8 * i));
	return bytes;
}

ssize_t envelope_base64_decode_table(const char *text, size_t len, unsigned char *out)
{
	unsigned char *at = out;
	ssize_t last;

	if (len % 4 != 0)
		return -EINVAL;
	if (len == 0)
		return 0;
	for (; len > 4; len -= 4, text += 4, at += 3) {
		uint32_t group = decode_group((const unsigned char *)text);

		if (group >= BAD_GROUP)
			return -EINVAL;
		at[0] = (unsigned char)(group >> 16);
		at[1] = (unsigned char)(group >> 8);
		at[2] = (unsigned char)group;
	}
	last = decode_last(text, at);
	return last < 0 ? last : at - out + last;
}
