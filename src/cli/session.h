/* Which tenant a command is for, and the way to it: its daemon while it is mounted, else the library itself.
 */
#ifndef TENANTFS_CLI_SESSION_H
#define TENANTFS_CLI_SESSION_H

#include "command.h"
#include "tenantfs/control.h"
#include "tenantfs/tenant.h"

/*
 * The tenant's configuration: by -t and -c, else of the mount that holds `path` (NULL: the present folder),
 * else the only one configured.
 */
int cli_find_config(const struct cli *cli, const char *path, struct tfs_config **ret,
		    struct tfs_error *error);

/* `path` as it is called within the tenant: relative to the mount that holds it, else as given. Yours. */
int cli_path_in_tenant(const char *path, char **ret, struct tfs_error *error);

/* Asks the daemon, as long as one operation may take. -ECONNREFUSED: the tenant is not mounted. */
int cli_ask(const struct tfs_config *config, const json_t *request, json_t **ret, struct tfs_error *error);

/* The tenant itself, for a moment; -EBUSY while a daemon or another command has it. */
int cli_open_tenant(const struct tfs_config *config, struct tfs_tenant **ret, struct tfs_error *error);

/*
 * For commands that can do without a daemon: its answer in `*ret`, or where there is none the tenant itself
 * in
 * `*ret_tenant`. Waits while another command has the tenant, no longer than one operation may take.
 */
int cli_reach(const struct tfs_config *config, const json_t *request, json_t **ret,
	      struct tfs_tenant **ret_tenant, struct tfs_error *error);

/*
 * For commands that are a daemon's alone: {"command": NAME, "path": PATH as within the tenant} is asked and
 * `done` printed. Returns the exit code, an error told.
 */
int cli_run_at_path(const struct cli *cli, const char *path, const char *done);

#endif
