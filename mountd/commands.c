/* The commands of the control socket: one function each, and their table. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "daemon.h"
#include "tenantfs/feed.h"
#include "tenantfs/gate.h"
#include "tenantfs/restore.h"
#include "tenantfs/walker.h"

typedef int (*command_fn)(struct daemon *daemon, struct tfs_op *op, const json_t *request, json_t **ret);

/* Answers with one member; takes over `value`. */
static int answer_with(struct tfs_op *op, const char *member, json_t *value, json_t **ret)
{
	*ret = json_pack("{s:b, s:o}", "ok", 1, member, value);
	return *ret ? 0 : tfs_fail_memory(op);
}

static int answer_ok(struct tfs_op *op, json_t **ret)
{
	*ret = json_pack("{s:b}", "ok", 1);
	return *ret ? 0 : tfs_fail_memory(op);
}

static int ask_path(struct tfs_op *op, const json_t *request, const char **ret)
{
	*ret = tfs_json_text(request, "path");
	return *ret ? 0 : tfs_fail(op, -EINVAL, "mountd", "the command requires a path");
}

/* The state of the history; only two members if it is off or cannot be opened. */
static json_t *history_status(struct daemon *daemon)
{
	const struct tfs_config *config = tfs_tenant_config(daemon->tenant);
	struct tfs_history *history = tfs_tenant_history(daemon->tenant);
	struct tfs_history_stats stats;

	if (!history)
		return json_pack("{s:b, s:b}", "open", 0, "record", config->history_record);
	tfs_history_get_stats(history, &stats);
	return json_pack(
		"{s:b, s:b, s:b, s:I, s:I, s:I, s:o*, s:s?, s:o*, s:o}", "open", 1, "record", 1, "signed",
		!!config->history_signing_key, "commits", (json_int_t)stats.commits, "packs", (json_int_t)stats.packs,
		"waiting", (json_int_t)stats.waiting, "push", tfs_history_push_status(history), "error",
		stats.error != 0 ? tfs_error_name(stats.error) : NULL, "message",
		stats.error != 0 ? tfs_json_string(stats.message) : NULL, "full", tfs_walker_status(daemon->walker));
}

static int run_status(struct daemon *daemon, struct tfs_op *op, const json_t *request, json_t **ret)
{
	cleanup_json json_t *status = tfs_tree_status(daemon->tree);

	(void)request;
	/* There may be room again; the status tells which drafts are still in memory only. */
	tfs_drafts_write(tfs_tenant_drafts(daemon->tenant));
	if (!status || json_object_set_new(status, "ok", json_true()) < 0 ||
	    json_object_set_new(status, "mounted", json_true()) < 0 ||
	    json_object_set_new(status, "history", history_status(daemon)) < 0 ||
	    json_object_set_new(status, "dir", tfs_json_string(daemon->dir)) < 0 ||
	    json_object_set_new(status, "pid", json_integer(getpid())) < 0 ||
	    json_object_set_new(status, "budget", tfs_api_budget(tfs_tenant_api(daemon->tenant))) < 0 ||
	    json_object_set_new(status, "feed", tfs_store_feed_status(tfs_tenant_store(daemon->tenant))) < 0 ||
	    json_object_set_new(status, "gates", tfs_store_gates(tfs_tenant_store(daemon->tenant))) < 0 ||
	    json_object_set_new(status, "drafts", tfs_tree_drafts(daemon->tree)) < 0 ||
	    json_object_set_new(status, "pending", tfs_store_pending_json(tfs_tenant_store(daemon->tenant))) < 0 ||
	    json_object_set_new(status, "errors", tfs_tree_errors(daemon->tree)) < 0)
		return tfs_fail_memory(op);
	*ret = steal_pointer(&status);
	return 0;
}

static int run_refresh(struct daemon *daemon, struct tfs_op *op, const json_t *request, json_t **ret)
{
	const char *path = tfs_json_text(request, "path");

	int r = tfs_tree_refresh(daemon->tree, op, path ? path : "");

	return r < 0 ? r : answer_ok(op, ret);
}

/* A read-only mount refuses changes through commands, too. */
static int check_writable(struct daemon *daemon, struct tfs_op *op, const char *what)
{
	if (!tfs_tenant_config(daemon->tenant)->read_only)
		return 0;
	return tfs_fail(op, -EROFS, "mountd", "%s: the tenant is mounted read-only", what);
}

static int run_call(struct daemon *daemon, struct tfs_op *op, const json_t *request, json_t **ret)
{
	const struct tfs_config *config = tfs_tenant_config(daemon->tenant);
	const char *method = tfs_json_text(request, "method"), *path = tfs_json_text(request, "path");
	const char *community = tfs_json_text(request, "community");
	const struct tfs_endpoint *endpoint = NULL;
	cleanup_json json_t *answer = NULL, *empty = json_object();
	const json_t *arguments = json_object_get(request, "request");
	int r;

	if (method && path)
		endpoint = tfs_endpoint_find(method, path);
	if (!endpoint)
		return tfs_fail(op, -EINVAL, "mountd", "the API has no %s %s", method ? method : "?",
				path ? path : "?");
	r = endpoint->reads ? 0 : check_writable(daemon, op, endpoint->title);
	if (r < 0)
		return r;
	r = tfs_store_call(tfs_tenant_store(daemon->tenant), op, endpoint,
			   community ? community : config->communities[0], arguments ? arguments : empty, &answer);
	if (r < 0)
		return r;
	return answer_with(op, "answer", steal_pointer(&answer), ret);
}

static int run_errors(struct daemon *daemon, struct tfs_op *op, const json_t *request, json_t **ret)
{
	(void)request;
	return answer_with(op, "errors", tfs_tree_errors(daemon->tree), ret);
}

static int run_drafts(struct daemon *daemon, struct tfs_op *op, const json_t *request, json_t **ret)
{
	(void)request;
	return answer_with(op, "drafts", tfs_tree_drafts(daemon->tree), ret);
}

static int run_retry(struct daemon *daemon, struct tfs_op *op, const json_t *request, json_t **ret)
{
	const char *path;
	int r = ask_path(op, request, &path);

	if (r == 0)
		r = check_writable(daemon, op, path);
	if (r == 0)
		r = tfs_tree_retry(daemon->tree, op, path);
	return r < 0 ? r : answer_ok(op, ret);
}

static int run_discard(struct daemon *daemon, struct tfs_op *op, const json_t *request, json_t **ret)
{
	const char *path;
	int r = ask_path(op, request, &path);

	if (r == 0)
		r = tfs_tree_discard(daemon->tree, op, path);
	return r < 0 ? r : answer_ok(op, ret);
}

/* Makes the history record all pending changes: the command reads the repository itself. */
static int run_flush(struct daemon *daemon, struct tfs_op *op, const json_t *request, json_t **ret)
{
	struct tfs_history *history = tfs_tenant_history(daemon->tenant);
	int r = history ? tfs_history_flush(history, op) : 0;

	(void)request;
	return r < 0 ? r : answer_ok(op, ret);
}

/* Pushes the history within the time the client allows. */
static int run_push(struct daemon *daemon, struct tfs_op *op, const json_t *request, json_t **ret)
{
	struct tfs_history *history = tfs_tenant_history(daemon->tenant);
	int r = history ? tfs_history_push(history, op)
			: tfs_fail(op, -EIO, "mountd", "%s",
				   tfs_tenant_config(daemon->tenant)->history_record
					   ? "the history cannot be opened; see the log"
					   : "history-record is false: nothing to push");

	(void)request;
	return r < 0 ? r : answer_with(op, "push", tfs_history_push_status(history), ret);
}

static int run_restore(struct daemon *daemon, struct tfs_op *op, const json_t *request, json_t **ret)
{
	struct tfs_history *history = tfs_tenant_history(daemon->tenant);
	bool dry = json_is_true(json_object_get(request, "dry_run"));
	int r = dry ? 0 : check_writable(daemon, op, "restoring");

	if (r == 0 && history)
		r = tfs_history_flush(history, op);
	return r < 0 ? r : tfs_restore(daemon->tree, tfs_tenant_config(daemon->tenant), op, request, ret);
}

static int run_allow(struct daemon *daemon, struct tfs_op *op, const json_t *request, json_t **ret)
{
	json_int_t ms = json_integer_value(json_object_get(request, "ms"));
	const char *path;
	int r = ask_path(op, request, &path);

	if (r == 0)
		r = tfs_store_allow(tfs_tenant_store(daemon->tenant), op, tfs_json_text(request, "word"), path,
				    ms > 0 ? (uint64_t)ms : TFS_GATE_MS);
	return r < 0 ? r : answer_ok(op, ret);
}

/* {"count": N}: the last N entries. */
static int run_journal(struct daemon *daemon, struct tfs_op *op, const json_t *request, json_t **ret)
{
	json_int_t count = json_integer_value(json_object_get(request, "count"));
	json_t *entries = NULL;
	int r = tfs_journal_last(tfs_tenant_journal(daemon->tenant), count > 0 ? (size_t)count : 20, &entries);

	return r < 0 ? tfs_fail_memory(op) : answer_with(op, "journal", entries, ret);
}

static int run_quit(struct daemon *daemon, struct tfs_op *op, const json_t *request, json_t **ret)
{
	(void)daemon;
	(void)request;
	kill(getpid(), SIGTERM);
	return answer_ok(op, ret);
}

static const struct {
	const char *name;
	command_fn run;
} commands[] = {
	{ "allow", run_allow },     { "call", run_call },   { "discard", run_discard }, { "drafts", run_drafts },
	{ "errors", run_errors },   { "flush", run_flush }, { "journal", run_journal }, { "push", run_push },
	{ "restore", run_restore }, { "quit", run_quit },   { "refresh", run_refresh }, { "retry", run_retry },
	{ "status", run_status },
};

int mountd_serve_command(void *context, struct tfs_op *op, const json_t *request, json_t **ret)
{
	const char *name = tfs_json_text(request, "command");

	if (tfs_op_set_reason(op, tfs_json_text(request, "reason")) < 0)
		return tfs_fail_memory(op);
	for (size_t i = 0; name && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].run(context, op, request, ret);
	return tfs_fail(op, -EINVAL, "mountd", "unknown command \"%s\"", name ? name : "");
}
