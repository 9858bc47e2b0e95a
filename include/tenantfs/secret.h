/* Bytes that must not leak: locked, left out of core dumps, wiped. */
#ifndef TENANTFS_SECRET_H
#define TENANTFS_SECRET_H

#include <stddef.h>

struct tfs_secret;

/* Copies `len` bytes (NULL: zeros). NULL when out of memory. The memory has a NUL behind. */
struct tfs_secret *tfs_secret_new(const void *bytes, size_t len);
void tfs_secret_free(struct tfs_secret *secret);
unsigned char *tfs_secret_bytes(struct tfs_secret *secret);
const char *tfs_secret_text(const struct tfs_secret *secret);
size_t tfs_secret_len(const struct tfs_secret *secret);

/* Overwrites memory so that the compiler keeps it. */
void tfs_wipe(void *bytes, size_t len);

/* No core dumps, not traceable by others: for the start of main. */
void tfs_secret_harden_process(void);

#endif
