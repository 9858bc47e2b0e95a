/* tenantfs journal: lists the changes sent to the server, by whom and with which outcome. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "history-view.h"
#include "report.h"
#include "session.h"

enum { SHOWN = 20, MOST = 100000 };

static int read_count(const struct cli *cli, long *ret)
{
	const char *text = cli_option(cli, "count");
	char *end = NULL;

	*ret = text ? strtol(text, &end, 10) : SHOWN;
	if (text && (end == text || *end != '\0' || *ret < 1 || *ret > MOST))
		return cli_usage(cli->command, "-n takes a number from 1 to %d", MOST);
	return 0;
}

/* From the daemon, or without one from the journal's files. */
static int read_journal(const struct tfs_config *config, long count, json_t **ret, struct tfs_error *error)
{
	cleanup_json json_t *request = json_pack("{s:s, s:I}", "command", "journal", "count", (json_int_t)count);
	cleanup_json json_t *answer = NULL;
	struct tfs_tenant *tenant = NULL;
	int r = request ? cli_reach(config, request, &answer, &tenant, error) : tfs_error_set_memory(error);

	if (r >= 0 && tenant)
		r = tfs_journal_last(tfs_tenant_journal(tenant), (size_t)count, ret);
	else if (r >= 0)
		*ret = json_incref(json_object_get(answer, "journal"));
	tfs_tenant_close(tenant);
	return r;
}

static const char *outcome_of(const json_t *outcome)
{
	const char *name = tfs_json_text(outcome, "errno");

	if (!outcome)
		return "open";
	return name ? name : "done";
}

static void print_entry(const json_t *entry)
{
	const json_t *outcome = json_object_get(entry, "outcome");
	const char *type = tfs_json_text(entry, "type"), *path = tfs_json_text(entry, "path");
	const char *command = tfs_json_text(json_object_get(entry, "caller"), "command");
	const char *message = tfs_json_text(outcome, "message");
	json_int_t number = json_integer_value(json_object_get(entry, "seq"));
	char when[32], name[24] = "-";

	/* A pending change has no number yet. */
	if (number > 0)
		snprintf(name, sizeof(name), "j%lld", (long long)number);
	cli_history_time(entry, when);
	printf("%-6s  %-19s  %-7s %-9s %s", name, when, type ? type : "?", outcome_of(outcome), path ? path : "?");
	if (command)
		printf("  (%s)", command);
	printf("%s%s\n", message ? "\n    " : "", message ? message : "");
}

static int print(const json_t *entries, bool as_json)
{
	struct tfs_buf document cleanup_buf = TFS_BUF_INIT(TFS_CONTROL_MAX);
	const json_t *entry;
	size_t i;

	if (!as_json) {
		json_array_foreach (entries, i, entry)
			print_entry(entry);
	} else if (tfs_json_print_document(entries, &document) >= 0) {
		fwrite(document.data, 1, document.len, stdout);
	}
	return CLI_DONE;
}

int cli_run_journal(const struct cli *cli)
{
	struct tfs_error error = { 0 };
	cleanup_config struct tfs_config *config = NULL;
	cleanup_json json_t *entries = NULL;
	long count;
	int r = read_count(cli, &count);

	if (r)
		return r;
	r = cli_find_config(cli, cli->n_args ? cli->args[0] : NULL, &config, &error);
	if (r >= 0)
		r = read_journal(config, count, &entries, &error);
	return r < 0 ? cli_fail("journal", &error) : print(entries, cli_option(cli, "json"));
}
