/* The trie of path templates, split at slashes, with the rank of each node. */
#include "path-node.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "tenantfs/cleanup.h"
#include "tenantfs/path.h"

static const char OBJECT_SUFFIX[] = ".d";

void tree_path_nodes_free(struct path_node *root)
{
	struct path_node *child;

	if (!root)
		return;
	while ((child = root->children)) {
		root->children = child->next;
		tree_path_nodes_free(child);
	}
	free(root->name);
	free(root);
}

static bool is_literal(enum path_node_type type)
{
	return type == PATH_DIR || type == PATH_DOC;
}

static bool sorts_before(const struct path_node *a, const struct path_node *b)
{
	if (is_literal(a->type) != is_literal(b->type))
		return is_literal(a->type);
	if (is_literal(a->type))
		return strcmp(a->name, b->name) < 0;
	return strlen(a->name) > strlen(b->name);
}

static void insert_child(struct path_node *parent, struct path_node *child)
{
	struct path_node **at = &parent->children;
	unsigned index = 0;

	while (*at && !sorts_before(child, *at))
		at = &(*at)->next;
	child->next = *at;
	child->parent = parent;
	*at = child;
	parent->n_children++;
	for (struct path_node *p = parent->children; p; p = p->next)
		p->index = index++;
}

/* The child of that type, name and kind; created if there is none. */
static struct path_node *child_for(struct path_node *parent, enum path_node_type type, const char *name,
				   const struct tfs_kind *kind)
{
	struct path_node *path_node;

	for (path_node = parent->children; path_node; path_node = path_node->next)
		if (path_node->type == type && path_node->kind == kind && strcmp(path_node->name, name) == 0)
			return path_node;
	path_node = calloc(1, sizeof(*path_node));
	if (!path_node)
		return NULL;
	path_node->type = type;
	path_node->kind = kind;
	path_node->name = strdup(name);
	if (!path_node->name) {
		free(path_node);
		return NULL;
	}
	insert_child(parent, path_node);
	return path_node;
}

static const struct tfs_kind *find_kind(const struct tfs_kind *kinds, size_t n_kinds, const char *name)
{
	for (size_t i = 0; i < n_kinds; i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

/* The child for a segment in braces; `text` follows the braces. NULL with EINVAL in errno: the segment is invalid. */
static struct path_node *add_object(struct path_node *at, const struct tfs_path_segment *segment, const char *text,
				    const struct tfs_kind *kind, const struct tfs_kind *kinds, size_t n_kinds)
{
	cleanup_free char *name = strndup(segment->object, segment->object_len);
	const struct tfs_kind *object;

	if (!name)
		return NULL;
	if (strcmp(name, "name") == 0)
		return child_for(at, segment->last ? PATH_SET : PATH_OBJECTS, text, kind);
	if (strcmp(name, "community") == 0)
		return child_for(at, PATH_COMMUNITY, "", NULL);
	object = find_kind(kinds, n_kinds, name);
	if (!object || (text[0] != '\0' && strcmp(text, OBJECT_SUFFIX) != 0)) {
		errno = EINVAL;
		return NULL;
	}
	return child_for(at, text[0] != '\0' ? PATH_BELOW : PATH_OBJECTS, text, object);
}

/* Whether a directory belongs to a document at a fixed path, as "biometric.d": like an object's, it is not listed. */
static bool ends_object(const char *name)
{
	size_t len = strlen(name), end = sizeof(OBJECT_SUFFIX) - 1;

	return len > end && strcmp(name + len - end, OBJECT_SUFFIX) == 0;
}

static int add_kind(struct path_node *root, const struct tfs_kind *kind, const struct tfs_kind *kinds, size_t n_kinds)
{
	struct path_node *at = root;
	size_t len;

	for (const char *from = kind->path; *from != '\0'; from += len) {
		struct tfs_path_segment segment = tfs_path_segment(from, strlen(from));
		cleanup_free char *text = strndup(segment.text, segment.text_len);

		len = segment.len + !segment.last;
		if (!text)
			return -ENOMEM;
		errno = ENOMEM;
		if (segment.object)
			at = add_object(at, &segment, text, kind, kinds, n_kinds);
		else
			at = child_for(at, segment.last ? PATH_DOC : PATH_DIR, text, segment.last ? kind : NULL);
		if (!at)
			return -errno;
		if (segment.last)
			at->unlisted = kind->on_demand;
		else if (at->type == PATH_DIR)
			at->unlisted = ends_object(at->name);
	}
	return 0;
}

enum { RANK_MAX = 15 }; /* also ends cycles of references */

static unsigned kind_rank(const struct tfs_kind *kind, const struct tfs_kind *kinds, size_t n_kinds, unsigned most);

/* The rank above a referenced kind, whose objects must exist first. */
static unsigned rank_above(const char *name, const struct tfs_kind *kinds, size_t n_kinds, unsigned most)
{
	const struct tfs_kind *kind = find_kind(kinds, n_kinds, name);

	return !kind || most == 0 ? 0 : kind_rank(kind, kinds, n_kinds, most - 1) + 1;
}

static unsigned fields_rank(const struct tfs_field *fields, size_t count, const struct tfs_kind *kinds, size_t n_kinds,
			    unsigned most)
{
	unsigned rank = 0;

	for (size_t i = 0; i < count; i++) {
		if (fields[i].reference)
			rank = MAX(rank, rank_above(fields[i].reference, kinds, n_kinds, most));
		rank = MAX(rank, fields_rank(fields[i].members, fields[i].n_members, kinds, n_kinds, most));
	}
	return rank;
}

static unsigned kind_rank(const struct tfs_kind *kind, const struct tfs_kind *kinds, size_t n_kinds, unsigned most)
{
	unsigned rank = fields_rank(kind->fields, kind->n_fields, kinds, n_kinds, most);

	for (size_t i = 0; i < n_kinds && most > 0; i++)
		if (kinds[i].shape != TFS_SHAPE_DOC && tfs_path_through(kind->path, kinds[i].name) > 0)
			rank = MAX(rank, kind_rank(&kinds[i], kinds, n_kinds, most - 1) + 1);
	for (const char *const *name = kind->copy_after; name && *name; name++)
		rank = MAX(rank, rank_above(*name, kinds, n_kinds, most));
	return MIN(rank, RANK_MAX);
}

/* The rank of a directory is the highest of its listed entries. */
static void set_ranks(struct path_node *path_node, const struct tfs_kind *kinds, size_t n_kinds)
{
	if (tree_path_node_is_document(path_node))
		path_node->rank = kind_rank(path_node->kind, kinds, n_kinds, RANK_MAX);
	for (struct path_node *child = path_node->children; child; child = child->next) {
		set_ranks(child, kinds, n_kinds);
		if (child->type != PATH_BELOW && !child->unlisted)
			path_node->rank = MAX(path_node->rank, child->rank);
	}
}

int tree_path_nodes_new(const struct tfs_kind *kinds, size_t n_kinds, struct path_node **ret, struct tfs_error *error)
{
	struct path_node *root = calloc(1, sizeof(*root));
	int r;

	if (!root)
		return tfs_error_set_memory(error);
	root->type = PATH_DIR;
	for (size_t i = 0; i < n_kinds; i++) {
		r = add_kind(root, &kinds[i], kinds, n_kinds);
		if (r < 0) {
			tree_path_nodes_free(root);
			return tfs_error_set(error, r, "tree", "the path of kind \"%s\" cannot be used: %s",
					     kinds[i].name, kinds[i].path);
		}
	}
	set_ranks(root, kinds, n_kinds);
	*ret = root;
	return 0;
}

/* The cache's name of a document at a fixed path: its file name without the ending. */
static char *doc_name(const struct path_node *path_node)
{
	static const char ending[] = ".json";
	size_t len = strlen(path_node->name), end = sizeof(ending) - 1;

	if (len > end && strcmp(path_node->name + len - end, ending) == 0)
		len -= end;
	return strndup(path_node->name, len);
}

const struct path_node *tree_path_node_match(const struct path_node *parent, const struct path_node *after,
					     const char *name, char **ret_object)
{
	size_t len = strlen(name), end;
	const struct path_node *path_node;

	for (path_node = after ? after->next : parent->children; path_node; path_node = path_node->next) {
		end = strlen(path_node->name);
		if (is_literal(path_node->type)) {
			if (strcmp(path_node->name, name) != 0)
				continue;
			*ret_object = path_node->type == PATH_DOC ? doc_name(path_node) : NULL;
			return path_node->type == PATH_DIR || *ret_object ? path_node : NULL;
		}
		if (len <= end || strcmp(name + len - end, path_node->name) != 0)
			continue;
		*ret_object = strndup(name, len - end);
		return *ret_object ? path_node : NULL;
	}
	return NULL;
}

bool tree_path_node_is_document(const struct path_node *path_node)
{
	return path_node->type == PATH_SET || path_node->type == PATH_DOC;
}

const struct path_node *tree_path_node_find_document(const struct path_node *directory, const char *name)
{
	const struct path_node *path_node = NULL;

	do {
		cleanup_free char *object = NULL;

		path_node = tree_path_node_match(directory, path_node, name, &object);
	} while (path_node && !tree_path_node_is_document(path_node));
	return path_node;
}

bool tree_kind_is_view(const struct tfs_kind *kind)
{
	return kind->n_create == 0 && kind->n_change == 0 && kind->n_remove == 0;
}

const struct path_node *tree_path_node_find_set(const struct path_node *directory)
{
	for (const struct path_node *path_node = directory->children; path_node; path_node = path_node->next)
		if (path_node->type == PATH_SET)
			return path_node;
	return NULL;
}
