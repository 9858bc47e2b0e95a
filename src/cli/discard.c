/* tenantfs discard: drops a draft that was refused. */
#include "session.h"

int cli_run_discard(const struct cli *cli)
{
	return cli_run_at_path(cli, cli->words[0], "dropped the draft of");
}
