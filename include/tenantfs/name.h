/* File names for what people call things: reversible, distinct, stable. */
#ifndef TENANTFS_NAME_H
#define TENANTFS_NAME_H

#include <stdbool.h>
#include <stddef.h>

enum { TFS_NAME_MAX = 250 };

/*
 * '/', NUL, control bytes, DEL, a leading dot and '%' become %XX; invalid
 * UTF-8 bytes too, and a '~' that would make the name look like one shortened
 * or told apart by us ("~" and 16 or 6 lower hex digits at the end). Past
 * `room` bytes (at most TFS_NAME_MAX, at least 18) the tail becomes '~' and 16
 * hex digits of the whole. An empty name is "%". Caller frees; NULL when out
 * of memory.
 */
char *tfs_name_escape(const char *raw, size_t len, size_t room);

/* Reads %XX back. 0; -EINVAL when `name` is not what escape would make of the result, or is shortened. */
int tfs_name_unescape(const char *name, size_t len, char **ret_raw, size_t *ret_len);

/*
 * `name` (as escape gave it) with "~" and the last six bytes of `id`, for
 * objects of one name. What would pass `room` is cut off before that, a
 * shortened name's digest excepted. Caller frees; NULL when out of memory.
 */
char *tfs_name_distinct(const char *name, const char *id, size_t room);

/*
 * Editors' and tools' scratch names: dot files, x~, .x.swp, 4913, #x#, *.tmp, sed??????,
 * .goutputstream-*, .x.XXXXXX …
 */
bool tfs_name_is_scratch(const char *name);

#endif
