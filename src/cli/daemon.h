/* Starting the daemon and hearing whether it is ready. */
#ifndef TENANTFS_CLI_DAEMON_H
#define TENANTFS_CLI_DAEMON_H

#include <stdbool.h>

#include "tenantfs/config.h"

struct cli_daemon {
	const struct tfs_config *config;
	const char *dir;     /* absolute */
	const char *options; /* of -o; NULL or "": none */
};

/* Starts it in the background and waits until the tree can be used; else its own error. */
int cli_daemon_start(const struct cli_daemon *daemon, struct tfs_error *error);
/* Becomes the daemon, in the foreground. Returns only when it cannot. */
int cli_daemon_become(const struct cli_daemon *daemon, struct tfs_error *error);

#endif
