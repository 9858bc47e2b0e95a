/* tenantfs retry: sends a refused draft again. */
#include "session.h"

int cli_run_retry(const struct cli *cli)
{
	return cli_run_at_path(cli, cli->args[0], "saved");
}
