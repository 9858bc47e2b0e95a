/* Standard base64 (RFC 4648, section 4), padded and strict. */
#ifndef ENVELOPE_BASE64_H
#define ENVELOPE_BASE64_H

#include <stddef.h>
#include <sys/types.h>

/* Characters that `len` bytes become, without a NUL. */
static inline size_t base64_length(size_t len)
{
	return (len + 2) / 3 * 4;
}

/* The largest number of bytes that `len` characters decode to. */
static inline size_t base64_room(size_t len)
{
	return len / 4 * 3;
}

/* Writes base64_length(len) characters, no NUL. */
void envelope_base64_encode(const unsigned char *bytes, size_t len, char *out);

/*
 * The number of bytes written to `out`, which has room for base64_room(len). -EINVAL: the length is no
 * multiple of four, a byte outside the alphabet (white space too), padding before the end, or unused bits
 * that are not zero.
 */
ssize_t envelope_base64_decode(const char *text, size_t len, unsigned char *out);

/* The same by tables alone: for what the vector instructions leave, and for processors without them. */
void envelope_base64_encode_table(const unsigned char *bytes, size_t len, char *out);
ssize_t envelope_base64_decode_table(const char *text, size_t len, unsigned char *out);

enum { BASE64_WRONG = 0x80 };
extern const char envelope_base64_alphabet[65];
/* The value of each character; BASE64_WRONG for bytes outside the alphabet. */
extern const unsigned char envelope_base64_values[256];

#endif
