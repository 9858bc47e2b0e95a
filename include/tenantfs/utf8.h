/* UTF-8: well-formed sequences, cutting between characters, and foreign text made fit to store and to print. */
#ifndef TENANTFS_UTF8_H
#define TENANTFS_UTF8_H

#include <stdbool.h>
#include <stddef.h>

#include "tenantfs/buf.h"

/* Length (1 to 4) of the well-formed sequence at `text`; 0 if there is none within `len` bytes. */
size_t tfs_utf8_sequence(const char *text, size_t len);

/* A text of well-formed sequences only. */
bool tfs_utf8_is_valid(const char *text, size_t len);

/* The largest length up to `len` that does not split a sequence of `text`. */
size_t tfs_utf8_cut(const char *text, size_t len);

/*
 * A character that a terminal obeys instead of showing it: ASCII and C1 controls, and the marks, embeddings, overrides
 * and isolates of bidirectional text (UAX #9). `sequence` is the length from tfs_utf8_sequence.
 */
bool tfs_utf8_moves_terminal(const char *text, size_t sequence);

/*
 * Makes the text one printable line of valid UTF-8, in place. Each character that a terminal obeys and each byte
 * outside a well-formed sequence becomes '?'. The text never grows.
 */
void tfs_utf8_tame(char *text);

/* Appends the text with U+FFFD for each byte outside a well-formed sequence. 0, or the error of the buffer. */
int tfs_utf8_repair(const char *text, size_t len, struct tfs_buf *out);

#endif
