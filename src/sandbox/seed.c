/* The pseudo-random sequence of all seeded data. */
#include "seed.h"

#include <stdio.h>
#include <time.h>

uint64_t sandbox_seed_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

double sandbox_seed_fraction(uint64_t number)
{
	return (double)(number >> 11) / 9007199254740992.0;
}

uint64_t sandbox_seed_state(uint64_t seed, const char *purpose, uint64_t number)
{
	uint64_t state = seed ^ 0xcbf29ce484222325u;

	for (const char *p = purpose; *p; p++)
		state = (state ^ (unsigned char)*p) * 0x100000001b3u;
	state += number * 0xda942042e4dd58b5u;
	return sandbox_seed_next(&state);
}

size_t sandbox_seed_below(uint64_t *state, size_t n)
{
	return n ? (size_t)(sandbox_seed_next(state) % n) : 0;
}

void sandbox_seed_id(uint64_t *state, char out[SEED_ID])
{
	uint64_t high = sandbox_seed_next(state);
	uint64_t low = sandbox_seed_next(state);

	/* The first eight digits of such an id are its creation time: keep them in a plausible range. */
	snprintf(out, SEED_ID, "%08x%016llx", (unsigned)(0x60000000u + (high & 0x7ffffff)), (unsigned long long)low);
}

void sandbox_seed_uuid(uint64_t *state, char out[SEED_UUID])
{
	uint64_t high = (sandbox_seed_next(state) & ~0xf000ull) | 0x4000;
	uint64_t low = (sandbox_seed_next(state) & ~(3ull << 62)) | (2ull << 62);

	snprintf(out, SEED_UUID, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(high >> 32), (unsigned)(high >> 16 & 0xffff),
		 (unsigned)(high & 0xffff), (unsigned)(low >> 48), (unsigned long long)(low & 0xffffffffffffull));
}

void sandbox_seed_time(uint64_t *state, char out[SEED_TIME])
{
	uint64_t ms = 1609459200000ull + sandbox_seed_next(state) % (4ull * 365 * 86400 * 1000);
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;

	gmtime_r(&seconds, &tm);
	size_t len = strftime(out, SEED_TIME, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out + len, SEED_TIME - len, ".%03uZ", (unsigned)(ms % 1000));
}
