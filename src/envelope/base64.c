/* Standard base64: vector instructions for the front, tables for the rest. */
#include "base64.h"

#include <errno.h>

#include "base64-x86.h"
#include "tenantfs/envelope.h"

static size_t encode_front(const unsigned char *bytes, size_t len, char *out)
{
#ifdef __x86_64__
	if (base64_has_vbmi())
		return envelope_base64_encode_vbmi(bytes, len, out);
	if (base64_has_avx2())
		return envelope_base64_encode_avx2(bytes, len, out);
#endif
	(void)bytes;
	(void)len;
	(void)out;
	return 0;
}

static size_t decode_front(const char *text, size_t len, unsigned char *out)
{
#ifdef __x86_64__
	if (base64_has_vbmi())
		return envelope_base64_decode_vbmi(text, len, out);
	if (base64_has_avx2())
		return envelope_base64_decode_avx2(text, len, out);
#endif
	(void)text;
	(void)len;
	(void)out;
	return 0;
}

void envelope_base64_encode(const unsigned char *bytes, size_t len, char *out)
{
	size_t done = encode_front(bytes, len, out);

	envelope_base64_encode_table(bytes + done, len - done, out + done / 3 * 4);
}

ssize_t envelope_base64_decode(const char *text, size_t len, unsigned char *out)
{
	size_t done = decode_front(text, len, out);
	ssize_t rest = envelope_base64_decode_table(text + done, len - done, out + done / 4 * 3);

	return rest < 0 ? rest : (ssize_t)(done / 4 * 3) + rest;
}

int tfs_base64(const void *bytes, size_t len, struct tfs_buf *out)
{
	int r = tfs_buf_reserve(out, base64_length(len));

	if (r < 0)
		return r;
	envelope_base64_encode(bytes, len, out->data + out->len);
	tfs_buf_grow(out, base64_length(len));
	return 0;
}

int tfs_unbase64(const char *text, size_t len, struct tfs_buf *out)
{
	int r = tfs_buf_reserve(out, base64_room(len));
	ssize_t n;

	if (r < 0)
		return r;
	n = envelope_base64_decode(text, len, (unsigned char *)out->data + out->len);
	if (n < 0)
		return -EINVAL;
	tfs_buf_grow(out, (size_t)n);
	return 0;
}
