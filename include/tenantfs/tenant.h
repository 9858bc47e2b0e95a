/* An open tenant: all layers assembled, the state folder locked. */
#ifndef TENANTFS_TENANT_H
#define TENANTFS_TENANT_H

#include "tenantfs/config.h"
#include "tenantfs/history.h"
#include "tenantfs/save.h"

struct tfs_tenant;

/*
 * Locks the state folder (-EBUSY: another process owns it) and assembles http, api, cache, store, journal,
 * drafts and history. Takes over `config`, on failure too.
 */
int tfs_tenant_open(struct tfs_config *config, struct tfs_tenant **ret, struct tfs_error *error);
void tfs_tenant_close(struct tfs_tenant *tenant);
/* Starts the thread that reconciles open intents (tfs_store_reconcile) until the tenant is closed. */
int tfs_tenant_start_reconciler(struct tfs_tenant *tenant, struct tfs_error *error);
/* NULL: the repository cannot be opened, or `history-record` is false. */
struct tfs_history *tfs_tenant_history(struct tfs_tenant *tenant);
struct tfs_journal *tfs_tenant_journal(struct tfs_tenant *tenant);
struct tfs_drafts *tfs_tenant_drafts(struct tfs_tenant *tenant);
struct tfs_store *tfs_tenant_store(struct tfs_tenant *tenant);
struct tfs_api *tfs_tenant_api(struct tfs_tenant *tenant);
const struct tfs_config *tfs_tenant_config(struct tfs_tenant *tenant);

/* Starts the thread that polls the audit log every `feed-interval`. Interval 0: returns 0, `*ret` is NULL. */
struct tfs_feed;
int tfs_feed_new(struct tfs_tenant *tenant, struct tfs_feed **ret, struct tfs_error *error);
void tfs_feed_free(struct tfs_feed *feed);

#endif
