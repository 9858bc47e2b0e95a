/* Sends drafts again, and discards them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "commit.h"
#include "error-log.h"

int tfs_tree_discard(struct tfs_tree *tree, struct tfs_op *op, const char *name)
{
	struct tfs_draft *draft cleanup_draft = tfs_drafts_get(tree->drafts, name);

	if (!draft || !tfs_drafts_drop(tree->drafts, draft))
		return tfs_fail(op, -ENOENT, "tree", "there is no draft of %s", name);
	tree_lock(tree);
	tree_errors_resolve(tree, draft->path);
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

	if (!draft)
		return tfs_fail(op, -ENOENT, "tree", "there is no draft of %s", name);
	r = tfs_store_find(tree->store, draft->where, &target.resource, &object);
	if (r < 0)
		return tfs_fail(op, -EINVAL, "tree", "%s: this version of tenantfs has no such path", name);
	r = tree_check_writable(tree, op, tfs_resource_kind(target.resource), draft->path);
	if (r < 0)
		return r;
	snprintf(target.object, sizeof(target.object), "%s", object);
	target.path = draft->path;
	if (draft->base) {
		base = tfs_doc_new(object, draft->base_id ? draft->base_id : "", draft->base, strlen(draft->base),
				   draft->time);
		if (!base)
			return tfs_fail_memory(op);
	}
	r = tree_commit_text(tree, op, &target, base, draft->text, draft->len, &doc);
	/* The document was removed since: the draft creates it again. */
	if (r == -ENOENT && base && tfs_resource_kind(target.resource)->n_create > 0)
		r = tree_commit_text(tree, op, &target, NULL, draft->text, draft->len, &doc);
	if (r == 0)
		tfs_drafts_drop(tree->drafts, draft);
	return r;
}
