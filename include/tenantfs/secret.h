/* Secret bytes: locked in memory, excluded from core dumps, wiped. */
#ifndef TENANTFS_SECRET_H
#define TENANTFS_SECRET_H

#include <stddef.h>

struct tfs_secret;

/* Copies `len` bytes (NULL: zeros) and appends a NUL. NULL: out of memory. */
struct tfs_secret *tfs_secret_new(const void *bytes, size_t len);
void tfs_secret_free(struct tfs_secret *secret);
unsigned char *tfs_secret_bytes(struct tfs_secret *secret);
const char *tfs_secret_text(const struct tfs_secret *secret);
size_t tfs_secret_len(const struct tfs_secret *secret);

/* Zeroes memory; the compiler cannot optimize it away. */
void tfs_wipe(void *bytes, size_t len);

/* Disables core dumps and tracing by other processes. Call at the start of main. */
void tfs_secret_harden_process(void);

#endif
