/* Numbers and strings derived from a seed, so that two runs agree. */
#ifndef SANDBOX_SEED_H
#define SANDBOX_SEED_H

#include <stddef.h>
#include <stdint.h>

enum { SEED_ID = 25, SEED_UUID = 37, SEED_TIME = 25 };

/* The next number of a sequence (splitmix64). */
uint64_t sandbox_seed_next(uint64_t *state);
/* 0 ≤ x < 1. */
double sandbox_seed_fraction(uint64_t number);
/* The state of one thing: a purpose ("user") and its number. */
uint64_t sandbox_seed_state(uint64_t seed, const char *purpose, uint64_t number);
/* 0 … n-1. */
size_t sandbox_seed_below(uint64_t *state, size_t n);

/* 24 hex digits; a UUID of version 4; "2024-05-01T10:20:30.123Z" of the years before 2025. */
void sandbox_seed_id(uint64_t *state, char out[SEED_ID]);
void sandbox_seed_uuid(uint64_t *state, char out[SEED_UUID]);
void sandbox_seed_time(uint64_t *state, char out[SEED_TIME]);

#endif
