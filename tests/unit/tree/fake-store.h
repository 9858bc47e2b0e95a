/* A fake store for tests of the tree: five kinds, documents in memory, counted calls, injected failures. */
#ifndef TENANTFS_TEST_FAKE_STORE_H
#define TENANTFS_TEST_FAKE_STORE_H

#include "tenantfs/resource.h"

enum { FAKE_TEXT = 512 };

/* Numbers of calls since fake_reset_counts(). */
struct fake_counts {
	unsigned lists, gets, saves, removes, renames, calls, refreshes;
};

struct tfs_store *fake_store_new(void);
void fake_store_free(struct tfs_store *store);

/* Changes a document on the server as another client would; the cache sees it with the next call. */
void fake_put(struct tfs_store *store, const char *path, const char *name, const char *text);
void fake_drop(struct tfs_store *store, const char *path, const char *name);
/* Text on the server, borrowed; NULL for a missing document. */
const char *fake_text(struct tfs_store *store, const char *path, const char *name);

/* The next `count` writing calls, or reading calls, fail with this error. */
void fake_fail(struct tfs_store *store, int code, const char *message, unsigned count);
void fake_fail_reads(struct tfs_store *store, int code, const char *message, unsigned count);
struct fake_counts fake_counts(struct tfs_store *store);
void fake_reset_counts(struct tfs_store *store);
/* Called in the middle of each save, without any lock; NULL: nothing. */
void fake_on_save(struct tfs_store *store, void (*hook)(void *data), void *data);
/* The configuration of the store; tests change it before they create the tree. */
struct tfs_config *fake_config(struct tfs_store *store);

#endif
