/* .tenantfs/metrics: counters since the start of the mount, in the text format of Prometheus. */
#include <errno.h>
#include <stdlib.h>

#include "generated.h"
#include "tenantfs/clock.h"
#include "tenantfs/feed.h"
#include "tenantfs/gate.h"

struct metric {
	const char *name, *type, *help;
	double value;
};

static int add_head(struct tfs_buf *out, const char *name, const char *type, const char *help)
{
	return tfs_buf_printf(out, "# HELP tenantfs_%s %s\n# TYPE tenantfs_%s %s\n", name, help, name, type);
}

static int add_metric(struct tfs_buf *out, const struct metric *metric)
{
	int r = add_head(out, metric->name, metric->type, metric->help);

	return r == 0 ? tfs_buf_printf(out, "tenantfs_%s %.15g\n", metric->name, metric->value) : r;
}

static double number(const json_t *object, const char *member)
{
	return json_number_value(json_object_get(object, member));
}

static double seconds_since(struct timespec then)
{
	struct timespec now = tfs_clock_wall();

	return (double)(now.tv_sec - then.tv_sec) + (double)(now.tv_nsec - then.tv_nsec) / 1e9;
}

static int add_gates(struct tfs_buf *out, struct tfs_store *store)
{
	json_t *gates cleanup_json = tfs_store_gates(store);
	const json_t *value;
	const char *word;
	int r = add_head(out, "gate_refusals_total", "counter", "Changes that a gate refused.");

	json_object_foreach (json_object_get(gates, "refused"), word, value) {
		if (r == 0)
			r = tfs_buf_printf(out, "tenantfs_gate_refusals_total{gate=\"%s\"} %.15g\n", word,
					   json_number_value(value));
	}
	if (r == 0)
		r = add_head(out, "gates_open", "gauge", "Allowances in effect.");
	return r == 0 ? tfs_buf_printf(out, "tenantfs_gates_open %zu\n",
				       json_array_size(json_object_get(gates, "allowed")))
		      : r;
}

/* Adds nothing if no remote is configured. */
static int add_pushes(struct tfs_buf *out, struct tfs_history *history)
{
	json_t *push cleanup_json = history ? tfs_history_push_status(history) : NULL;
	const struct metric metrics[] = {
		{ "history_unpushed", "gauge", "Commits that the remote lacks.", number(push, "ahead") },
		{ "history_pushes_total", "counter", "Successful pushes.", number(push, "pushes") },
		{ "history_push_failures_total", "counter", "Failed pushes.", number(push, "failures") },
		{ "history_pushed_timestamp_seconds", "gauge", "Time of the last successful push; 0: unknown.",
		  number(push, "pushed_at") },
	};
	int r = 0;

	for (size_t i = 0; push && i < sizeof(metrics) / sizeof(metrics[0]) && r == 0; i++)
		r = add_metric(out, &metrics[i]);
	return r;
}

int tree_make_metrics(struct tfs_tree *tree, const struct tfs_node *node, struct tfs_buf *out)
{
	json_t *feed cleanup_json = tfs_store_feed_status(tree->store);
	struct tfs_api_stats stats = { 0 };
	size_t drafts, errors;
	int r = 0;

	(void)node;
	tfs_api_get_stats(tfs_store_api(tree->store), &stats);
	tree_lock(tree);
	drafts = tfs_drafts_count(tree->drafts);
	errors = tree->n_errors;
	tree_unlock(tree);
	const struct metric metrics[] = {
		{ "uptime_seconds", "gauge", "Time since the start of the mount.", seconds_since(tree->started) },
		{ "up", "gauge", "Whether the server answered the last call.", stats.reachable },
		{ "session_over", "gauge", "Whether the server refused the session at the last call.",
		  stats.session_over },
		{ "calls_total", "counter", "Requests sent.", (double)stats.calls },
		{ "retries_total", "counter", "Requests sent again.", (double)stats.retries },
		{ "failures_total", "counter", "Calls that ended with an error.", (double)stats.failures },
		{ "rate_limited_total", "counter", "Answers of 429.", (double)stats.rate_limited },
		{ "budget_waits_total", "counter", "Calls that waited for the budget of their process.",
		  (double)stats.budget_waits },
		{ "budget_wait_seconds_total", "counter", "Time that calls waited for a budget.",
		  (double)stats.budget_waited_ms / 1000 },
		{ "cache_bytes", "gauge", "Bytes of cached documents.", (double)tfs_cache_bytes(tree->cache) },
		{ "cache_documents", "gauge", "Cached documents.", (double)tfs_cache_documents(tree->cache) },
		{ "drafts", "gauge", "Drafts that are kept.", (double)drafts },
		{ "errors", "gauge", "Errors in errors.json.", (double)errors },
		{ "feed_polls_total", "counter", "Polls of the audit log.", number(feed, "polls") },
		{ "feed_events_total", "counter", "Events read from the audit log.", number(feed, "events") },
		{ "feed_others_total", "counter", "Events caused by others.", number(feed, "others") },
	};
	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]) && r == 0; i++)
		r = add_metric(out, &metrics[i]);
	if (r == 0)
		r = add_pushes(out, tree->options.history);
	return r == 0 ? add_gates(out, tree->store) : r;
}
