/* tenantfs push: pushes the history to its remote, through the daemon or, without one, directly. */
#include <errno.h>
#include <stdio.h>

#include "history-view.h"
#include "report.h"
#include "tenantfs/history.h"
#include "tenantfs/log.h"

static int push_directly(struct tfs_tenant *tenant, uint64_t timeout_ms, json_t **ret, struct tfs_error *error)
{
	struct tfs_history *history = tfs_tenant_history(tenant);
	struct tfs_op *op;
	int r;

	if (!history)
		return tfs_error_set(error, -EIO, "cli",
				     tfs_tenant_config(tenant)->history_record
					     ? "the history cannot be opened"
					     : "history-record is false: nothing to push");
	/* The error is reported once, by this command. */
	tfs_log_set_level(TFS_LOG_ERROR);
	r = tfs_history_keep_pushing(history, error);
	if (r < 0)
		return r;
	op = tfs_op_new(timeout_ms);
	if (!op)
		return tfs_error_set_memory(error);
	r = tfs_history_push(history, op);
	if (r < 0)
		*error = *tfs_op_error(op);
	else
		*ret = json_pack("{s:o}", "push", tfs_history_push_status(history));
	tfs_op_free(op);
	return r < 0 || *ret ? r : tfs_error_set_memory(error);
}

static int push(struct tfs_config *config, json_t **ret, struct tfs_error *error)
{
	cleanup_json json_t *request = json_pack("{s:s}", "command", "push");
	struct tfs_tenant *tenant = NULL;
	int r;

	if (!request)
		return tfs_error_set_memory(error);
	/* A push may already be in progress. */
	config->timeout_ms += 2 * config->push_timeout_ms;
	r = cli_reach(config, request, ret, &tenant, error);
	/* cli_reach has set the error of the daemon that was not found. */
	if (r >= 0 && tenant)
		tfs_error_clear(error);
	if (r >= 0 && tenant)
		r = push_directly(tenant, config->timeout_ms, ret, error);
	tfs_tenant_close(tenant);
	return r;
}

static int print(const json_t *answer, bool as_json)
{
	const json_t *status = json_object_get(answer, "push");
	const char *commit = tfs_json_text(status, "pushed"), *branch = tfs_json_text(status, "branch");

	if (as_json)
		return cli_print_json(status);
	if (!commit)
		puts("nothing is recorded yet");
	else
		printf("%.12s is on branch %s of %s\n", commit, branch, tfs_json_text(status, "remote"));
	return CLI_DONE;
}

int cli_run_push(const struct cli *cli)
{
	struct tfs_error error = { 0 };
	cleanup_config struct tfs_config *config = NULL;
	cleanup_json json_t *answer = NULL;
	int r = cli_find_config(cli, cli->n_args ? cli->args[0] : NULL, &config, &error);

	if (r < 0)
		return cli_fail("push", &error);
	struct cli_progress *progress = cli_progress_start("pushing");
	r = push(config, &answer, &error);
	cli_progress_end(progress);
	if (r >= 0)
		return print(answer, cli_option(cli, "json"));
	/* The usual remedies are about the tenant's server. */
	cli_print_error(stderr, "push", &error, NULL);
	return cli_exit_of(r);
}
