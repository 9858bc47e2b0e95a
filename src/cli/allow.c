/* tenantfs allow: permits a gated change, at and below a path and for some minutes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"
#include "session.h"
#include "tenantfs/gate.h"

enum { MINUTE_MS = 60000 };

/* Parses --minutes. 0 and the time in milliseconds, or -EINVAL. */
static int read_minutes(const char *text, uint64_t *ret_ms)
{
	char *end = NULL;
	unsigned long minutes = text ? strtoul(text, &end, 10) : TFS_GATE_MS / MINUTE_MS;

	if (text && (*text < '0' || *text > '9' || *end || minutes == 0 || minutes > TFS_GATE_LONGEST_MS / MINUTE_MS))
		return -EINVAL;
	*ret_ms = (uint64_t)minutes * MINUTE_MS;
	return 0;
}

static int allow_directly(struct tfs_tenant *tenant, const char *word, const char *path, uint64_t ms,
			  struct tfs_error *error)
{
	struct tfs_op *op = tfs_op_new(tfs_tenant_config(tenant)->timeout_ms);

	if (!op)
		return tfs_error_set_memory(error);
	int r = tfs_store_allow(tfs_tenant_store(tenant), op, word, path, ms);
	if (r < 0)
		*error = *tfs_op_error(op);
	tfs_op_free(op);
	return r;
}

static int allow(const struct cli *cli, const char *word, const char *path, uint64_t ms, struct tfs_error *error)
{
	cleanup_config struct tfs_config *config = NULL;
	cleanup_free char *inside = NULL;
	cleanup_json json_t *request = NULL;
	cleanup_json json_t *answer = NULL;
	struct tfs_tenant *tenant = NULL;
	int r = cli_find_config(cli, path, &config, error);

	if (r == 0)
		r = cli_path_in_tenant(path ? path : ".", &inside, error);
	if (r < 0)
		return r;
	request = json_pack("{s:s, s:s, s:o, s:I}", "command", "allow", "word", word, "path",
			    tfs_json_string(path ? inside : ""), "ms", (json_int_t)ms);
	if (!request)
		return tfs_error_set_memory(error);
	r = cli_reach(config, request, &answer, &tenant, error);
	if (r >= 0 && tenant)
		r = allow_directly(tenant, word, path ? inside : "", ms, error);
	tfs_tenant_close(tenant);
	return r;
}

int cli_run_allow(const struct cli *cli)
{
	const char *path = cli->n_args > 1 ? cli->args[1] : NULL;
	struct tfs_error error = { 0 };
	uint64_t ms;

	if (read_minutes(cli_option(cli, "minutes"), &ms) < 0)
		return cli_usage(cli->command, "--minutes takes a number from 1 to %d",
				 TFS_GATE_LONGEST_MS / MINUTE_MS);
	if (allow(cli, cli->args[0], path, ms, &error) < 0)
		return cli_fail("allow", &error);
	printf("%s allowed for %llu minutes%s%s\n", cli->args[0], (unsigned long long)(ms / MINUTE_MS),
	       path ? ": " : "", path ? path : "");
	return CLI_DONE;
}
