/* Opens the history for reading and prints its entries. */
#include "history-view.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "report.h"
#include "tenantfs/clock.h"

/* Makes the daemon write what it has not recorded yet; without a daemon there is nothing to do. */
static int flush_daemon(const struct tfs_config *config, struct tfs_error *error)
{
	cleanup_json json_t *request = json_pack("{s:s}", "command", "flush");
	cleanup_json json_t *answer = NULL;
	int r;

	if (!request)
		return tfs_error_set_memory(error);
	r = cli_ask(config, request, &answer, error);
	if (r != -ECONNREFUSED)
		return r;
	tfs_error_clear(error);
	return 0;
}

int cli_history_open(const struct cli *cli, const char *path, struct tfs_history_view **ret, struct tfs_error *error)
{
	cleanup_config struct tfs_config *config = NULL;
	int r = cli_find_config(cli, path, &config, error);

	if (r >= 0)
		r = flush_daemon(config, error);
	if (r >= 0)
		r = tfs_view_open(config, ret, error);
	if (r >= 0 && !config->history_record)
		fprintf(stderr, "tenantfs: %s: history-record is false: only earlier changes are shown\n",
			cli->command->name);
	return r;
}

void cli_history_time(const json_t *entry, char out[32])
{
	const char *text = tfs_json_text(entry, "time");
	struct timespec time;
	struct tm tm;

	if (!text || tfs_clock_parse(text, &time) < 0 || !localtime_r(&time.tv_sec, &tm) ||
	    !strftime(out, 32, "%Y-%m-%d %H:%M:%S", &tm))
		snprintf(out, 32, "?");
}

static void print_value(const json_t *value)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(SIZE_MAX / 2);

	if (!value)
		fputs("(none)", stdout);
	else if (tfs_json_print(value, &text) == 0)
		fwrite(text.data, 1, text.len, stdout);
}

static void print_member(const json_t *member)
{
	const char *name = tfs_json_text(member, "member");
	const json_t *before = json_object_get(member, "before"), *after = json_object_get(member, "after");

	if (before) {
		printf("  - %s%s", name ? name : "", name && name[0] ? ": " : "");
		print_value(before);
		puts("");
	}
	if (after) {
		printf("  + %s%s", name ? name : "", name && name[0] ? ": " : "");
		print_value(after);
		puts("");
	}
}

void cli_history_print_changes(const json_t *changes)
{
	const json_t *change, *member;
	size_t i, k;

	json_array_foreach (changes, i, change) {
		const char *path = tfs_json_text(change, "path"), *action = tfs_json_text(change, "action");

		printf("%s %s\n", action ? action : "?", path ? path : "?");
		/* Names are enough for created or removed documents in a list. */
		if (json_array_size(changes) > 1 && action && strcmp(action, "change") != 0)
			continue;
		json_array_foreach (json_object_get(change, "members"), k, member)
			print_member(member);
	}
}

int cli_print_json(const json_t *value)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(SIZE_MAX / 2);

	if (!value || tfs_json_print_document(value, &text) < 0 || fwrite(text.data, 1, text.len, stdout) < text.len)
		return CLI_REFUSED;
	return CLI_DONE;
}

bool cli_history_is_revision(struct tfs_history_view *view, const char *arg)
{
	char id[TFS_HISTORY_ID];

	return !strchr(arg, '/') && tfs_view_resolve(view, arg, id, NULL) == 0;
}
