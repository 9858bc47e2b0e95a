/* .tenantfs: the state of the mount, the drafts and the command files. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "draft.h"
#include "generated.h"
#include "listing.h"
#include "reason.h"
#include "tenantfs/clock.h"

enum { PATH_BYTES = 4096 };

struct trigger {
	struct tfs_file file;
	struct tfs_buf text; /* protected by the tree's lock */
	bool cut;            /* truncated, and nothing written since the last commit; protected by the same */
};

json_t *tfs_tree_status(struct tfs_tree *tree)
{
	struct tfs_api_stats stats = { 0 };
	struct timespec now = tfs_clock_wall();
	unsigned long nodes, files, drafts, scratch;

	tfs_api_get_stats(tfs_store_api(tree->store), &stats);
	tree_lock(tree);
	nodes = HASH_COUNT(tree->nodes) + HASH_COUNT(tree->orphans);
	drafts = tfs_drafts_count(tree->drafts);
	scratch = tree->scratch_files;
	files = 0;
	for (const struct tfs_file *file = tree->files; file; file = file->next)
		files++;
	tree_unlock(tree);
	return json_pack("{s:s, s:s, s:b, s:b, s:b, s:s, s:I, s:I, s:{s:I, s:I, s:I, s:I, s:I}, s:{s:I, s:I}, "
			 "s:{s:I, s:I, s:I, s:I}, s:o}",
			 "tenant", tree->config->name, "url", tree->config->url, "read_only", tree->options.read_only,
			 "reachable", stats.reachable, "session_over", stats.session_over, "service_fingerprint",
			 stats.service_fingerprint, "token_ends", (json_int_t)stats.token_ends, "uptime_s",
			 (json_int_t)(now.tv_sec - tree->started.tv_sec), "api", "calls", (json_int_t)stats.calls,
			 "retries", (json_int_t)stats.retries, "failures", (json_int_t)stats.failures, "rate_limited",
			 (json_int_t)stats.rate_limited, "budget_waits", (json_int_t)stats.budget_waits, "cache",
			 "documents", (json_int_t)tfs_cache_documents(tree->cache), "bytes",
			 (json_int_t)tfs_cache_bytes(tree->cache), "tree", "nodes", (json_int_t)nodes, "open_files",
			 (json_int_t)files, "drafts", (json_int_t)drafts, "scratch_files", (json_int_t)scratch,
			 "odd_records", tfs_api_odd_records(tfs_store_api(tree->store)));
}

static int print_value(json_t *value, struct tfs_buf *out)
{
	int r = value ? tfs_json_print_document(value, out) : -ENOMEM;

	json_decref(value);
	return r;
}

static int make_status(struct tfs_tree *tree, const struct tfs_node *node, struct tfs_buf *out)
{
	(void)node;
	return print_value(tfs_tree_status(tree), out);
}

static int make_errors(struct tfs_tree *tree, const struct tfs_node *node, struct tfs_buf *out)
{
	(void)node;
	return print_value(tfs_tree_errors(tree), out);
}

/* Changes with unknown outcome: the answer was lost or the daemon crashed, and the server was not reached since. */
static int make_pending(struct tfs_tree *tree, const struct tfs_node *node, struct tfs_buf *out)
{
	(void)node;
	return print_value(tfs_store_pending_json(tree->store), out);
}

static json_t *texts_json(char *const *texts, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; array && i < count; i++)
		json_array_append_new(array, json_string(texts[i]));
	return array;
}

/* Shows the names of files that hold secrets, and whether a command is set. The configuration holds no secrets. */
static int make_config(struct tfs_tree *tree, const struct tfs_node *node, struct tfs_buf *out)
{
	const struct tfs_config *config = tree->config;

	(void)node;
	return print_value(
		json_pack(
			"{s:s, s:o, s:s*, s:s*, s:o, s:s*, s:s*, s:s*, s:s*, s:s*, s:s, s:s*, s:s*, s:s*, s:s*, s:s*, "
			"s:I, s:I, s:I, s:I, s:b, s:o, s:o, s:s*, s:s*, s:b, s:b, s:s*, s:o, s:s*}",
			"tenant", config->name, "file", tfs_json_string(config->path), "url", config->url, "dns",
			config->dns, "communities", texts_json(config->communities, config->n_communities), "key-file",
			config->key_file, "license-file", config->license_file, "license-command",
			config->license_command ? "(set)" : NULL, "token-file", config->token_file, "token-command",
			config->token_command ? "(set)" : NULL, "curve", tfs_curve_name(config->curve), "ca-file",
			config->ca_file, "tls-pin", config->tls_pin, "service-key", config->service_key, "state-dir",
			config->state_dir, "app-id", config->app_id, "timeout-ms", (json_int_t)config->timeout_ms,
			"freshness-ms", (json_int_t)config->freshness_ms, "max-answer", (json_int_t)config->max_answer,
			"cache-ceiling", (json_int_t)config->cache_ceiling, "read-only", tree->options.read_only,
			"write", texts_json(config->write_patterns, config->n_write_patterns), "key-paths",
			texts_json(config->key_paths, config->n_key_paths), "history-remote", config->history_remote,
			"history-branch", config->history_branch, "history-record", config->history_record,
			"history-full", config->history_full, "history-signing-key", config->history_signing_key,
			"replacing-programs", texts_json(config->replacing_programs, config->n_replacing_programs),
			"user", config->user),
		out);
}

static int trigger_write(struct tfs_file *file, struct tfs_op *op, uint64_t offset, const void *bytes, size_t len)
{
	struct trigger *trigger = (struct trigger *)file;
	int r;

	(void)offset;
	tree_lock(file->tree);
	r = tfs_buf_add(&trigger->text, bytes, len);
	tree_unlock(file->tree);
	return r < 0 ? tfs_fail(op, r, "tree", "one path is expected") : 0;
}

static int trigger_resize(struct tfs_file *file, struct tfs_op *op, uint64_t len)
{
	(void)op;
	if (len == 0)
		((struct trigger *)file)->cut = true;
	return 0;
}

/* -ENOENT: the server has nothing at the path. Any other error of the look-up is ignored. */
static int check_there(struct tfs_tree *tree, struct tfs_op *op, const char *path)
{
	cleanup_free char *name = NULL;
	struct tfs_node *dir = NULL, *node = NULL;
	struct tfs_attr attr;
	int r = tree_reach(tree, op, path, &dir, &name);

	if (r == 0) {
		r = tfs_tree_lookup(tree, op, dir, name, &node, &attr);
		if (dir != tree->root)
			tfs_tree_forget(tree, dir, 1);
	}
	if (r == 0)
		tfs_tree_forget(tree, node, 1);
	if (r == -ENOENT || r == -ENOTDIR)
		return tfs_fail(op, -ENOENT, "tree", "%s does not exist", path);
	tfs_error_clear(tfs_op_error(op));
	return 0;
}

int tfs_tree_refresh(struct tfs_tree *tree, struct tfs_op *op, const char *path)
{
	tfs_store_refresh(tree->store, path);
	return path[0] == '\0' ? 0 : check_there(tree, op, path);
}

/* One path per line; an empty line is the whole mount. */
static int refresh_paths(struct tfs_tree *tree, struct tfs_op *op, char *text)
{
	char *line, *rest = text;
	int r = 0;

	while ((line = strsep(&rest, "\n"))) {
		size_t len;

		while (*line == '/' || (line[0] == '.' && line[1] == '/'))
			line++;
		len = strlen(line);
		while (len > 0 && (line[len - 1] == '/' || line[len - 1] == ' '))
			line[--len] = '\0';
		if (!rest && len == 0)
			break;
		/* Only the first missing path is reported; all others are still refreshed. */
		if (r == 0)
			r = tfs_tree_refresh(tree, op, line);
		else
			tfs_store_refresh(tree->store, line);
	}
	return r;
}

/* The command of a file: takes the text written to it. */
struct action {
	int (*run)(struct tfs_tree *tree, struct tfs_op *op, char *text);
	bool emptied; /* an empty text means something */
};
static const struct action refresh_action = { refresh_paths, false }, reason_action = { tree_reason_set, true };

static int trigger_commit(struct tfs_file *file, struct tfs_op *op)
{
	struct trigger *trigger = (struct trigger *)file;
	const struct action *action = file->node->what;
	cleanup_free char *text = NULL;

	tree_lock(file->tree);
	if (trigger->text.len > 0)
		text = tfs_buf_steal(&trigger->text, NULL);
	else if (trigger->cut && action->emptied)
		text = strdup("");
	trigger->cut = false;
	trigger->text = TFS_BUF_INIT(PATH_BYTES);
	tree_unlock(file->tree);
	return text ? action->run(file->tree, op, text) : 0;
}

static void trigger_release(struct tfs_file *file)
{
	tfs_buf_finish(&((struct trigger *)file)->text);
}

/* `refresh` reads as empty, so that programs that read every file get no error. */
static int trigger_read(struct tfs_file *file, struct tfs_op *op, uint64_t offset, size_t size, const char **ret_bytes,
			size_t *ret_len, char **ret_copy)
{
	*ret_bytes = "";
	*ret_len = 0;
	*ret_copy = NULL;
	if (file->node->what != &reason_action)
		return 0;
	return tree_reason_read(file->tree, op, offset, size, ret_bytes, ret_len, ret_copy);
}

static const struct file_ops trigger_file_ops = {
	.read = trigger_read,
	.write = trigger_write,
	.resize = trigger_resize,
	.commit = trigger_commit,
	.release = trigger_release,
};

static void trigger_attr(struct tfs_tree *tree, struct tfs_node *node, struct tfs_attr *ret) TFS_HOLDS(tree->lock)
{
	tree_base_attr(tree, node, 0600, 0, tree->started, ret);
}

static int trigger_open(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, int flags,
			struct tfs_file **ret, struct tfs_open_result *ret_result)
{
	struct trigger *trigger;

	tree_lock(tree);
	trigger = tree_file_new(tree, node, &trigger_file_ops, sizeof(*trigger));
	tree_unlock(tree);
	if (!trigger)
		return tfs_fail_memory(op);
	trigger->text = TFS_BUF_INIT(PATH_BYTES);
	trigger->cut = flags & O_TRUNC;
	*ret = &trigger->file;
	*ret_result = (struct tfs_open_result){ .direct_io = true };
	return 0;
}

const struct node_ops tree_trigger_ops = {
	.kind = KIND_CONTROL,
	.type = S_IFREG,
	.state = "control",
	.attr = trigger_attr,
	.open = trigger_open,
};

static const struct generator generators[] = {
	{ "config.json", true, make_config },    { "errors.json", false, make_errors },
	{ "metrics", false, tree_make_metrics }, { "pending.json", false, make_pending },
	{ "status.json", false, make_status },
};

enum { N_GENERATORS = sizeof(generators) / sizeof(generators[0]) };

static int control_list(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, struct listing *listing)
{
	int r = tree_listing_add(listing, "drafts", &(struct found){ .ops = &tree_drafts_dir_ops });

	(void)tree;
	(void)op;
	(void)dir;
	if (r == 0)
		r = tree_listing_add(listing, "reason",
				     &(struct found){ .ops = &tree_trigger_ops, .what = &reason_action });
	if (r == 0)
		r = tree_listing_add(listing, "refresh",
				     &(struct found){ .ops = &tree_trigger_ops, .what = &refresh_action });
	for (size_t i = 0; i < N_GENERATORS && r == 0; i++)
		r = tree_listing_add(listing, generators[i].name,
				     &(struct found){ .ops = &tree_generated_ops, .what = &generators[i] });
	return r;
}

static int control_find(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
			struct found *ret)
{
	(void)tree;
	(void)dir;
	if (strcmp(name, "drafts") == 0) {
		*ret = (struct found){ .ops = &tree_drafts_dir_ops };
		return 0;
	}
	if (strcmp(name, "refresh") == 0) {
		*ret = (struct found){ .ops = &tree_trigger_ops, .what = &refresh_action };
		return 0;
	}
	if (strcmp(name, "reason") == 0) {
		*ret = (struct found){ .ops = &tree_trigger_ops, .what = &reason_action };
		return 0;
	}
	for (size_t i = 0; i < N_GENERATORS; i++) {
		if (strcmp(name, generators[i].name) == 0) {
			*ret = (struct found){ .ops = &tree_generated_ops, .what = &generators[i] };
			return 0;
		}
	}
	return tfs_fail(op, -ENOENT, "tree", "no such entry");
}

const struct node_ops tree_control_dir_ops = {
	.type = S_IFDIR,
	.state = "control",
	.free = tree_dir_payload_free,
	.attr = tree_directory_attr,
	.find = control_find,
	.list = control_list,
};
