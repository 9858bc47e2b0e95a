/* A killed daemon that the kernel does not let end. */
#ifndef TENANTFS_CLI_ZOMBIE_H
#define TENANTFS_CLI_ZOMBIE_H

#include "tenantfs/config.h"

/*
 * A daemon killed while it notifies the kernel about a directory in use becomes a zombie: it waits for a
 * request that waits for it, and keeps the tenant's lock. Aborts the connection of the mount at `dir` in that
 * case, and waits for the lock.
 */
void cli_abort_zombie(const struct tfs_config *config, const char *dir);

#endif
