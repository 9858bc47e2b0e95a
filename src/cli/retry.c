/* tenantfs retry: sends a draft that was refused once more. */
#include "session.h"

int cli_run_retry(const struct cli *cli)
{
	return cli_run_at_path(cli, cli->words[0], "saved");
}
