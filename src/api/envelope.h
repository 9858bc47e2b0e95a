/* A sealed answer as it comes: {"data", "publicKey"}. */
#ifndef API_ENVELOPE_H
#define API_ENVELOPE_H

#include <stdbool.h>
#include <stddef.h>

struct envelope {
	const char *data; /* sealed text; borrowed, no NUL behind it */
	size_t len;
	char key[160]; /* "" where it names none */
};

/* True when the text is exactly an envelope: "data", perhaps "publicKey", texts without escapes, nothing
 * else. */
bool envelope_scan(const char *text, size_t len, struct envelope *ret);

#endif
