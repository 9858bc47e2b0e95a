/* tenantfs discard: drops a refused draft. */
#include "session.h"

int cli_run_discard(const struct cli *cli)
{
	return cli_run_at_path(cli, cli->args[0], "dropped the draft of");
}
