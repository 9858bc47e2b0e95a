/* A tenant opened: its layers assembled, its state folder locked, its control socket served. */
#ifndef TENANTFS_TENANT_H
#define TENANTFS_TENANT_H

#include "tenantfs/config.h"
#include "tenantfs/history.h"
#include "tenantfs/save.h"

struct tfs_tenant;

/*
 * Assembles http, api, cache, store, journal, drafts and history and takes the state folder's lock: -EBUSY
 * when another process owns it. Takes over `config`, on failure too.
 */
int tfs_tenant_open(struct tfs_config *config, struct tfs_tenant **ret, struct tfs_error *error);
void tfs_tenant_close(struct tfs_tenant *tenant);
/* Has a thread come back to what a lost answer or a death left open (tfs_store_reconcile), until closed. */
int tfs_tenant_keep_settling(struct tfs_tenant *tenant, struct tfs_error *error);
/* NULL where the repository could not be opened, or nothing is to be recorded. */
struct tfs_history *tfs_tenant_history(struct tfs_tenant *tenant);
struct tfs_journal *tfs_tenant_journal(struct tfs_tenant *tenant);
struct tfs_drafts *tfs_tenant_drafts(struct tfs_tenant *tenant);
struct tfs_store *tfs_tenant_store(struct tfs_tenant *tenant);
struct tfs_api *tfs_tenant_api(struct tfs_tenant *tenant);
const struct tfs_config *tfs_tenant_config(struct tfs_tenant *tenant);

/* Looks at the audit log every `feed-interval` in a thread of its own; none where that is 0: 0 and NULL. */
struct tfs_feed;
int tfs_feed_new(struct tfs_tenant *tenant, struct tfs_feed **ret, struct tfs_error *error);
void tfs_feed_free(struct tfs_feed *feed);

#endif
