/* tenantfs restore and undo: show a plan and apply it, through the daemon or, without one, directly. */
#include <errno.h>
#include <string.h>

#include "history-view.h"
#include "report.h"
#include "tenantfs/restore.h"

enum { RESTORE_MS = 600000 };

static int restore_directly(struct tfs_tenant *tenant, const json_t *request, json_t **ret, struct tfs_error *error)
{
	const struct tfs_tree_options options = { .read_only = tfs_tenant_config(tenant)->read_only,
						  .uid = getuid(),
						  .gid = getgid() };
	struct tfs_op *op = tfs_op_new(RESTORE_MS);
	struct tfs_tree *tree = NULL;
	int r = op ? tfs_tree_new(tfs_tenant_store(tenant), &options, &tree, error) : -ENOMEM;

	if (!op)
		return tfs_error_set_memory(error);
	tfs_op_set_caller(op, getuid(), getgid(), getpid());
	if (r == 0)
		r = tfs_op_set_reason(op, tfs_json_text(request, "reason"));
	if (r == 0 && tfs_tenant_history(tenant))
		r = tfs_history_flush(tfs_tenant_history(tenant), op);
	if (r == 0)
		r = tfs_restore(tree, tfs_tenant_config(tenant), op, request, ret);
	if (r < 0 && error->code == 0)
		*error = *tfs_op_error(op);
	tfs_tree_free(tree);
	tfs_op_free(op);
	return r;
}

static int restore(const struct cli *cli, const char *path, const json_t *request, json_t **ret,
		   struct tfs_error *error)
{
	cleanup_config struct tfs_config *config = NULL;
	struct tfs_tenant *tenant = NULL;
	int r = cli_find_config(cli, path, &config, error);

	if (r < 0)
		return r;
	if (config->timeout_ms < RESTORE_MS)
		config->timeout_ms = RESTORE_MS;
	struct cli_progress *progress = cli_progress_start(cli->command->name);
	r = cli_reach(config, request, ret, &tenant, error);
	/* cli_reach has set the error of the daemon that was not found. */
	if (r >= 0 && tenant)
		tfs_error_clear(error);
	if (r >= 0 && tenant)
		r = restore_directly(tenant, request, ret, error);
	tfs_tenant_close(tenant);
	cli_progress_end(progress);
	return r;
}

static void print_plan(const json_t *answer)
{
	const json_t *plan = json_object_get(answer, "plan"), *item, *reason;
	size_t i, k;

	json_array_foreach (plan, i, item) {
		const char *outcome = tfs_json_text(item, "outcome");
		cleanup_json json_t *one = json_pack("[O]", item);

		cli_history_print_changes(one);
		json_array_foreach (json_object_get(item, "cannot"), k, reason)
			printf("  cannot be restored: %s\n", json_string_value(reason));
		if (tfs_json_text(item, "note"))
			printf("  %s\n", tfs_json_text(item, "note"));
		if (outcome)
			printf("  %s\n", outcome);
	}
}

/* Prints how to undo the whole set, and which set the undone change was part of. */
static void print_sets(const json_t *answer, size_t planned)
{
	const char *set = tfs_json_text(answer, "change_set"), *part_of = tfs_json_text(answer, "part_of");

	if (part_of)
		printf("it was part of a set of changes: tenantfs undo --set %s\n", part_of);
	if (set && planned > 1)
		printf("undo all of it: tenantfs undo --set %s\n", set);
}

static int report(const struct cli *cli, const json_t *answer)
{
	json_int_t cannot = json_integer_value(json_object_get(answer, "cannot"));
	json_int_t refused = json_integer_value(json_object_get(answer, "refused"));
	json_int_t done = json_integer_value(json_object_get(answer, "done"));
	size_t planned = json_array_size(json_object_get(answer, "plan"));
	bool dry = cli_option(cli, "dry-run"), json = cli_option(cli, "json");

	if (json)
		cli_print_json(answer);
	else
		print_plan(answer);
	if (planned == 0 && !json)
		puts("no differences");
	if (!json)
		print_sets(answer, planned);
	if (refused > 0)
		return CLI_REFUSED;
	if (cannot > 0 && done == 0 && !dry) {
		fprintf(stderr, "tenantfs: %s: nothing was done\n  remedy: --partly does what is possible\n",
			cli->command->name);
		return CLI_REFUSED;
	}
	return dry && planned > 0 ? CLI_DIFFERS : CLI_DONE;
}

static int run(const struct cli *cli, const char *path, json_t *request)
{
	cleanup_json json_t *asked = request, *answer = NULL;
	const char *reason = cli_option(cli, "message");
	struct tfs_error error = { 0 };

	if (!asked || json_object_set_new(asked, "command", json_string("restore")) < 0 ||
	    json_object_set_new(asked, "dry_run", json_boolean(!!cli_option(cli, "dry-run"))) < 0 ||
	    json_object_set_new(asked, "partly", json_boolean(!!cli_option(cli, "partly"))) < 0 ||
	    (reason && json_object_set_new(asked, "reason", tfs_json_string(reason)) < 0)) {
		tfs_error_set_memory(&error);
		return cli_fail(cli->command->name, &error);
	}
	if (restore(cli, path, asked, &answer, &error) < 0)
		return cli_fail(cli->command->name, &error);
	return report(cli, answer);
}

int cli_run_restore(const struct cli *cli)
{
	json_t *paths = json_array();
	struct tfs_error error = { 0 };

	for (int i = 1; i < cli->n_args; i++) {
		cleanup_free char *inside = NULL;

		if (cli_path_in_tenant(cli->args[i], &inside, &error) < 0) {
			json_decref(paths);
			return cli_fail(cli->args[i], &error);
		}
		for (size_t len = strlen(inside); len > 0 && inside[len - 1] == '/';)
			inside[--len] = '\0';
		json_array_append_new(paths, tfs_json_string(inside));
	}
	return run(cli, cli->args[1],
		   json_pack("{s:o, s:o}", "revision", tfs_json_string(cli->args[0]), "paths", paths));
}

int cli_run_undo(const struct cli *cli)
{
	return run(cli, NULL,
		   json_pack("{s:o, s:b}", "undo", tfs_json_string(cli->args[0]), "set", !!cli_option(cli, "set")));
}
