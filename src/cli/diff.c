/* tenantfs diff: compares two recorded states, member by member. */
#include <unistd.h>

#include "history-view.h"
#include "report.h"

struct range {
	const char *from, *to, *path; /* path NULL: all */
};

/* Parses up to two revisions and a path. */
static int read_range(const struct cli *cli, struct tfs_history_view *view, struct range *ret)
{
	int n = 0;

	*ret = (struct range){ "HEAD~1", "HEAD", NULL };
	if (n < cli->n_args && cli_history_is_revision(view, cli->args[n]))
		ret->from = cli->args[n++];
	if (n == 1 && n < cli->n_args && cli_history_is_revision(view, cli->args[n]))
		ret->to = cli->args[n++];
	if (n < cli->n_args)
		ret->path = cli->args[n++];
	if (n < cli->n_args)
		return cli_usage(cli->command, "\"%s\" is not a revision, and only one path is allowed", ret->path);
	return 0;
}

/* The first argument that is a file selects the mount. */
static const char *find_file(const struct cli *cli)
{
	for (int i = 0; i < cli->n_args; i++)
		if (access(cli->args[i], F_OK) == 0)
			return cli->args[i];
	return NULL;
}

int cli_run_diff(const struct cli *cli)
{
	struct tfs_history_view *view cleanup_view = NULL;
	cleanup_json json_t *changes = NULL;
	cleanup_free char *inside = NULL;
	struct tfs_error error = { 0 };
	struct range range;
	int r = cli_history_open(cli, find_file(cli), &view, &error);

	if (r < 0)
		return cli_fail("diff", &error);
	r = read_range(cli, view, &range);
	if (r != 0)
		return r;
	if (range.path)
		r = cli_path_in_tenant(range.path, &inside, &error);
	if (r >= 0)
		r = tfs_view_diff(view, range.from, range.to, inside ? inside : "", &changes, &error);
	if (r < 0)
		return cli_fail("diff", &error);
	if (cli_option(cli, "json"))
		r = cli_print_json(changes);
	else
		cli_history_print_changes(changes);
	return r != 0 ? r : json_array_size(changes) ? CLI_DIFFERS : CLI_DONE;
}
