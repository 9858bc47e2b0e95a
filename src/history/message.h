/* The text of a commit: a line for people, what they said it is for, and trailers for programs. */
#ifndef TENANTFS_HISTORY_MESSAGE_H
#define TENANTFS_HISTORY_MESSAGE_H

#include "tenantfs/change.h"
#include "tenantfs/json.h"

enum { MESSAGE_MAX = 64 << 10 };

/* How a commit came about. */
enum origin {
	ORIGIN_CHANGE,   /* through tenantfs, by a local user */
	ORIGIN_DRIFT,    /* by others, found on the server */
	ORIGIN_BASELINE, /* how things were when first seen */
};

/* `change` as it is to be told; of a listing's many `count` says how many documents, `path` then the directory. */
int message_make(const struct tfs_change *change, enum origin origin, size_t count, struct tfs_buf *out);

/* The trailers of a message as {"uid": "1000", "operation": …}, names in lower case with "_" for "-". Yours. */
json_t *message_trailers(const char *message);
/* Number behind "Journal:", or 0. */
uint64_t message_journal(const char *message);

/* Whether what people set is the same in both texts of a document: all but the member "_server". */
bool text_same(const char *a, size_t a_len, const char *b, size_t b_len);

#endif
