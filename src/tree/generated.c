/* Generated files, and the entries of directories that are no places. */
#include "generated.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "history-dir.h"
#include "listing.h"
#include "tenantfs/clock.h"
#include "tenantfs/document.h"

struct text_file {
	struct tfs_file file;
	char *text;
	size_t len;
};

static int text_read(struct tfs_file *file, struct tfs_op *op, uint64_t offset, size_t size,
		     const char **ret_bytes, size_t *ret_len, char **ret_copy)
{
	struct text_file *open = (struct text_file *)file;

	(void)op;
	*ret_len = offset < open->len ? MIN(size, open->len - offset) : 0;
	*ret_bytes = *ret_len > 0 ? open->text + offset : NULL;
	*ret_copy = NULL;
	return 0;
}

static void text_release(struct tfs_file *file)
{
	free(((struct text_file *)file)->text);
}

static const struct file_ops text_ops = {
	.read = text_read,
	.release = text_release,
};

int text_file_open(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, char *text, size_t len,
		   bool direct, struct tfs_file **ret, struct tfs_open_result *ret_result)
{
	struct text_file *open;

	tree_lock(tree);
	open = file_new(tree, node, &text_ops, sizeof(*open));
	tree_unlock(tree);
	if (open == NULL) {
		free(text);
		return tfs_fail(op, -ENOMEM, "tree", "out of memory");
	}
	open->text = text;
	open->len = len;
	*ret = &open->file;
	*ret_result = (struct tfs_open_result){ .keep_cache = !direct, .no_flush = true, .direct_io = direct };
	return 0;
}

static int make_text(struct tfs_tree *tree, struct tfs_node *node, struct tfs_buf *out)
{
	const struct generator *generator = node->what;

	*out = TFS_BUF_INIT_SECRET(TEXT_MAX);
	return generator->make(tree, node, out);
}

/* The size is that of the text made now; where it may be another by the time of open, that reads past the pages. */
static int generated_update_size(struct tfs_tree *tree, struct tfs_node *node)
{
	const struct generator *generator = node->what;
	struct tfs_buf out cleanup_buf = TFS_BUF_INIT(0);
	bool known;
	int r;

	tree_lock(tree);
	known = generator->constant && node->doc.generation != 0;
	tree_unlock(tree);
	if (known)
		return 0;
	r = make_text(tree, node, &out);
	if (r < 0)
		return r;
	tree_lock(tree);
	node->doc.size = (uint32_t)out.len;
	node->doc.generation = 1;
	tree_unlock(tree);
	return 0;
}

static void generated_attr(struct tfs_tree *tree, struct tfs_node *node, struct tfs_attr *ret)
{
	const struct generator *generator = node->what;

	base_attr(tree, node, 0400, node->doc.size, generator->constant ? tree->started : tfs_clock_wall(), ret);
	ret->stable = generator->constant;
	if (generator->owner == NULL)
		return;
	ret->stat.st_mode = S_IFREG | 0400;
	/* What has gone meanwhile stays with who owns the mount. */
	generator->owner(tree, node, &ret->stat.st_uid);
}

/* The kernel has looked at owner and mode; by now it may be somebody else's of the same name. */
static int check_owner(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_node *node)
{
	const struct generator *generator = node->what;
	uid_t owner, uid = tfs_op_uid(op);

	if (generator->owner == NULL || uid == 0 || generator->owner(tree, node, &owner) < 0 || uid == owner)
		return 0;
	return tfs_fail(op, -EACCES, "tree", "it is another user's");
}

static int generated_open(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, int flags,
			  struct tfs_file **ret, struct tfs_open_result *ret_result)
{
	const struct generator *generator = node->what;
	struct tfs_buf out;
	char *text;
	size_t len;
	int r;

	if ((flags & O_ACCMODE) != O_RDONLY || flags & O_TRUNC)
		return tfs_fail(op, -EROFS, "tree", "it belongs to the mount and cannot be written");
	r = check_owner(tree, op, node);
	if (r < 0)
		return r;
	r = make_text(tree, node, &out);
	/* The text is of a later look than the owner: it may be of somebody else's that came in between. */
	if (r == 0 && (r = check_owner(tree, op, node)) < 0) {
		tfs_buf_finish(&out);
		return r;
	}
	text = r == 0 ? tfs_buf_steal(&out, &len) : NULL;
	if (text == NULL) {
		tfs_buf_finish(&out);
		return tfs_fail(op, r < 0 ? r : -ENOMEM, "tree", "its text cannot be made");
	}
	return text_file_open(tree, op, node, text, len, !generator->constant, ret, ret_result);
}

const struct node_ops generated_ops = {
	.type = S_IFREG,
	.state = "generated",
	.update_size = generated_update_size,
	.attr = generated_attr,
	.open = generated_open,
};

static const struct tfs_kind *set_kind(const struct tfs_node *node)
{
	return place_set(node_parent(node)->what)->kind;
}

static int make_schema(struct tfs_tree *tree, const struct tfs_node *node, struct tfs_buf *out)
{
	cleanup_json json_t *value = NULL;
	int r = tfs_document_schema(set_kind(node), &value);

	(void)tree;
	return r == 0 ? tfs_json_print_document(value, out) : r;
}

static int make_template(struct tfs_tree *tree, const struct tfs_node *node, struct tfs_buf *out)
{
	cleanup_json json_t *value = NULL;
	const struct tfs_kind *kind = set_kind(node);
	int r = tfs_document_template(kind, tfs_document_variant(kind, node_name(node)), &value);

	(void)tree;
	return r == 0 ? tfs_json_print_document(value, out) : r;
}

static const struct generator readme = { "README.md", true, make_readme };
static const struct generator set_files[] = {
	{ ".schema.json", true, make_schema },
	{ ".template.json", true, make_template },
};

/* Whatever its type: the file's name tells it. */
static const struct generator type_template = { ".template-", true, make_template };

enum { N_SET_FILES = sizeof(set_files) / sizeof(set_files[0]) };

/* The root and each community. */
static bool has_readme(const struct tfs_tree *tree, const struct tfs_node *dir)
{
	return dir == tree->root || ((const struct place *)dir->what)->type == PLACE_COMMUNITY;
}

static bool find_set_file(const struct tfs_kind *kind, const char *name, struct found *ret)
{
	const struct generator *file = tfs_document_variant(kind, name) != NULL ? &type_template : NULL;

	for (size_t i = 0; i < N_SET_FILES && file == NULL; i++)
		if (strcmp(name, set_files[i].name) == 0)
			file = &set_files[i];
	if (file != NULL)
		*ret = (struct found){ .ops = &generated_ops, .what = file };
	return file != NULL;
}

bool find_extra(struct tfs_tree *tree, const struct tfs_node *dir, const char *name, struct found *ret)
{
	if (strcmp(name, ".tenantfs") == 0) {
		*ret = (struct found){ .ops = &control_dir_ops };
		return true;
	}
	if (dir == tree->root && strcmp(name, ".history") == 0) {
		*ret = (struct found){ .ops = &history_dir_ops };
		return true;
	}
	if (dir == tree->root && strcmp(name, ".api") == 0) {
		*ret = (struct found){ .ops = &api_root_ops };
		return true;
	}
	if (has_readme(tree, dir) && strcmp(name, readme.name) == 0) {
		*ret = (struct found){ .ops = &generated_ops, .what = &readme };
		return true;
	}
	return name[0] == '.' && place_set(dir->what) != NULL && find_set_file(place_set(dir->what)->kind, name, ret);
}

int list_extras(struct tfs_tree *tree, const struct tfs_node *dir, struct listing *listing)
{
	int r = 0;

	if (dir == tree->root)
		r = listing_add(listing, ".api", &(struct found){ .ops = &api_root_ops });
	if (r == 0 && dir == tree->root)
		r = listing_add(listing, ".tenantfs", &(struct found){ .ops = &control_dir_ops });
	if (r == 0 && has_readme(tree, dir))
		r = listing_add(listing, readme.name, &(struct found){ .ops = &generated_ops, .what = &readme });
	return r;
}
