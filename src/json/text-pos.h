/* Line and column of a byte offset. */
#ifndef JSON_TEXT_POS_H
#define JSON_TEXT_POS_H

#include <stddef.h>

/* Lines and columns count from 1, columns in characters. */
struct text_pos {
	int line, column;
};

static inline struct text_pos text_pos_at(const char *text, size_t offset)
{
	struct text_pos pos = { 1, 1 };

	for (size_t i = 0; i < offset; i++) {
		if (text[i] == '\n')
			pos = (struct text_pos){ pos.line + 1, 1 };
		else if (((unsigned char)text[i] & 0xc0) != 0x80)
			pos.column++; /* continuation bytes do not count */
	}
	return pos;
}

#endif
