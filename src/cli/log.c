/* tenantfs log: lists who changed what at or below a path. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "history-view.h"
#include "report.h"

enum { ENOUGH = 1 };

struct printing {
	bool json, each;
	size_t count, limit; /* lines printed, or entries of the JSON array */
	json_t *held;        /* the newest entry of a change set whose entries are being counted */
	size_t n_held;
};

/* Prints a change set as one line. */
static void print_line(const json_t *entry, size_t changes)
{
	const char *commit = tfs_json_text(entry, "commit"), *author = tfs_json_text(entry, "author");
	const char *subject = tfs_json_text(entry, "subject");
	/* A subject made of the reason does not name the path. */
	bool reason = tfs_json_text(entry, "reason");
	const char *said = reason ? tfs_json_text(entry, "path") : NULL;
	char when[32];

	cli_history_time(entry, when);
	printf("%.12s  %s  %-16s  %s", commit ? commit : "", when, author ? author : "", subject ? subject : "");
	if (changes > 1 && reason)
		printf(": %zu changes, one set\n", changes);
	else if (changes > 1)
		printf(" and %zu more, one set\n", changes - 1);
	else
		printf("%s%s\n", said ? ": " : "", said ? said : "");
}

static int print_json(const json_t *entry, bool first)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(1 << 20);

	if (tfs_json_print(entry, &text) < 0)
		return -ENOMEM;
	printf("%s%s", first ? "[\n  " : ",\n  ", text.data);
	return 0;
}

/* Prints the held entry, now that its set is complete. 0, ENOUGH or a negative errno. */
static int print_held(struct printing *printing)
{
	cleanup_json json_t *entry = steal_pointer(&printing->held);
	int r = 0;

	if (!entry)
		return 0;
	if (printing->json)
		r = print_json(entry, printing->count == 0);
	else
		print_line(entry, printing->n_held);
	if (++printing->count == printing->limit)
		r = r < 0 ? r : ENOUGH;
	/* The reader closed the pipe. */
	return ferror(stdout) ? -EPIPE : r;
}

static bool is_same_set(const json_t *one, const json_t *other)
{
	const char *a = tfs_json_text(one, "change_set"), *b = tfs_json_text(other, "change_set");

	return a && b && strcmp(a, b) == 0;
}

static int print_entry(void *context, json_t *entry)
{
	struct printing *printing = context;
	int r;

	if (!printing->each && !printing->json && is_same_set(printing->held, entry)) {
		printing->n_held++;
		return 0;
	}
	r = print_held(printing);
	if (r != 0)
		return r;
	printing->held = json_incref(entry);
	printing->n_held = 1;
	return 0;
}

static int print_all(struct tfs_history_view *view, const char *path, struct printing *printing,
		     struct tfs_error *error)
{
	int r = printing->limit > 0 ? tfs_view_log(view, path, SIZE_MAX, print_entry, printing, error) : 0;
	int last = print_held(printing);

	return r < 0 ? r : last < 0 ? last : 0;
}

static int read_limit(const struct cli *cli, size_t *ret)
{
	const char *text = cli_option(cli, "number");
	char *end = NULL;

	*ret = SIZE_MAX;
	if (!text)
		return 0;
	*ret = strtoul(text, &end, 10);
	/* strtoul would accept "-1" as a huge number. */
	if (!isdigit((unsigned char)text[0]) || *end)
		return cli_usage(cli->command, "-n takes a number, not \"%s\"", text);
	return 0;
}

int cli_run_log(const struct cli *cli)
{
	struct printing printing = { .json = cli_option(cli, "json"), .each = cli_option(cli, "each") };
	const char *path = cli->n_args ? cli->args[0] : NULL;
	struct tfs_history_view *view cleanup_view = NULL;
	cleanup_free char *inside = NULL;
	struct tfs_error error = { 0 };
	int r = read_limit(cli, &printing.limit);

	if (r != 0)
		return r;
	r = cli_history_open(cli, path, &view, &error);
	if (r >= 0)
		r = cli_path_in_tenant(path ? path : ".", &inside, &error);
	/* Without a path: the whole history, whatever the current directory is. */
	if (r >= 0)
		r = print_all(view, path ? inside : "", &printing, &error);
	if (r == -EPIPE)
		return CLI_DONE;
	if (r < 0)
		return cli_fail(cli->command->name, &error);
	if (printing.json)
		puts(printing.count ? "\n]" : "[]");
	else if (printing.count == 0 && printing.limit > 0)
		fprintf(stderr, "tenantfs: log: nothing is recorded%s%s\n", path ? " of " : "", path ? inside : "");
	return CLI_DONE;
}
