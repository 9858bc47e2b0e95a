/* tenantfs status: prints what is mounted, whether the server answers, and recent errors. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "client.h"
#include "report.h"
#include "session.h"
#include "unsaved.h"

/* Finds a member in the status or in one of its parts. */
static const json_t *find(const json_t *status, const char *name)
{
	const char *key;
	const json_t *part, *found = json_object_get(status, name);

	if (found)
		return found;
	json_object_foreach ((json_t *)status, key, part) {
		found = json_object_get(part, name);
		if (found)
			return found;
	}
	return NULL;
}

static long long number(const json_t *status, const char *name)
{
	return json_integer_value(find(status, name));
}

static const char *text(const json_t *status, const char *name)
{
	const char *value = json_string_value(find(status, name));

	return value && value[0] ? value : NULL;
}

static bool is_true(const json_t *status, const char *name)
{
	return json_is_true(find(status, name));
}

static void print_head(const json_t *status)
{
	const char *tenant = text(status, "tenant");
	const char *dir = text(status, "dir");
	const char *url = text(status, "url");

	printf("%s: mounted%s%s%s", tenant ? tenant : "?", dir ? " at " : "", dir ? dir : "",
	       is_true(status, "read_only") ? ", read-only" : "");
	if (number(status, "pid"))
		printf(", process %lld", number(status, "pid"));
	printf("%s%s\n", url ? "\n  url      " : "", url ? url : "");
}

static void print_server(const json_t *status)
{
	printf("  server   %s; %lld calls, %lld retries, %lld failures",
	       is_true(status, "reachable") ? "reachable" : "not reachable", number(status, "calls"),
	       number(status, "retries"), number(status, "failures"));
	if (number(status, "budget_waits"))
		printf(", %lld delayed for other processes", number(status, "budget_waits"));
	if (number(status, "rate_limited"))
		printf(", %lld rate-limited", number(status, "rate_limited"));
	puts("");
}

static void print_session(const json_t *status)
{
	time_t ends = (time_t)number(status, "token_ends");
	char when[32];
	struct tm tm;

	if (is_true(status, "session_over"))
		printf("  session  over: %s\n", text(status, "login"));
	else if (ends > 0 && localtime_r(&ends, &tm) && strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &tm))
		printf("  session  %s %s\n", ends < time(NULL) ? "ended" : "until", when);
	else
		puts("  session  end unknown");
}

static void print_cache(const json_t *status)
{
	long long bytes = number(status, "bytes");

	printf("  cache    %lld %s, ", number(status, "documents"),
	       number(status, "documents") == 1 ? "document" : "documents");
	if (bytes >= 1 << 20)
		printf("%.1f MiB\n", (double)bytes / (1 << 20));
	else
		printf("%.1f KiB\n", (double)bytes / (1 << 10));
}

static void clock_time(const json_t *push, const char *name, char out[32])
{
	time_t when = (time_t)json_integer_value(json_object_get(push, name));
	struct tm tm;

	if (!when || !localtime_r(&when, &tm) || !strftime(out, 32, "%Y-%m-%d %H:%M", &tm))
		snprintf(out, 32, "never");
}

/* Prints the state of the push to the history's remote. */
static void print_push(const json_t *push)
{
	const char *remote = tfs_json_text(push, "remote"), *branch = tfs_json_text(push, "branch");
	const char *error = tfs_json_text(push, "error"), *state = tfs_json_text(push, "state");
	long long ahead = json_integer_value(json_object_get(push, "ahead"));
	char when[32];

	if (!push)
		return;
	clock_time(push, "pushed_at", when);
	printf("  pushed   %s, to %s, branch %s\n", when, remote ? remote : "?", branch ? branch : "?");
	if (ahead || error)
		printf("           %lld %s not pushed%s\n", ahead, ahead == 1 ? "commit" : "commits",
		       state && !strcmp(state, "pushing") ? " yet" : "");
	if (!error)
		return;
	clock_time(push, "failing_since", when);
	printf("           %s since %s, next try in %lld s: %s\n",
	       state && !strcmp(state, "diverged") ? "diverged" : "fails", when,
	       (long long)json_integer_value(json_object_get(push, "next_s")), error);
}

/* Prints how far the walker has recorded the whole tree. */
static void print_full(const json_t *full)
{
	const char *completed = tfs_json_text(full, "completed"), *at = tfs_json_text(full, "at");
	long long places = json_integer_value(json_object_get(full, "places"));

	if (!json_is_object(full))
		return;
	if (completed)
		printf("  history  the whole tree, %lld paths, recorded by %s\n", places, completed);
	else
		printf("  history  recording the whole tree: %lld paths so far%s%s\n", places, at ? ", at " : "",
		       at ? at : "");
}

static void print_history(const json_t *history)
{
	const char *error = tfs_json_text(history, "error"), *message = tfs_json_text(history, "message");

	if (history && !json_is_true(json_object_get(history, "record")))
		puts("  history  off: nothing is recorded (history-record = false)");
	else if (history && !json_is_true(json_object_get(history, "open")))
		puts("  history  cannot be opened: changes wait in the journal; see the log");
	else if (error)
		printf("  history  cannot be written (%s): changes wait in the journal\n           %s\n", error,
		       message ? message : "");
	print_push(json_object_get(history, "push"));
}

static const char *path_of(const json_t *entry)
{
	const char *path = tfs_json_text(entry, "path");

	return path ? path : "?";
}

static void print_errors(const json_t *status)
{
	enum { SHOWN = 3 };
	const json_t *errors = find(status, "errors");
	int shown = 0;

	/* Newest first, without those already resolved. */
	for (size_t i = json_array_size(errors); i-- > 0 && shown < SHOWN;) {
		const json_t *entry = json_array_get(errors, i);
		const char *message = tfs_json_text(json_object_get(entry, "error"), "message");
		if (json_is_true(json_object_get(entry, "settled")))
			continue;
		printf("  %s %s: %s\n", shown++ ? "        " : "errors  ", path_of(entry), message ? message : "?");
	}
}

/* Prints the records of the server that no parser takes. */
static void print_odd(const json_t *odd)
{
	for (size_t i = 0; i < json_array_size(odd); i++)
		printf("  %s %s\n", i ? "        " : "repaired", json_string_value(json_array_get(odd, i)));
}

static void print_mounted(const json_t *status)
{
	const char *key = text(status, "service_fingerprint");

	print_head(status);
	print_server(status);
	print_session(status);
	if (key)
		printf("  key      %s\n", key);
	print_cache(status);
	print_odd(json_object_get(status, "odd_records"));
	print_history(json_object_get(status, "history"));
	print_full(json_object_get(json_object_get(status, "history"), "full"));
	cli_print_drafts(status);
	cli_print_pending(status);
	print_errors(status);
}

static void print_unmounted(const json_t *status)
{
	const json_t *problem = json_object_get(status, "problem");
	const char *message = tfs_json_text(problem, "message");

	printf("%s: not mounted\n  config   %s\n", tfs_json_text(status, "tenant"), tfs_json_text(status, "config"));
	printf("  url      %s\n", tfs_json_text(status, "url"));
	if (message)
		printf("  problem  %s\n", message);
	if (number(status, "unpushed"))
		printf("  unpushed %lld %s: %s\n", number(status, "unpushed"),
		       number(status, "unpushed") == 1 ? "commit" : "commits",
		       is_true(status, "recorded") ? "tenantfs push" : "history-record = false");
	cli_print_drafts(status);
	cli_print_pending(status);
}

static int exit_of(const json_t *status)
{
	if (json_is_false(json_object_get(status, "mounted")))
		return CLI_REFUSED;
	return is_true(status, "reachable") ? CLI_DONE : CLI_UNREACHABLE;
}

static int print(const json_t *status, bool as_json)
{
	struct tfs_buf document cleanup_buf = TFS_BUF_INIT(TFS_CONTROL_MAX);

	if (!as_json && json_is_false(json_object_get(status, "mounted")))
		print_unmounted(status);
	else if (!as_json)
		print_mounted(status);
	else if (tfs_json_print_document(status, &document) >= 0)
		fwrite(document.data, 1, document.len, stdout);
	return exit_of(status);
}

/* Adds what earlier mounts left unsaved; nothing while another command has the tenant open. */
static void add_unsaved(const struct tfs_config *config, json_t *status)
{
	struct tfs_tenant *tenant = NULL;
	struct tfs_error error;
	size_t unpushed;

	if (cli_open_tenant(config, &tenant, &error) < 0)
		return;
	if (config->history_remote && tfs_history_unpushed(config, &unpushed, NULL) == 0) {
		json_object_set_new(status, "unpushed", json_integer((json_int_t)unpushed));
		json_object_set_new(status, "recorded", json_boolean(config->history_record));
	}
	json_object_set_new(status, "drafts", tfs_drafts_to_json(tfs_tenant_drafts(tenant)));
	json_object_set_new(status, "pending", tfs_store_pending_json(tfs_tenant_store(tenant)));
	tfs_tenant_close(tenant);
}

/* Reads key, license and token as the daemon would, to find out whether the tenant can be mounted. */
static int describe_unmounted(const struct tfs_config *config, json_t **ret)
{
	struct cli_client client = { 0 };
	struct tfs_error error = { 0 };
	int r = cli_client_start(&client, config, &error);
	cleanup_json json_t *status = json_pack("{s:b, s:s, s:s, s:s}", "mounted", 0, "tenant", config->name, "config",
						config->path, "url", config->url ? config->url : "");

	cli_client_close(&client);
	if (status && r >= 0)
		add_unsaved(config, status);
	if (!status || (r < 0 && json_object_set_new(status, "problem", tfs_error_to_json(&error))))
		return -ENOMEM;
	*ret = steal_pointer(&status);
	return 0;
}

/* Makes a cheap call, so that the daemon's status of the server is current. */
static int probe_server(const struct tfs_config *config, struct tfs_error *error)
{
	enum { PROBE_MS = 5000 };
	cleanup_json json_t *request = json_pack("{s:s, s:s, s:s, s:{s:{}}}", "command", "call", "method", "GET",
						 "path", "/healthz", "request", "path");
	cleanup_json json_t *answer = NULL;
	int r = request ? tfs_control_ask(config, request, PROBE_MS, &answer, error) : -ENOMEM;

	return r == -ECONNREFUSED || r == -ENOMEM ? r : 0;
}

/* The command line that logs in to the tenant. */
static int add_login(const struct tfs_config *config, json_t *status)
{
	cleanup_free char *line = tfs_config_command_line(config, "login");

	return line && json_object_set_new(status, "login", json_string(line)) == 0 ? 0 : -ENOMEM;
}

static int ask_status(const struct tfs_config *config, json_t **ret, struct tfs_error *error)
{
	cleanup_json json_t *request = json_pack("{s:s}", "command", "status");
	cleanup_json json_t *answer = NULL;
	int r = request ? probe_server(config, error) : -ENOMEM;

	if (r >= 0)
		r = cli_ask(config, request, &answer, error);
	if (r == -ECONNREFUSED)
		r = describe_unmounted(config, &answer);
	if (r == -ENOMEM)
		return tfs_error_set_memory(error);
	if (r < 0)
		return r;
	json_object_del(answer, "ok");
	r = add_login(config, answer);
	if (r < 0)
		return tfs_error_set_memory(error);
	*ret = steal_pointer(&answer);
	return 0;
}

int cli_run_status(const struct cli *cli)
{
	struct tfs_error error = { 0 };
	cleanup_config struct tfs_config *config = NULL;
	cleanup_json json_t *status = NULL;
	int r = cli_find_config(cli, cli->n_args ? cli->args[0] : NULL, &config, &error);

	struct cli_progress *progress = cli_progress_start("asking the server");
	if (r >= 0)
		r = ask_status(config, &status, &error);
	cli_progress_end(progress);
	return r < 0 ? cli_fail("status", &error) : print(status, cli_option(cli, "json"));
}
