/* SipHash-2-4 (Aumasson, Bernstein). The key is fixed: the digest is part of file names and must stay. */
#include "tenantfs/hash.h"

#include <assert.h>

static const uint64_t KEY0 = 0x0706050403020100ull, KEY1 = 0x0f0e0d0c0b0a0908ull;

static uint64_t rotate(uint64_t x, int by)
{
	return (x << by) | (x >> (64 - by));
}

static void mix(uint64_t v[4], int rounds)
{
	while (rounds-- > 0) {
		v[0] += v[1];
		v[1] = rotate(v[1], 13) ^ v[0];
		v[0] = rotate(v[0], 32);
		v[2] += v[3];
		v[3] = rotate(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotate(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotate(v[1], 17) ^ v[2];
		v[2] = rotate(v[2], 32);
	}
}

/* Little-endian on every machine. For eight bytes the compiler emits one load. */
static inline uint64_t read_word(const unsigned char *bytes, size_t len)
{
	uint64_t word = 0;

	assert(len <= 8);
	for (size_t i = 0; i < len; i++)
		word |= (uint64_t)bytes[i] << (8 * i);
	return word;
}

static void absorb(uint64_t v[4], uint64_t word)
{
	v[3] ^= word;
	mix(v, 2);
	v[0] ^= word;
}

uint64_t tfs_hash(const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	uint64_t v[4] = { KEY0 ^ 0x736f6d6570736575ull, KEY1 ^ 0x646f72616e646f6dull, KEY0 ^ 0x6c7967656e657261ull,
			  KEY1 ^ 0x7465646279746573ull };
	size_t left = len;

	for (; left >= 8; left -= 8, at += 8)
		absorb(v, read_word(at, 8));
	absorb(v, read_word(at, left) | (uint64_t)len << 56);
	v[2] ^= 0xff;
	mix(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
