/*
 * Members that no answer shows: `write_only`, unless secret or fixed. What was written to them is remembered, as an
 * object of values by JSON pointer; null says that the object was written without the member.
 */
#ifndef TENANTFS_DOCUMENT_UNREAD_H
#define TENANTFS_DOCUMENT_UNREAD_H

#include "member.h"
#include "tenantfs/buf.h"

bool document_is_unread(const struct tfs_field *field);
/* Their values in a document; empty if the kind has none. Yours; NULL: out of memory. */
json_t *document_unread_values(const struct tfs_kind *kind, const json_t *document);
/* Adds the values to a record that lacks them. 0 or -ENOMEM. */
int document_unread_fill(const struct tfs_kind *kind, json_t *record, const json_t *values);
/* Whether the record has a member of these that `values` does not explain: this server shows them. */
bool document_unread_shown(const struct tfs_kind *kind, const json_t *record, const json_t *values);
/* Appends the names of the optional ones that are neither in the document nor known from `values`. */
int document_unread_unknown(const struct tfs_kind *kind, const json_t *document, const json_t *values,
			    struct tfs_buf *out);

#endif
