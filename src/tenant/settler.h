/* The thread that comes back to what a lost answer left open. */
#ifndef TENANTFS_TENANT_SETTLER_H
#define TENANTFS_TENANT_SETTLER_H

#include "tenantfs/save.h"

struct settler;
/* Borrows `store`; looks every few seconds whether something is open, each time for no longer than `timeout_ms`. */
int settler_new(struct tfs_store *store, uint64_t timeout_ms, struct settler **ret, struct tfs_error *error);
/* Ends what it is at, joins. */
void settler_free(struct settler *settler);

#endif
