/* The outer form of a sealed answer: {"data", "publicKey"}. */
#ifndef API_ENVELOPE_H
#define API_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>

struct envelope {
	const char *data; /* sealed text; borrowed, without a NUL */
	size_t len;
	char key[160]; /* "" without one */
};

/*
 * True when the text is an object of exactly "data" and, optionally, "publicKey", both strings without
 * escapes.
 */
bool api_envelope_scan(const char *text, size_t len, struct envelope *ret);

#endif
