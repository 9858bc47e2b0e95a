/* A growable byte buffer with a ceiling. */
#ifndef TENANTFS_BUF_H
#define TENANTFS_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "tenantfs/cleanup.h"

/* `data` is NUL-terminated one past `len` whenever it is not NULL. Fields may be read, not written. */
struct tfs_buf {
	char *data;
	size_t len;
	size_t cap;
	size_t max;  /* ceiling on len, in bytes */
	bool secret; /* bytes are wiped before memory is given back, also while the buffer grows */
};

/* Empty buffer that refuses to pass `max` bytes. */
#define TFS_BUF_INIT(max_bytes) ((struct tfs_buf){ .max = (max_bytes) })
/* The same for secrets: no copy of the bytes stays in freed memory. */
#define TFS_BUF_INIT_SECRET(max_bytes) ((struct tfs_buf){ .max = (max_bytes), .secret = true })

void tfs_buf_finish(struct tfs_buf *buf);
/* Overwrites the bytes before freeing them; for a buffer not made as secret that holds one. */
void tfs_buf_wipe(struct tfs_buf *buf);
/* Empties the buffer and keeps its memory. */
void tfs_buf_reset(struct tfs_buf *buf);

/* 0, -ENOMEM, or -EFBIG past the ceiling. On failure the buffer is unchanged. */
int tfs_buf_reserve(struct tfs_buf *buf, size_t extra);
int tfs_buf_add(struct tfs_buf *buf, const void *bytes, size_t len);
int tfs_buf_puts(struct tfs_buf *buf, const char *text);
int tfs_buf_putc(struct tfs_buf *buf, char c);
/* The text as one word of a shell command: in single quotes where a shell would take it apart. */
int tfs_buf_put_word(struct tfs_buf *buf, const char *text);
int tfs_buf_printf(struct tfs_buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds `len` bytes that the caller wrote to data + len after tfs_buf_reserve. */
void tfs_buf_grow(struct tfs_buf *buf, size_t len);
/* Truncates to `len`, or extends to it with zero bytes. 0, -ENOMEM, -EFBIG. */
int tfs_buf_resize(struct tfs_buf *buf, size_t len);

/* Returns the NUL-terminated bytes and empties the buffer. Caller frees; NULL: out of memory. */
char *tfs_buf_steal(struct tfs_buf *buf, size_t *ret_len);

/* `struct tfs_buf text cleanup_buf = TFS_BUF_INIT(n);` */
#define cleanup_buf TFS_CLEANUP(tfs_buf_finish)

#endif
