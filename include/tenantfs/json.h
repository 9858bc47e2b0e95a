/* JSON: bounded reading, one way of writing. The value type is jansson's. */
#ifndef TENANTFS_JSON_H
#define TENANTFS_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "tenantfs/buf.h"
#include "tenantfs/cleanup.h"
#include "tenantfs/error.h"

TFS_DEFINE_CLEANUP(json, json_t *, json_decref)
#define cleanup_json TFS_CLEANUP(tfs_cleanup_json)

enum { TFS_JSON_DEPTH = 128 };

/* For the start of main, before any value is made: what is freed of values is wiped. */
void tfs_json_wipe_freed(void);

/*
 * Reads one whole value. Refused with -EINVAL, line and column: bad syntax,
 * duplicate members, nesting past TFS_JSON_DEPTH, invalid UTF-8, a NUL escape
 * in a member name, anything behind the value. `*ret` is yours.
 */
int tfs_json_parse(const char *text, size_t len, json_t **ret, struct tfs_error *error);

/*
 * One line, members in the order they stand. Numbers are written so that they read back the same,
 * as short as can be.
 */
int tfs_json_print(const json_t *value, struct tfs_buf *out);
/* The document form: two-space indent, one final newline. */
int tfs_json_print_document(const json_t *value, struct tfs_buf *out);

/* By RFC 6901 pointer ("" is the value itself); NULL when there is nothing. Borrowed. */
json_t *tfs_json_at(const json_t *value, const char *pointer);
/* Member's text, or NULL when missing or no string. Borrowed. */
const char *tfs_json_text(const json_t *object, const char *member);

/*
 * 1-based line and column of the member named by a pointer, in a text tfs_json_parse took; 0/0 when
 * not found.
 */
void tfs_json_locate(const char *text, size_t len, const char *pointer, int *ret_line, int *ret_column);

/*
 * An error as JSON {"errno": "EINVAL", "message": …, "status": …, "member": …,
 * "line": …, "request_id": …}, yours; and back.
 */
json_t *tfs_error_to_json(const struct tfs_error *error);
void tfs_error_from_json(const json_t *value, struct tfs_error *error);

#endif
