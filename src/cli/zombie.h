/* What a killed daemon leaves when the kernel held it in that moment. */
#ifndef TENANTFS_CLI_ZOMBIE_H
#define TENANTFS_CLI_ZOMBIE_H

#include "tenantfs/config.h"

/*
 * A daemon killed while it told the kernel of a directory in use stays as a
 * zombie: it waits for a request that waits for it, and holds the tenant's lock.
 * Ends the connection of the mount at `dir` where that is so, and waits for the lock.
 */
void cli_abort_zombie(const struct tfs_config *config, const char *dir);

#endif
