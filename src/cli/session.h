/* A command's tenant: its daemon while it is mounted, otherwise the tenant opened in this process. */
#ifndef TENANTFS_CLI_SESSION_H
#define TENANTFS_CLI_SESSION_H

#include "command.h"
#include "tenantfs/control.h"
#include "tenantfs/tenant.h"

/*
 * Loads the tenant's configuration: by -t and -c, else of the mount that contains `path` (NULL: the current
 * directory), else the only one configured.
 */
int cli_find_config(const struct cli *cli, const char *path, struct tfs_config **ret, struct tfs_error *error);

/* The path within the tenant: relative to the mount that contains it, else as given. Yours. */
int cli_path_in_tenant(const char *path, char **ret, struct tfs_error *error);

/*
 * Sends a command to the daemon, with the timeout of one operation. -ECONNREFUSED: the tenant is not mounted.
 */
int cli_ask(const struct tfs_config *config, const json_t *request, json_t **ret, struct tfs_error *error);

/* Opens the tenant in this process; -EBUSY while a daemon or another command has it open. */
int cli_open_tenant(const struct tfs_config *config, struct tfs_tenant **ret, struct tfs_error *error);

/*
 * For commands that work without a daemon: the daemon's answer in `*ret`, or without a daemon the opened
 * tenant in `*ret_tenant`. Waits, as long as one operation may take, while another command has the tenant
 * open.
 */
int cli_reach(const struct tfs_config *config, const json_t *request, json_t **ret, struct tfs_tenant **ret_tenant,
	      struct tfs_error *error);

/*
 * For commands that need a daemon: sends {"command": NAME, "path": PATH within the tenant} and prints `done`,
 * or the error. Returns the exit code.
 */
int cli_run_at_path(const struct cli *cli, const char *path, const char *done);

#endif
