/* A client of the API without the tenant's lock: for what leaves the state of a mounted tenant alone. */
#ifndef TENANTFS_CLI_CLIENT_H
#define TENANTFS_CLI_CLIENT_H

#include "command.h"
#include "tenantfs/api.h"

struct cli_client {
	struct tfs_config *config; /* NULL where it was handed to cli_client_start */
	struct tfs_http *http;
	struct tfs_api *api;
};

/* Both half-built on failure: cli_client_close takes it. */
int cli_client_start(struct cli_client *ret, const struct tfs_config *config, struct tfs_error *error);
/* The same with the configuration the command is for, which it keeps. */
int cli_client_open(const struct cli *cli, struct cli_client *ret, struct tfs_error *error);
void cli_client_close(struct cli_client *client);
/* Has the daemon, if there is one, look at the session anew. */
void cli_client_tell_daemon(const struct cli_client *client);

#endif
