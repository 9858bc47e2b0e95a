/* tenantfs logout: ends the session at the service and removes its token. */
#include <errno.h>
#include <stdio.h>

#include "client.h"
#include "report.h"
#include "unsaved.h"

static int log_out(const struct cli_client *client, struct tfs_error *error)
{
	struct tfs_op *op = tfs_op_new(client->config->timeout_ms);

	if (!op)
		return tfs_error_set_memory(error);
	int r = tfs_api_logout(client->api, op);
	if (r < 0)
		*error = *tfs_op_error(op);
	tfs_op_free(op);
	return r;
}

int cli_run_logout(const struct cli *cli)
{
	struct cli_client client;
	struct tfs_error error = { 0 };
	int r = cli_client_open(cli, &client, &error);

	if (r >= 0) {
		struct cli_progress *progress = cli_progress_start("asking the service");
		r = log_out(&client, &error);
		cli_progress_end(progress);
	}
	if (r >= 0) {
		cleanup_json json_t *unsaved = cli_ask_unsaved(client.config);

		cli_warn_unsaved(unsaved);
		cli_client_tell_daemon(&client);
		printf("%s: logged out\n", client.config->name);
	}
	cli_client_close(&client);
	return r < 0 ? cli_fail("logout", &error) : CLI_DONE;
}
