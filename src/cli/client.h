/*
 * An API client that does not take the tenant's lock: for commands that leave a mounted tenant's state alone.
 */
#ifndef TENANTFS_CLI_CLIENT_H
#define TENANTFS_CLI_CLIENT_H

#include "command.h"
#include "tenantfs/api.h"

struct cli_client {
	struct tfs_config *config; /* NULL when the configuration was given to cli_client_start */
	struct tfs_http *http;
	struct tfs_api *api;
};

/* On failure `ret` is half-built; cli_client_close accepts it. */
int cli_client_start(struct cli_client *ret, const struct tfs_config *config, struct tfs_error *error);
/* The same with the command's configuration, which the client owns. */
int cli_client_open(const struct cli *cli, struct cli_client *ret, struct tfs_error *error);
void cli_client_close(struct cli_client *client);
/* Tells the daemon, if there is one, to reload the session. */
void cli_client_tell_daemon(const struct cli_client *client);

#endif
