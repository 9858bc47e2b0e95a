/* tenantfs refresh: invalidates the cache at and below a path. */
#include "session.h"

int cli_run_refresh(const struct cli *cli)
{
	return cli_run_at_path(cli, cli->n_args ? cli->args[0] : NULL, "refreshed");
}
