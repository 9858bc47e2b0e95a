/*
 * .tenantfs/drafts: refused texts under the paths of their documents. Each draft also has files with its error, its
 * base and the server's version.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "draft.h"
#include "generated.h"
#include "listing.h"

static const char *const endings[] = { "", ".error.json", ".base", ".theirs" };
enum part { PART_TEXT, PART_ERROR, PART_BASE, PART_THEIRS, N_PARTS };

/* The path of an entry below .tenantfs/drafts. The caller frees it. */
static char *draft_path(const struct tfs_node *dir, const char *name)
{
	cleanup_free char *path = tree_child_path(dir, name);
	size_t above = 0;

	if (!path)
		return NULL;
	while (node_parent(dir)->ops == &tree_drafts_dir_ops)
		dir = node_parent(dir);
	for (; node_parent(dir); dir = node_parent(dir))
		above += strlen(node_name(dir)) + 1;
	return strdup(path + above);
}

/* The draft of an entry, and in `*ret` the part that the entry shows. The caller owns the draft. NULL: none. */
static struct tfs_draft *find_part(struct tfs_tree *tree, const char *path, enum part *ret)
{
	struct tfs_draft *draft = tfs_drafts_get(tree->drafts, path);
	size_t len = strlen(path);

	*ret = PART_TEXT;
	for (enum part part = PART_ERROR; part < N_PARTS && !draft; part++) {
		size_t end = strlen(endings[part]);
		cleanup_free char *of = NULL;

		if (len <= end || strcmp(path + len - end, endings[part]) != 0)
			continue;
		of = strndup(path, len - end);
		draft = of ? tfs_drafts_get(tree->drafts, of) : NULL;
		*ret = part;
	}
	return draft;
}

static bool is_above(const char *path, const char *draft)
{
	size_t len = strlen(path);

	return strncmp(path, draft, len) == 0 && (len == 0 || draft[len] == '/');
}

/* The cached version of a draft's document, counted; NULL: none. */
static struct tfs_doc *remembered(struct tfs_tree *tree, const struct tfs_draft *draft)
{
	struct tfs_resource *resource;
	struct tfs_doc *doc = NULL;
	struct tfs_list *list;
	const char *name;

	if (tfs_store_find(tree->store, draft->where, &resource, &name) < 0 ||
	    tfs_cache_list(tree->cache, tfs_resource_path(resource), &list) < 0)
		return NULL;
	doc = tfs_list_get(list, name);
	tfs_list_unref(list);
	return doc;
}

/* Whether others have changed the document since the draft's base. */
static bool is_theirs(const struct tfs_draft *draft, const struct tfs_doc *doc)
{
	if (!doc || !draft->base)
		return doc;
	return strlen(draft->base) != doc->len || memcmp(draft->base, doc->data, doc->len) != 0;
}

static int make_part(struct tfs_tree *tree, const struct tfs_node *node, struct tfs_buf *out)
{
	cleanup_free char *path = draft_path(node_parent(node), node_name(node));
	struct tfs_draft *draft cleanup_draft = NULL;
	struct tfs_doc *theirs cleanup_doc = NULL;
	cleanup_json json_t *error = NULL;
	enum part part;

	if (!path)
		return -ENOMEM;
	draft = find_part(tree, path, &part);
	if (!draft)
		return -ENOENT;
	switch (part) {
	case PART_TEXT:
		return tfs_buf_add(out, draft->text, draft->len);
	case PART_ERROR:
		error = tfs_error_to_json(&draft->error);
		return error ? tfs_json_print_document(error, out) : -ENOMEM;
	case PART_BASE:
		return draft->base ? tfs_buf_puts(out, draft->base) : -ENOENT;
	default:
		theirs = remembered(tree, draft);
		return theirs ? tfs_buf_add(out, theirs->data, theirs->len) : -ENOENT;
	}
}

static int part_owner(struct tfs_tree *tree, const struct tfs_node *node, uid_t *ret)
{
	cleanup_free char *path = draft_path(node_parent(node), node_name(node));
	struct tfs_draft *draft cleanup_draft = NULL;
	enum part part;

	draft = path ? find_part(tree, path, &part) : NULL;
	if (!draft)
		return -ENOENT;
	*ret = draft->uid;
	return 0;
}

static const struct generator draft_part = { "draft", false, make_part, part_owner };

/* Whether the draft has that part. Calls the server for PART_THEIRS. */
static bool has_part(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_draft *draft, enum part part)
{
	struct tfs_doc *theirs cleanup_doc = NULL;

	if (part == PART_BASE)
		return draft->base;
	if (part != PART_THEIRS)
		return true;
	theirs = tree_draft_theirs(tree, op, draft);
	return is_theirs(draft, theirs);
}

/*
 * Whether a listing shows the part. Text and error always; base and the server's version only if the cache shows that
 * others changed the document. Makes no call.
 */
static bool is_shown(struct tfs_tree *tree, const struct tfs_draft *draft, enum part part)
{
	struct tfs_doc *theirs cleanup_doc = NULL;

	if (part == PART_TEXT || part == PART_ERROR)
		return true;
	theirs = remembered(tree, draft);
	return is_theirs(draft, theirs) && (part == PART_THEIRS || draft->base);
}

/* Whether there are drafts below the path. */
static bool is_dir(struct tfs_tree *tree, const char *path)
{
	struct tfs_draft **list;
	bool found = false;
	size_t count;

	if (tfs_drafts_list(tree->drafts, &list, &count) < 0)
		return false;
	for (size_t i = 0; i < count && !found; i++)
		found = is_above(path, list[i]->name);
	tfs_drafts_list_free(list, count);
	return found;
}

static int drafts_find(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
		       struct found *ret)
{
	cleanup_free char *path = draft_path(dir, name);
	struct tfs_draft *draft cleanup_draft = NULL;
	enum part part;

	if (!path)
		return tfs_fail_memory(op);
	draft = find_part(tree, path, &part);
	if (draft && has_part(tree, op, draft, part))
		*ret = (struct found){ .ops = &tree_generated_ops, .what = &draft_part };
	else if (is_dir(tree, path))
		*ret = (struct found){ .ops = &tree_drafts_dir_ops };
	else
		return tfs_fail(op, -ENOENT, "tree", "no such draft");
	return 0;
}

static bool is_listed(const struct listing *listing, const char *name)
{
	for (size_t i = 0; i < listing->count; i++)
		if (strcmp(listing->entries[i].name, name) == 0)
			return true;
	return false;
}

/* Lists a draft in a directory above it: its parts, or the directory that contains it. */
static int list_draft(struct tfs_tree *tree, struct listing *listing, const struct tfs_draft *draft, const char *below)
{
	const char *slash = strchr(below, '/');
	cleanup_free char *first = slash ? strndup(below, (size_t)(slash - below)) : NULL;
	int r = 0;

	if (slash && !first)
		return -ENOMEM;
	if (slash)
		return is_listed(listing, first)
			       ? 0
			       : tree_listing_add(listing, first, &(struct found){ .ops = &tree_drafts_dir_ops });
	for (enum part part = PART_TEXT; part < N_PARTS && r == 0; part++) {
		cleanup_free char *name = NULL;

		if (!is_shown(tree, draft, part))
			continue;
		if (asprintf(&name, "%s%s", below, endings[part]) < 0) {
			name = NULL;
			return -ENOMEM;
		}
		/* The name is too long. errors.json has the error of such a draft. */
		if (strlen(name) >= NAME_ROOM)
			continue;
		r = tree_listing_add(listing, name, &(struct found){ .ops = &tree_generated_ops, .what = &draft_part });
	}
	return r;
}

static int drafts_list(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, struct listing *listing)
{
	cleanup_free char *path = draft_path(dir, "");
	struct tfs_draft **list;
	size_t len, count;
	int r;

	if (!path || tfs_drafts_list(tree->drafts, &list, &count) < 0)
		return tfs_fail_memory(op);
	len = strlen(path);
	r = 0;
	for (size_t i = 0; i < count && r == 0; i++)
		if (strncmp(list[i]->name, path, len) == 0)
			r = list_draft(tree, listing, list[i], list[i]->name + len);
	tfs_drafts_list_free(list, count);
	/* Drafts change without an event: the kernel must not cache the listing. */
	tree_lock(tree);
	tree_dir_changed(tree, dir);
	tree_unlock(tree);
	return r;
}

/* Removing any part of a draft discards the draft. */
static int drafts_remove(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name)
{
	cleanup_free char *path = draft_path(dir, name);
	struct tfs_draft *draft cleanup_draft = NULL;
	enum part part;

	if (!path)
		return tfs_fail_memory(op);
	draft = find_part(tree, path, &part);
	if (draft && !tree_draft_is_for(tree, draft, tfs_op_uid(op)))
		return tfs_fail(op, -EACCES, "tree", "it is another user's draft");
	return tfs_tree_discard(tree, op, draft ? draft->name : path);
}

const struct node_ops tree_drafts_dir_ops = {
	.type = S_IFDIR,
	.state = "control",
	.free = tree_dir_payload_free,
	.attr = tree_directory_attr,
	.find = drafts_find,
	.list = drafts_list,
	.remove = drafts_remove,
};
