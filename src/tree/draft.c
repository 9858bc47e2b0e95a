/* Texts that were refused, the errors people were told, both bounded and in memory. */
#include "draft.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tenantfs/clock.h"
#include "version.h"

struct draft *draft_find(struct tfs_tree *tree, const char *path)
{
	struct draft *draft;

	HASH_FIND_STR(tree->drafts, path, draft);
	return draft;
}

static void remove_draft(struct tfs_tree *tree, struct draft *draft)
{
	HASH_DEL(tree->drafts, draft);
	tree->draft_bytes -= draft->text.len;
	tfs_buf_finish(&draft->text);
	tfs_doc_unref(draft->base);
	free(draft);
}

void draft_drop(struct tfs_tree *tree, const char *path)
{
	struct draft *draft = draft_find(tree, path);

	if (draft != NULL)
		remove_draft(tree, draft);
}

void drafts_free(struct tfs_tree *tree)
{
	while (tree->drafts != NULL)
		remove_draft(tree, tree->drafts);
}

static struct draft *draft_new(const struct target *target, const char *text, size_t len)
{
	size_t path_len = strlen(target->path);
	struct draft *draft = calloc(1, sizeof(*draft) + path_len + 1);

	if (draft == NULL)
		return NULL;
	draft->text = TFS_BUF_INIT_SECRET(TEXT_MAX);
	if (tfs_buf_add(&draft->text, text, len) < 0) {
		free(draft);
		return NULL;
	}
	draft->resource = target->resource;
	memcpy(draft->object, target->object, sizeof(draft->object));
	memcpy(draft->path, target->path, path_len + 1);
	draft->time = tfs_clock_wall();
	return draft;
}

bool draft_settle(struct tfs_tree *tree, pid_t pid, const char *path, const char *text, size_t len)
{
	struct draft *draft = draft_find(tree, path);

	if (draft == NULL)
		return true;
	if (draft->pid != pid && (draft->text.len != len || memcmp(draft->text.data, text, len) != 0))
		return false;
	remove_draft(tree, draft);
	return true;
}

void draft_keep(struct tfs_tree *tree, pid_t pid, const struct tfs_error *error, const struct target *target,
		struct tfs_doc *base, const char *text, size_t len)
{
	struct draft *draft = draft_new(target, text, len);

	if (draft == NULL)
		return;
	draft_drop(tree, target->path);
	/* The map keeps the order of arrival: its head is the oldest. */
	while (tree->drafts != NULL && tree->draft_bytes + len > DRAFT_BYTES)
		remove_draft(tree, tree->drafts);
	draft->error = *error;
	draft->pid = pid;
	draft->base = base != NULL ? tfs_doc_ref(base) : NULL;
	HASH_ADD_KEYPTR(hh, tree->drafts, draft->path, strlen(draft->path), draft);
	if (!tfs_hash_added(draft)) {
		tfs_buf_finish(&draft->text);
		tfs_doc_unref(draft->base);
		free(draft);
		return;
	}
	tree->draft_bytes += len;
}

void error_tell(struct tfs_tree *tree, struct tfs_op *op, const char *path, const char *action)
{
	char *copy = strdup(path);
	struct told_error *told;

	if (copy == NULL)
		return;
	errors_settle(tree, path);
	if (tree->n_errors == ERRORS_KEPT) {
		free(tree->errors[0].path);
		memmove(tree->errors, tree->errors + 1, (ERRORS_KEPT - 1) * sizeof(tree->errors[0]));
		tree->n_errors--;
	}
	told = &tree->errors[tree->n_errors++];
	*told = (struct told_error){
		.time = tfs_clock_wall(),
		.path = copy,
		.action = action,
		.uid = tfs_op_uid(op),
		.op = tfs_op_id(op),
		.error = *tfs_op_error(op),
	};
}

/* Answers that say nothing is wrong. With a status they are the server's, and news. */
static bool is_everyday(const struct tfs_error *error)
{
	switch (error->code) {
	case -ENOENT:
	case -EEXIST:
	case -ENOTDIR:
	case -EISDIR:
	case -ENODATA:
	case -EXDEV:
		return error->status == 0;
	case 0:
	case -EINTR:
	case -EOPNOTSUPP:
		return true;
	case -ESTALE:
		return strcmp(error->origin, "tree") == 0;
	default:
		return false;
	}
}

void tfs_tree_note_refusal(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, const char *name,
			   const char *action)
{
	cleanup_free char *path = NULL;

	if (is_everyday(tfs_op_error(op)))
		return;
	tree_lock(tree);
	if (tree->n_errors == 0 || tree->errors[tree->n_errors - 1].op != tfs_op_id(op)) {
		path = name != NULL ? child_path(node, name) : node_path(node);
		if (path != NULL)
			error_tell(tree, op, path, action);
	}
	tree_unlock(tree);
}

void errors_settle(struct tfs_tree *tree, const char *path)
{
	for (size_t i = 0; i < tree->n_errors; i++)
		if (strcmp(tree->errors[i].path, path) == 0)
			tree->errors[i].settled = true;
}

const struct told_error *error_of(struct tfs_tree *tree, const char *path)
{
	for (size_t i = tree->n_errors; i-- > 0;)
		if (!tree->errors[i].settled && strcmp(tree->errors[i].path, path) == 0)
			return &tree->errors[i];
	return NULL;
}

void errors_free(struct tfs_tree *tree)
{
	while (tree->n_errors > 0)
		free(tree->errors[--tree->n_errors].path);
}

static void format_time(struct timespec time, char out[32])
{
	struct tm utc;

	gmtime_r(&time.tv_sec, &utc);
	strftime(out, 32, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static json_t *told_json(const struct told_error *told)
{
	char time[32];

	format_time(told->time, time);
	return json_pack("{s:s, s:s, s:s, s:i, s:b, s:o}", "time", time, "path", told->path, "action", told->action,
			 "uid", (int)told->uid, "settled", told->settled, "error", tfs_error_to_json(&told->error));
}

json_t *tfs_tree_errors(struct tfs_tree *tree)
{
	cleanup_json json_t *errors = json_array();
	int r = errors != NULL ? 0 : -1;

	tree_lock(tree);
	for (size_t i = 0; i < tree->n_errors && r == 0; i++)
		r = json_array_append_new(errors, told_json(&tree->errors[i]));
	tree_unlock(tree);
	return r == 0 ? steal_pointer(&errors) : NULL;
}

json_t *tfs_tree_drafts(struct tfs_tree *tree)
{
	cleanup_json json_t *drafts = json_array();
	int r = drafts != NULL ? 0 : -1;
	char time[32];

	tree_lock(tree);
	for (struct draft *draft = tree->drafts; draft != NULL && r == 0; draft = draft->hh.next) {
		format_time(draft->time, time);
		r = json_array_append_new(drafts,
					  json_pack("{s:s, s:s, s:I, s:b, s:o}", "path", draft->path, "time", time,
						    "size", (json_int_t)draft->text.len, "new",
						    draft->base == NULL, "error", tfs_error_to_json(&draft->error)));
	}
	tree_unlock(tree);
	return r == 0 ? steal_pointer(&drafts) : NULL;
}

int tfs_tree_discard(struct tfs_tree *tree, struct tfs_op *op, const char *path)
{
	bool found;

	tree_lock(tree);
	found = draft_find(tree, path) != NULL;
	draft_drop(tree, path);
	errors_settle(tree, path);
	tree_unlock(tree);
	return found ? 0 : tfs_fail(op, -ENOENT, "tree", "there is no draft of %s", path);
}

/* A copy of what a draft holds, so that it can be sent without the lock. */
static int copy_draft(const struct draft *draft, struct target *target, struct tfs_buf *text, struct tfs_doc **base)
{
	target->resource = draft->resource;
	memcpy(target->object, draft->object, sizeof(target->object));
	target->path = strdup(draft->path);
	if (target->path == NULL || tfs_buf_add(text, draft->text.data, draft->text.len) < 0)
		return -ENOMEM;
	*base = draft->base != NULL ? tfs_doc_ref(draft->base) : NULL;
	return 0;
}

int tfs_tree_retry(struct tfs_tree *tree, struct tfs_op *op, const char *path)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT_SECRET(TEXT_MAX);
	struct target target TFS_CLEANUP(target_finish) = { 0 };
	struct tfs_doc *base cleanup_doc = NULL;
	struct tfs_doc *doc cleanup_doc = NULL;
	struct draft *draft;
	int r = -ENOENT;

	tree_lock(tree);
	draft = draft_find(tree, path);
	if (draft != NULL)
		r = copy_draft(draft, &target, &text, &base);
	tree_unlock(tree);
	if (r == -ENOENT)
		return tfs_fail(op, r, "tree", "there is no draft of %s", path);
	if (r < 0)
		return tfs_fail(op, r, "tree", "out of memory");
	return commit_text(tree, op, &target, base, text.data, text.len, &doc);
}
