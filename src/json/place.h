/* Where a byte of a text stands, as people count. */
#ifndef JSON_PLACE_H
#define JSON_PLACE_H

#include <stddef.h>

/* Lines and columns count from 1, columns in characters. */
struct place {
	int line, column;
};

static inline struct place place_of(const char *text, size_t offset)
{
	struct place place = { 1, 1 };

	for (size_t i = 0; i < offset; i++) {
		if (text[i] == '\n')
			place = (struct place){ place.line + 1, 1 };
		else if (((unsigned char)text[i] & 0xc0) != 0x80)
			place.column++; /* the tail bytes of a character do not move on */
	}
	return place;
}

#endif
