/* The message of a commit: a line for people, their reason, and trailers for programs. */
#ifndef TENANTFS_HISTORY_MESSAGE_H
#define TENANTFS_HISTORY_MESSAGE_H

#include "tenantfs/change.h"
#include "tenantfs/json.h"

enum { MESSAGE_MAX = 64 << 10 };

/* Why a commit is made. */
enum origin {
	ORIGIN_CHANGE,   /* through tenantfs, by a local user */
	ORIGIN_DRIFT,    /* by others, found on the server */
	ORIGIN_BASELINE, /* the first version seen */
	ORIGIN_FORM,     /* what the server made of a change by a local user */
};

/*
 * Appends the message. For a listing, `count` is the number of documents and the change's path is the
 * directory.
 */
int history_message_make(const struct tfs_change *change, enum origin origin, size_t count, struct tfs_buf *out);

/*
 * The trailers of a message as {"uid": "1000", "operation": …}, names in lower case with "_" for "-". Caller
 * owns.
 */
json_t *history_message_trailers(const char *message);
/* The number after "Journal:", or 0. */
uint64_t history_message_journal(const char *message);

/* True when both texts of a document are the same but for the member "_server". */
bool history_text_same(const char *a, size_t a_len, const char *b, size_t b_len);

#endif
