/* UTF-8 helpers of this folder. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/* Length (1 to 4) of the well-formed sequence at `text`; 0 if there is none within `len` bytes. */
size_t tfs_utf8_sequence(const char *text, size_t len);

/* The largest length up to `len` that does not split a sequence of `text`. */
size_t tfs_utf8_cut(const char *text, size_t len);

/* Replaces each control byte with '?'. */
void tfs_utf8_tame(char *text);

#endif
