/* Reports changes that are not on the server, where one might assume that all are. */
#include "unsaved.h"

#include <stdio.h>
#include <string.h>

#include "session.h"

static const char *text_of(const json_t *entry, const char *member)
{
	const char *text = tfs_json_text(entry, member);

	return text ? text : "?";
}

static bool is_in_memory(const json_t *draft)
{
	return strcmp(text_of(draft, "kept"), "memory") == 0;
}

void cli_print_drafts(const json_t *status)
{
	const json_t *drafts = json_object_get(status, "drafts");
	const json_t *draft;
	size_t i;

	json_array_foreach (drafts, i, draft)
		printf("  %s %s%s\n", i ? "        " : "drafts  ", text_of(draft, "name"),
		       is_in_memory(draft) ? " (in memory only)" : "");
}

size_t cli_print_lost(const json_t *status, const char *dir)
{
	const json_t *drafts = json_object_get(status, "drafts");
	const json_t *draft;
	size_t i, lost = 0;

	json_array_foreach (drafts, i, draft)
		lost += is_in_memory(draft);
	if (lost == 0)
		return 0;
	fprintf(stderr, "tenantfs: %s: it stays mounted: %zu %s in memory only\n", dir, lost,
		lost == 1 ? "draft is" : "drafts are");
	json_array_foreach (drafts, i, draft)
		if (is_in_memory(draft))
			fprintf(stderr, "  %s/.tenantfs/drafts/%s\n", dir, text_of(draft, "name"));
	fputs("  remedy: make room in the state folder, or copy the drafts and tenantfs discard them; then try again\n",
	      stderr);
	return lost;
}

void cli_print_pending(const json_t *status)
{
	const json_t *pending = json_object_get(status, "pending");
	const json_t *entry;
	size_t i;

	json_array_foreach (pending, i, entry)
		printf("  %s %s of %s: unknown whether the server has it\n", i ? "        " : "open    ",
		       text_of(entry, "type"), text_of(entry, "path"));
}

void cli_warn_unpushed(const struct tfs_config *config)
{
	size_t count = 0;

	if (!config->history_remote || tfs_history_unpushed(config, &count, NULL) < 0 || count == 0)
		return;
	fprintf(stderr, "tenantfs: not pushed to %s: %zu %s of the history, %s\n", config->history_remote, count,
		count == 1 ? "commit" : "commits",
		config->history_record ? "pushed by the next mount (or tenantfs push)"
				       : "not pushed while history-record = false");
}

json_t *cli_ask_unsaved(const struct tfs_config *config)
{
	cleanup_json json_t *request = json_pack("{s:s}", "command", "status");
	json_t *answer = NULL;
	struct tfs_error error;

	if (!request || cli_ask(config, request, &answer, &error) < 0)
		return NULL;
	return answer;
}

void cli_warn_unsaved(const json_t *status)
{
	size_t drafts = json_array_size(json_object_get(status, "drafts"));
	size_t pending = json_array_size(json_object_get(status, "pending"));

	if (drafts > 0)
		fprintf(stderr, "tenantfs: not on the server: %zu %s, kept for the next mount (tenantfs status)\n",
			drafts, drafts == 1 ? "draft" : "drafts");
	if (pending > 0)
		fprintf(stderr, "tenantfs: unknown outcome: %zu %s, verified by the next mount\n", pending,
			pending == 1 ? "change" : "changes");
}
