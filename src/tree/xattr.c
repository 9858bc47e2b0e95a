/* user.tenantfs.*: age, endpoint, last error, id, revision and state of a node. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commit.h"
#include "draft.h"
#include "error-log.h"
#include "editor.h"
#include "tenantfs/clock.h"
#include "tenantfs/digest.h"

/* Appends the value to `out`: 0, -ENODATA, -ENOMEM. `doc` is the cached document, or NULL. */
typedef int (*value_fn)(struct tfs_tree *tree, struct tfs_node *node, struct tfs_doc *doc, struct tfs_buf *out);

static int value_id(struct tfs_tree *tree, struct tfs_node *node, struct tfs_doc *doc, struct tfs_buf *out)
{
	(void)tree;
	(void)node;
	return doc && doc->id && doc->id[0] != '\0' ? tfs_buf_puts(out, doc->id) : -ENODATA;
}

static int value_endpoint(struct tfs_tree *tree, struct tfs_node *node, struct tfs_doc *doc, struct tfs_buf *out)
{
	const struct tfs_endpoint *endpoint = NULL;
	const struct tfs_kind *kind;

	(void)tree;
	(void)doc;
	if (node->ops->kind == KIND_CALL) {
		endpoint = node->what;
	} else if (node->ops->kind == KIND_DOCUMENT) {
		kind = tfs_resource_kind(node->resource);
		if (kind->list)
			endpoint = kind->list->endpoint;
		else if (kind->lookup)
			endpoint = kind->lookup->endpoint;
	}
	if (!endpoint)
		return -ENODATA;
	return tfs_buf_printf(out, "%s %s", endpoint->method, endpoint->path);
}

/* Seconds since the document was fetched. */
static int value_age(struct tfs_tree *tree, struct tfs_node *node, struct tfs_doc *doc, struct tfs_buf *out)
{
	uint64_t now = tfs_clock_ms(), fetched;

	(void)tree;
	(void)node;
	if (!doc)
		return -ENODATA;
	fetched = atomic_load(&doc->fetched_ms);
	return tfs_buf_printf(out, "%llu", now > fetched ? (unsigned long long)((now - fetched) / 1000) : 0ULL);
}

static int value_state(struct tfs_tree *tree, struct tfs_node *node, struct tfs_doc *doc, struct tfs_buf *out)
{
	cleanup_free char *path = tree_node_path(node);
	const char *state = node->ops->state;

	(void)doc;
	if (!path)
		return -ENOMEM;
	tree_lock(tree);
	if (node->ops->kind == KIND_DOCUMENT) {
		if (node->doc.editors && tree_editor_shown(node))
			state = "editing";
		else if (tree_draft_is_kept(tree, path))
			state = "draft";
		else if (node->flags & NODE_PENDING)
			state = "pending";
	}
	tree_unlock(tree);
	return tfs_buf_puts(out, state);
}

static int value_error(struct tfs_tree *tree, struct tfs_node *node, struct tfs_doc *doc, struct tfs_buf *out)
{
	cleanup_free char *path = tree_node_path(node);
	cleanup_json json_t *value = NULL;
	const struct reported_error *reported;

	(void)doc;
	if (!path)
		return -ENOMEM;
	tree_lock(tree);
	reported = tree_error_find(tree, path);
	if (reported)
		value = tfs_error_to_json(&reported->error);
	tree_unlock(tree);
	return value ? tfs_json_print(value, out) : -ENODATA;
}

static int value_revision(struct tfs_tree *tree, struct tfs_node *node, struct tfs_doc *doc, struct tfs_buf *out)
{
	char text[17];

	(void)tree;
	(void)node;
	if (!doc || doc->origin == TFS_DOC_SHORT)
		return -ENODATA;
	if (tfs_fingerprint(doc->data, doc->len, text) < 0)
		return -EIO;
	return tfs_buf_puts(out, text);
}

static const char PREFIX[] = "user.tenantfs.";
static const struct {
	const char *name;
	value_fn value;
} attributes[] = {
	{ "age", value_age }, { "endpoint", value_endpoint }, { "error", value_error },
	{ "id", value_id },   { "revision", value_revision }, { "state", value_state },
};

enum { N_ATTRIBUTES = sizeof(attributes) / sizeof(attributes[0]) };

static struct tfs_doc *known_doc(struct tfs_tree *tree, const struct tfs_node *node)
{
	struct target target TFS_CLEANUP(tree_target_finish) = { 0 };

	if (node->ops->kind != KIND_DOCUMENT ||
	    tree_target_make(&target, node_parent(node), node_name(node), node->resource, node->what) < 0)
		return NULL;
	return tree_cached_doc(tree, node->resource, target.object);
}

int tfs_tree_getxattr(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, const char *name,
		      char **ret_value, size_t *ret_len)
{
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(TEXT_MAX);
	struct tfs_doc *doc cleanup_doc = NULL;
	int r = -ENODATA;

	/* `ls -l` asks each file for its security label and ACL, until the answer is EOPNOTSUPP. */
	if (strncmp(name, "user.", 5) != 0)
		return -EOPNOTSUPP;
	if (strncmp(name, PREFIX, sizeof(PREFIX) - 1) != 0)
		return -ENODATA;
	doc = known_doc(tree, node);
	for (size_t i = 0; i < N_ATTRIBUTES; i++)
		if (strcmp(name + sizeof(PREFIX) - 1, attributes[i].name) == 0)
			r = attributes[i].value(tree, node, doc, &out);
	if (r < 0)
		return r == -ENODATA ? r : tfs_fail(op, r, "tree", "the attribute cannot be generated");
	*ret_value = tfs_buf_steal(&out, ret_len);
	return *ret_value ? 0 : tfs_fail_memory(op);
}
