/* Starts the daemon and waits until it is ready. */
#ifndef TENANTFS_CLI_DAEMON_H
#define TENANTFS_CLI_DAEMON_H

#include <stdbool.h>

#include "tenantfs/config.h"

struct cli_daemon {
	const struct tfs_config *config;
	const char *dir;     /* absolute */
	const char *options; /* of -o; NULL or "": none */
};

/*
 * Starts the daemon in the background and waits until the tree is usable; otherwise `error` is the daemon's.
 */
int cli_daemon_start(const struct cli_daemon *daemon, struct tfs_error *error);
/* Replaces this process by the daemon, in the foreground. Returns only on failure. */
int cli_daemon_become(const struct cli_daemon *daemon, struct tfs_error *error);

#endif
