/* UTF-8, as far as base needs it. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/* Bytes of the well-formed sequence at `text` (1 to 4), 0 when there is none within `len` bytes. */
size_t utf8_sequence(const char *text, size_t len);

/* Largest length not above `len` that does not cut a sequence of `text` in two. */
size_t utf8_cut(const char *text, size_t len);

/* Every control byte of `text` becomes '?'. */
void utf8_tame(char *text);

#endif
