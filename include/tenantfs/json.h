/* JSON: parsing with limits, deterministic printing. The value type is jansson's. */
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

/* Makes jansson wipe memory when it frees it. Call at the start of main, before any value exists. */
void tfs_json_wipe_freed(void);

/*
 * Parses exactly one value; the caller owns `*ret`. -EINVAL with line and column: bad syntax, duplicate
 * members, nesting past TFS_JSON_DEPTH, invalid UTF-8, a NUL escape in a member name, text after the value.
 */
int tfs_json_parse(const char *text, size_t len, json_t **ret, struct tfs_error *error);

/*
 * Makes a JSON string of foreign text, such as a file name. Each byte that is not UTF-8 becomes U+FFFD; NULL becomes
 * "". The caller owns the value. NULL: out of memory.
 */
json_t *tfs_json_string(const char *text);

/*
 * Parses a text that tfs_json_parse refused for what some servers send: bytes that are no UTF-8 and halves of surrogate
 * pairs become U+FFFD, a number out of range becomes a text as it is spelled, of doubled members the last counts.
 * `*ret_repairs` is an array of {"at": pointer, "what": words}. Both are yours. -EINVAL: it has another fault.
 */
int tfs_json_repair(const char *text, size_t len, json_t **ret, json_t **ret_repairs);

/* The one-line form. Members keep their order; numbers get the shortest text that parses back the same. */
int tfs_json_print(const json_t *value, struct tfs_buf *out);
/* The document form: two-space indent, one final newline. */
int tfs_json_print_document(const json_t *value, struct tfs_buf *out);

/* The value at an RFC 6901 pointer ("": `value` itself), or NULL. Borrowed. */
json_t *tfs_json_at(const json_t *value, const char *pointer);
/* The text of a string member, or NULL if it is missing or not a string. Borrowed. */
const char *tfs_json_text(const json_t *object, const char *member);

/*
 * 1-based line and column of the member at `pointer` in a text that tfs_json_parse accepted; 0/0: not found.
 */
void tfs_json_locate(const char *text, size_t len, const char *pointer, int *ret_line, int *ret_column);

/*
 * {"errno": "EINVAL", "message", "origin", "status", "member", "line", "column", "request_id"}; the caller's.
 */
json_t *tfs_error_to_json(const struct tfs_error *error);
void tfs_error_from_json(const json_t *value, struct tfs_error *error);

#endif
