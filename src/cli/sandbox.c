/* tenantfs sandbox: becomes tenantfs-sandbox, the local Admin API server. */
#include <string.h>

#include "exec.h"
#include "report.h"

int cli_run_sandbox(const struct cli *cli)
{
	struct tfs_error error = { 0 };

	/* The words begin with the command's own name, whose place the program's takes. */
	cli_exec("tenantfs-sandbox", cli->words, &error);
	return cli_fail("sandbox", &error);
}
