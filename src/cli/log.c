/* tenantfs log: who changed what is at or below a path. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "past.h"
#include "report.h"

struct printing {
	bool json;
	size_t count;
};

static int print_entry(void *context, json_t *entry)
{
	struct printing *printing = context;
	const char *commit = tfs_json_text(entry, "commit"), *author = tfs_json_text(entry, "author");
	const char *subject = tfs_json_text(entry, "subject");
	/* A subject that says why does not say what. */
	const char *said = tfs_json_text(entry, "reason") ? tfs_json_text(entry, "path") : NULL;
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(1 << 20);
	char when[32];

	printing->count++;
	if (printing->json) {
		if (tfs_json_print(entry, &text) < 0)
			return -ENOMEM;
		printf("%s%s", printing->count > 1 ? ",\n  " : "[\n  ", text.data);
	} else {
		cli_past_time(entry, when);
		printf("%.12s  %s  %-16s  %s%s%s\n", commit ? commit : "", when, author ? author : "",
		       subject ? subject : "", said ? ": " : "", said ? said : "");
	}
	/* Whoever reads has seen enough. */
	return ferror(stdout) ? -EPIPE : 0;
}

static int read_limit(const struct cli *cli, size_t *ret)
{
	const char *text = cli_option(cli, "number");
	char *end = NULL;

	*ret = SIZE_MAX;
	if (!text)
		return 0;
	*ret = strtoul(text, &end, 10);
	/* strtoul would take "-1" for very many. */
	if (!isdigit((unsigned char)text[0]) || *end)
		return cli_usage(cli->command, "-n takes a number, not \"%s\"", text);
	return 0;
}

int cli_run_log(const struct cli *cli)
{
	struct printing printing = { .json = cli_option(cli, "json") != NULL };
	const char *path = cli->n_words ? cli->words[0] : NULL;
	struct tfs_past *past cleanup_past = NULL;
	cleanup_free char *inside = NULL;
	struct tfs_error error = { 0 };
	size_t limit;
	int r = read_limit(cli, &limit);

	if (r != 0)
		return r;
	r = cli_past_open(cli, path, &past, &error);
	if (r >= 0)
		r = cli_path_in_tenant(path ? path : ".", &inside, &error);
	/* Without a path all of it, wherever one stands. */
	if (r >= 0)
		r = tfs_past_log(past, path ? inside : "", limit, print_entry, &printing, &error);
	if (r == -EPIPE)
		return CLI_DONE;
	if (r < 0)
		return cli_fail(cli->command->name, &error);
	if (printing.json)
		puts(printing.count ? "\n]" : "[]");
	else if (printing.count == 0 && limit > 0)
		fprintf(stderr, "tenantfs: log: nothing is recorded%s%s\n", path ? " of " : "", path ? inside : "");
	return CLI_DONE;
}
