/* Base64 by vector instructions of x86-64. */
#ifndef ENVELOPE_BASE64_X86_H
#define ENVELOPE_BASE64_X86_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Each function converts the front of its input in whole registers and returns how many bytes of input that
 * was. The caller converts the rest, and all padding. Encoders stop at a multiple of 3 bytes. Decoders stop
 * at a multiple of 4 characters, and before a block with an invalid one; they write at most base64_room(len)
 * bytes. The processor must have the instructions named.
 */
size_t envelope_base64_encode_avx2(const unsigned char *bytes, size_t len, char *out);
size_t envelope_base64_decode_avx2(const char *text, size_t len, unsigned char *out);
/* AVX-512 with VBMI. */
size_t envelope_base64_encode_vbmi(const unsigned char *bytes, size_t len, char *out);
size_t envelope_base64_decode_vbmi(const char *text, size_t len, unsigned char *out);

#ifdef __x86_64__
static inline bool base64_has_avx2(void)
{
	return __builtin_cpu_supports("avx2");
}

static inline bool base64_has_vbmi(void)
{
	return __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512bw");
}
#endif

#endif
