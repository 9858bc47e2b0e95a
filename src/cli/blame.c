/* tenantfs blame: who set each member of a document, when and why. */
#include "history-view.h"
#include "report.h"

static void print_blamed(const json_t *entry)
{
	const char *commit = tfs_json_text(entry, "commit"), *author = tfs_json_text(entry, "author");
	const char *member = tfs_json_text(entry, "member"), *reason = tfs_json_text(entry, "reason");
	struct tfs_buf value cleanup_buf = TFS_BUF_INIT(SIZE_MAX / 2);
	char when[32];

	cli_history_time(entry, when);
	if (tfs_json_print(json_object_get(entry, "value"), &value) < 0)
		return;
	printf("%.12s  %s  %-16s  %s: %s%s%s%s\n", commit ? commit : "", when, author ? author : "",
	       member ? member : "", value.data, reason ? "  (" : "", reason ? reason : "", reason ? ")" : "");
}

int cli_run_blame(const struct cli *cli)
{
	struct tfs_history_view *view cleanup_view = NULL;
	cleanup_json json_t *blamed = NULL;
	cleanup_free char *inside = NULL;
	struct tfs_error error = { 0 };
	const json_t *entry;
	size_t i;
	int r = cli_history_open(cli, cli->args[0], &view, &error);

	if (r >= 0)
		r = cli_path_in_tenant(cli->args[0], &inside, &error);
	if (r >= 0)
		r = tfs_view_blame(view, inside, &blamed, &error);
	if (r < 0)
		return cli_fail(cli->command->name, &error);
	if (cli_option(cli, "json"))
		return cli_print_json(blamed);
	json_array_foreach (blamed, i, entry)
		print_blamed(entry);
	return CLI_DONE;
}
