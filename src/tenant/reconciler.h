/* The thread that reconciles intents left open by a lost answer or a crash. */
#ifndef TENANTFS_TENANT_RECONCILER_H
#define TENANTFS_TENANT_RECONCILER_H

#include "tenantfs/save.h"

struct reconciler;
/* Borrows `store`. Every two seconds reconciles the open intents, if any, within `timeout_ms`. */
int tenant_reconciler_new(struct tfs_store *store, uint64_t timeout_ms, struct reconciler **ret,
			  struct tfs_error *error);
/* Cancels the running operation and joins the thread. */
void tenant_reconciler_free(struct reconciler *reconciler);

#endif
