/* File names made of display names: reversible, distinct, stable. */
#ifndef TENANTFS_NAME_H
#define TENANTFS_NAME_H

#include <stdbool.h>
#include <stddef.h>

enum { TFS_NAME_MAX = 250 };

/*
 * Escapes as %XX: '/', '%', characters that a terminal obeys (tfs_utf8_moves_terminal), a leading dot, invalid UTF-8,
 * and a '~' followed by exactly 16 or 6 lower-case hex digits at the end (the suffixes of shortened and distinct
 * names). A name longer than `room` bytes (18 to TFS_NAME_MAX) ends in '~' and a 16-digit digest of the whole. An
 * empty name is "%". Caller frees; NULL: out of memory.
 */
char *tfs_name_escape(const char *raw, size_t len, size_t room);

/* Inverse of tfs_name_escape. -EINVAL if escape would not return `name`, or `name` is shortened. */
int tfs_name_unescape(const char *name, size_t len, char **ret_raw, size_t *ret_len);

/*
 * Tells objects of the same name apart: the escaped `name`, '~', and the last six bytes of `id`. To fit
 * `room`, the name is cut before its digest, if it has one, and before the id. Caller frees; NULL: out of
 * memory.
 */
char *tfs_name_distinct(const char *name, const char *id, size_t room);

/*
 * Whether an editor or tool uses `name` for a temporary file: dot files, x~, .x.swp, 4913, #x#, *.tmp,
 * sed?????? …
 */
bool tfs_name_is_scratch(const char *name);

#endif
