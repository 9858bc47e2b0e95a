/*
 * The secrets of removed objects, so that a document restored while the mount remembers them gets its secrets back.
 * In locked memory only; the oldest are forgotten.
 */
#ifndef TENANTFS_RESOURCE_REMOVED_SECRETS_H
#define TENANTFS_RESOURCE_REMOVED_SECRETS_H

#include "store.h"

/* NULL: out of memory. */
struct removed_secrets *resource_removed_secrets_new(void);
void resource_removed_secrets_free(struct removed_secrets *removed);
/* Remembers each text of `record` whose digest `shown`, the object's document, contains. */
void resource_removed_secrets_add(struct tfs_store *store, const json_t *record, const char *shown);
/* The secret of a digest; yours. NULL: not remembered. */
json_t *resource_removed_secrets_find(struct tfs_store *store, const char *digest);

#endif
