/* Texts that were refused, and the errors people were told. */
#include "draft.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tenantfs/clock.h"
#include "version.h"

/* One of the path, looked at. */
typedef bool (*draft_fn)(struct tfs_tree *tree, const struct tfs_draft *draft, void *context);

/* Calls `fn` for each draft of the path until it says true; whether it did. */
static bool any_draft(struct tfs_tree *tree, const char *path, draft_fn fn, void *context)
{
	struct tfs_draft **list;
	bool found = false;
	size_t count;

	if (tfs_drafts_count(tree->drafts) == 0 || tfs_drafts_list(tree->drafts, &list, &count) < 0)
		return false;
	for (size_t i = 0; i < count && !found; i++)
		found = strcmp(list[i]->path, path) == 0 && fn(tree, list[i], context);
	tfs_drafts_list_free(list, count);
	return found;
}

bool draft_is_for(const struct tfs_tree *tree, const struct tfs_draft *draft, uid_t uid)
{
	return uid == 0 || uid == tree->options.uid || uid == draft->uid;
}

/* A draft to be kept, whose user may be another than who sends it. */
struct kept {
	const char *text;
	size_t len;
	uid_t uid;
};

static bool take_user(struct tfs_tree *tree, const struct tfs_draft *draft, void *context)
{
	struct kept *kept = context;

	if (!draft_is_for(tree, draft, kept->uid) || draft->len != kept->len ||
	    memcmp(draft->text, kept->text, kept->len) != 0)
		return false;
	kept->uid = draft->uid;
	return true;
}

void draft_keep(struct tfs_tree *tree, struct tfs_op *op, uid_t uid, const struct tfs_error *error,
		const struct target *target, const struct tfs_doc *base, const char *text, size_t len)
{
	cleanup_json json_t *where = tfs_resource_where(target->resource, target->object);
	struct kept kept = { text, len, uid };

	/* Sent again by the owner it is still its writer's. */
	any_draft(tree, target->path, take_user, &kept);
	struct tfs_draft draft = {
		.path = target->path,
		.where = where,
		.text = (char *)(uintptr_t)text,
		.len = len,
		.base = base != NULL ? (char *)(uintptr_t)base->data : NULL,
		.base_id = base != NULL ? (char *)(uintptr_t)base->id : NULL,
		.error = *error,
		.time = tfs_clock_wall(),
		.uid = kept.uid,
		.pid = op != NULL ? tfs_op_pid(op) : 0,
	};
	int r = where == NULL ? -ENOMEM : tfs_drafts_put(tree->drafts, &draft, NULL);

	if (r < 0 && op != NULL)
		tfs_error_prefix(tfs_op_error(op), "its text is NOT kept as a draft (%s): ",
				 r == -ENOSPC ? "there are too many" : "out of memory");
}

void drafts_write(struct tfs_tree *tree, struct tfs_op *op)
{
	int r = tfs_drafts_write(tree->drafts);

	if (r < 0)
		tfs_error_prefix(tfs_op_error(op), "its draft is in memory only, the disk refuses it (%s): ",
				 strerrordesc_np(-r));
}

static bool is_any(struct tfs_tree *tree, const struct tfs_draft *draft, void *context)
{
	(void)tree;
	(void)draft;
	(void)context;
	return true;
}

bool draft_is_kept(struct tfs_tree *tree, const char *path)
{
	return any_draft(tree, path, is_any, NULL);
}

struct saved {
	pid_t pid;
	uid_t uid;
	const char *text;
	size_t len;
	bool stays;
};

static bool resolve_one(struct tfs_tree *tree, const struct tfs_draft *draft, void *context)
{
	struct saved *saved = context;

	/* Numbers of processes come again, and of others' drafts say nothing. */
	if ((draft->pid != 0 && draft->pid == saved->pid && draft->uid == saved->uid) ||
	    (draft->len == saved->len && memcmp(draft->text, saved->text, saved->len) == 0))
		tfs_drafts_drop(tree->drafts, draft);
	else
		saved->stays = true;
	return false;
}

bool draft_resolve(struct tfs_tree *tree, const struct tfs_op *op, const char *path, const char *text,
		   size_t len)
{
	struct saved saved = { tfs_op_pid(op), tfs_op_uid(op), text, len, false };

	any_draft(tree, path, resolve_one, &saved);
	return !saved.stays;
}

struct tfs_doc *draft_theirs(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_draft *draft)
{
	struct tfs_error error = *tfs_op_error(op);
	struct tfs_resource *resource;
	struct tfs_doc *doc = NULL;
	const char *name;

	if (tfs_store_find(tree->store, draft->where, &resource, &name) == 0 &&
	    tfs_resource_get(resource, op, name, UINT64_MAX, &doc) < 0)
		doc = NULL;
	*tfs_op_error(op) = error;
	return doc;
}

void error_report(struct tfs_tree *tree, struct tfs_op *op, const char *path, const char *action)
{
	char *copy = strdup(path);
	struct reported_error *reported;

	if (copy == NULL)
		return;
	errors_resolve(tree, path);
	if (tree->n_errors == ERRORS_KEPT) {
		free(tree->errors[0].path);
		memmove(tree->errors, tree->errors + 1, (ERRORS_KEPT - 1) * sizeof(tree->errors[0]));
		tree->n_errors--;
	}
	reported = &tree->errors[tree->n_errors++];
	*reported = (struct reported_error){
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
			error_report(tree, op, path, action);
	}
	tree_unlock(tree);
}

void errors_resolve(struct tfs_tree *tree, const char *path)
{
	for (size_t i = 0; i < tree->n_errors; i++)
		if (strcmp(tree->errors[i].path, path) == 0)
			tree->errors[i].resolved = true;
}

const struct reported_error *error_find(struct tfs_tree *tree, const char *path)
{
	for (size_t i = tree->n_errors; i-- > 0;)
		if (!tree->errors[i].resolved && strcmp(tree->errors[i].path, path) == 0)
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

static json_t *error_json(const struct reported_error *reported)
{
	char time[32];

	format_time(reported->time, time);
	return json_pack("{s:s, s:s, s:s, s:i, s:b, s:o}", "time", time, "path", reported->path, "action",
			 reported->action, "uid", (int)reported->uid, "settled", reported->resolved, "error",
			 tfs_error_to_json(&reported->error));
}

json_t *tfs_tree_errors(struct tfs_tree *tree)
{
	cleanup_json json_t *errors = json_array();
	int r = errors != NULL ? 0 : -1;

	tree_lock(tree);
	for (size_t i = 0; i < tree->n_errors && r == 0; i++)
		r = json_array_append_new(errors, error_json(&tree->errors[i]));
	tree_unlock(tree);
	return r == 0 ? steal_pointer(&errors) : NULL;
}

json_t *tfs_tree_drafts(struct tfs_tree *tree)
{
	return tfs_drafts_to_json(tree->drafts);
}

int tfs_tree_discard(struct tfs_tree *tree, struct tfs_op *op, const char *name)
{
	struct tfs_draft *draft cleanup_draft = tfs_drafts_get(tree->drafts, name);

	if (draft == NULL || !tfs_drafts_drop(tree->drafts, draft))
		return tfs_fail(op, -ENOENT, "tree", "there is no draft of %s", name);
	tree_lock(tree);
	errors_resolve(tree, draft->path);
	tree_unlock(tree);
	return 0;
}

int tfs_tree_retry(struct tfs_tree *tree, struct tfs_op *op, const char *name)
{
	struct tfs_draft *draft cleanup_draft = tfs_drafts_get(tree->drafts, name);
	struct target target = { 0 };
	struct tfs_doc *base cleanup_doc = NULL;
	struct tfs_doc *doc cleanup_doc = NULL;
	const char *object;
	int r;

	if (draft == NULL)
		return tfs_fail(op, -ENOENT, "tree", "there is no draft of %s", name);
	r = tfs_store_find(tree->store, draft->where, &target.resource, &object);
	if (r < 0)
		return tfs_fail(op, -EINVAL, "tree", "%s: nothing of this version stands there", name);
	r = check_writable(tree, op, tfs_resource_kind(target.resource), draft->path);
	if (r < 0)
		return r;
	snprintf(target.object, sizeof(target.object), "%s", object);
	target.path = draft->path;
	if (draft->base != NULL) {
		base = tfs_doc_new(object, draft->base_id != NULL ? draft->base_id : "", draft->base,
				   strlen(draft->base), draft->time);
		if (base == NULL)
			return tfs_fail(op, -ENOMEM, "tree", "out of memory");
	}
	r = commit_text(tree, op, &target, base, draft->text, draft->len, &doc);
	/* What is gone by now is wanted all the same. */
	if (r == -ENOENT && base != NULL && tfs_resource_kind(target.resource)->n_create > 0)
		r = commit_text(tree, op, &target, NULL, draft->text, draft->len, &doc);
	if (r == 0)
		tfs_drafts_drop(tree->drafts, draft);
	return r;
}
