/* Generated files: the text is generated at each open. */
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

static int text_read(struct tfs_file *file, struct tfs_op *op, uint64_t offset, size_t size, const char **ret_bytes,
		     size_t *ret_len, char **ret_copy)
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

int tree_text_file_open(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, char *text, size_t len,
			bool direct, struct tfs_file **ret, struct tfs_open_result *ret_result)
{
	struct text_file *open;

	tree_lock(tree);
	open = tree_file_new(tree, node, &text_ops, sizeof(*open));
	tree_unlock(tree);
	if (!open) {
		free(text);
		return tfs_fail_memory(op);
	}
	open->text = text;
	open->len = len;
	*ret = &open->file;
	*ret_result = (struct tfs_open_result){ .keep_cache = !direct, .direct_io = direct };
	return 0;
}

static int make_text(struct tfs_tree *tree, struct tfs_node *node, struct tfs_buf *out)
{
	const struct generator *generator = node->what;

	*out = TFS_BUF_INIT_SECRET(TEXT_MAX);
	return generator->make(tree, node, out);
}

/* Sets the size of the current text. It may differ at open, so files that are not constant bypass the page cache. */
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

static void generated_attr(struct tfs_tree *tree, struct tfs_node *node, struct tfs_attr *ret) TFS_HOLDS(tree->lock)
{
	const struct generator *generator = node->what;

	tree_base_attr(tree, node, 0400, node->doc.size, generator->constant ? tree->started : tfs_clock_wall(), ret);
	ret->stable = generator->constant;
	if (!generator->owner)
		return;
	ret->stat.st_mode = S_IFREG | 0400;
	/* A file that is gone belongs to the mount's owner. */
	generator->owner(tree, node, &ret->stat.st_uid);
}

/* The kernel has checked owner and mode, but another user's file may have taken the name since. */
static int check_owner(struct tfs_tree *tree, struct tfs_op *op, const struct tfs_node *node)
{
	const struct generator *generator = node->what;
	uid_t owner, uid = tfs_op_uid(op);

	if (!generator->owner || uid == 0 || generator->owner(tree, node, &owner) < 0 || uid == owner)
		return 0;
	return tfs_fail(op, -EACCES, "tree", "it belongs to another user");
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
	/* The owner may have changed before the text was generated. */
	if (r == 0 && (r = check_owner(tree, op, node)) < 0) {
		tfs_buf_finish(&out);
		return r;
	}
	text = r == 0 ? tfs_buf_steal(&out, &len) : NULL;
	if (!text) {
		tfs_buf_finish(&out);
		return tfs_fail(op, r < 0 ? r : -ENOMEM, "tree", "its text cannot be generated");
	}
	return tree_text_file_open(tree, op, node, text, len, !generator->constant, ret, ret_result);
}

const struct node_ops tree_generated_ops = {
	.type = S_IFREG,
	.state = "generated",
	.update_size = generated_update_size,
	.attr = generated_attr,
	.open = generated_open,
};
