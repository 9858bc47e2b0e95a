/* tenantfs sandbox: runs tenantfs-sandbox, the local Admin API server. */
#include <string.h>

#include "exec.h"
#include "report.h"

int cli_run_sandbox(const struct cli *cli)
{
	struct tfs_error error = { 0 };

	/* args[0] is the command's name; cli_exec replaces it by the program's. */
	cli_exec("tenantfs-sandbox", cli->args, &error);
	return cli_fail("sandbox", &error);
}
