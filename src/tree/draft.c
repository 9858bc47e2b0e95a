/* Drafts: texts that the server refused, or that were closed before they were sent. */
#include "draft.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tenantfs/clock.h"
#include "version.h"

/* Called for each draft of a path; true ends the loop. */
typedef bool (*draft_fn)(struct tfs_tree *tree, const struct tfs_draft *draft, void *context);

/* Calls `fn` for each draft of the path until it returns true; returns whether it did. */
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

bool tree_draft_is_for(const struct tfs_tree *tree, const struct tfs_draft *draft, uid_t uid)
{
	return uid == 0 || uid == tree->options.uid || uid == draft->uid;
}

/* A text to keep as a draft. Its user may differ from the user who sends it. */
struct kept {
	const char *text;
	size_t len;
	uid_t uid;
};

static bool take_user(struct tfs_tree *tree, const struct tfs_draft *draft, void *context)
{
	struct kept *kept = context;

	if (!tree_draft_is_for(tree, draft, kept->uid) || draft->len != kept->len ||
	    memcmp(draft->text, kept->text, kept->len) != 0)
		return false;
	kept->uid = draft->uid;
	return true;
}

void tree_draft_keep(struct tfs_tree *tree, struct tfs_op *op, uid_t uid, const struct tfs_error *error,
		     const struct target *target, const struct tfs_doc *base, const char *text, size_t len)
{
	cleanup_json json_t *where = tfs_resource_where(target->resource, target->object);
	struct kept kept = { text, len, uid };

	/* If the mount's owner retries a draft, it still belongs to its writer. */
	any_draft(tree, target->path, take_user, &kept);
	struct tfs_draft draft = {
		.path = target->path,
		.where = where,
		.text = (char *)(uintptr_t)text,
		.len = len,
		.base = base ? (char *)(uintptr_t)base->data : NULL,
		.base_id = base ? (char *)(uintptr_t)base->id : NULL,
		.error = *error,
		.time = tfs_clock_wall(),
		.uid = kept.uid,
		.pid = op ? tfs_op_pid(op) : 0,
	};
	int r = !where ? -ENOMEM : tfs_drafts_put(tree->drafts, &draft, NULL);

	if (r < 0 && op)
		tfs_error_prefix(tfs_op_error(op), "the text is NOT kept as a draft (%s): ",
				 r == -ENOSPC ? "there are too many" : "out of memory");
}

void tree_drafts_write(struct tfs_tree *tree, struct tfs_op *op)
{
	int r = tfs_drafts_write(tree->drafts);

	if (r < 0)
		tfs_error_prefix(tfs_op_error(op), "the draft is only in memory, it cannot be written to disk (%s): ",
				 strerrordesc_np(-r));
}

static bool is_any(struct tfs_tree *tree, const struct tfs_draft *draft, void *context)
{
	(void)tree;
	(void)draft;
	(void)context;
	return true;
}

bool tree_draft_is_kept(struct tfs_tree *tree, const char *path)
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

	/* Process ids are reused: the user must be the same as well. */
	if ((draft->pid != 0 && draft->pid == saved->pid && draft->uid == saved->uid) ||
	    (draft->len == saved->len && memcmp(draft->text, saved->text, saved->len) == 0))
		tfs_drafts_drop(tree->drafts, draft);
	else
		saved->stays = true;
	return false;
}

bool tree_draft_resolve(struct tfs_tree *tree, const struct tfs_op *op, const char *path, const char *text, size_t len)
{
	struct saved saved = { tfs_op_pid(op), tfs_op_uid(op), text, len, false };

	any_draft(tree, path, resolve_one, &saved);
	return !saved.stays;
}

struct tfs_doc *tree_draft_theirs(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_draft *draft)
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

json_t *tfs_tree_drafts(struct tfs_tree *tree)
{
	return tfs_drafts_to_json(tree->drafts);
}
