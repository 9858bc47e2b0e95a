/* tenantfs show: prints one recorded change, member by member. */
#include "history-view.h"
#include "report.h"

static void print_line(const json_t *entry, const char *label, const char *member)
{
	const char *text = tfs_json_text(entry, member);

	if (text)
		printf("%-9s %s\n", label, text);
}

static void print_entry(const json_t *entry)
{
	static const char *const members[][2] = {
		{ "origin", "origin" },   { "uid", "uid" },           { "pid", "pid" },
		{ "command", "command" }, { "endpoint", "endpoint" }, { "request", "request_id" },
		{ "outcome", "outcome" }, { "reason", "reason" },     { "set", "change_set" },
		{ "journal", "journal" },
	};
	const char *author = tfs_json_text(entry, "author"), *mail = tfs_json_text(entry, "mail");
	char when[32];

	cli_history_time(entry, when);
	print_line(entry, "commit", "commit");
	printf("%-9s %s <%s>\n%-9s %s\n", "author", author ? author : "", mail ? mail : "", "time", when);
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++)
		print_line(entry, members[i][0], members[i][1]);
	print_line(entry, "subject", "subject");
	puts("");
	cli_history_print_changes(json_object_get(entry, "changes"));
}

int cli_run_show(const struct cli *cli)
{
	const char *revision = cli->n_args ? cli->args[0] : "HEAD";
	struct tfs_history_view *view cleanup_view = NULL;
	cleanup_json json_t *entry = NULL;
	struct tfs_error error = { 0 };
	int r = cli_history_open(cli, NULL, &view, &error);

	if (r >= 0)
		r = tfs_view_show(view, revision, &entry, &error);
	if (r < 0)
		return cli_fail(cli->command->name, &error);
	if (cli_option(cli, "json"))
		return cli_print_json(entry);
	print_entry(entry);
	return CLI_DONE;
}
