/* tenantfs refresh: what is below a path is asked for anew when it is next looked at. */
#include "session.h"

int cli_run_refresh(const struct cli *cli)
{
	return cli_run_at_path(cli, cli->n_words ? cli->words[0] : NULL, "refreshed");
}
