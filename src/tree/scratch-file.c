/* Scratch files: temporary files of editors and tools. They are kept in memory, limited in size and never sent. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "commit.h"
#include "local.h"
#include "tenantfs/clock.h"
#include "open-retry.h"
#include "tenantfs/name.h"

struct scratch_file {
	struct tfs_file file;
	struct scratch *scratch; /* counted */
	bool append;
};

/* Whether documents are written in the directory, so that tools need room for their temporary files. */
static bool holds_documents(const struct path_node *path_node)
{
	for (const struct path_node *child = path_node->children; child; child = child->next)
		if (tree_path_node_is_document(child) && !tree_kind_is_view(child->kind))
			return true;
	return false;
}

bool tree_name_is_local(const struct tfs_node *dir, const char *name)
{
	cleanup_free char *object = NULL;

	if (tfs_name_is_scratch(name))
		return true;
	return dir->ops->kind == KIND_PATH_DIR && holds_documents(dir->what) &&
	       !tree_path_node_match(dir->what, NULL, name, &object);
}

bool tree_new_name_is_local(const struct tfs_node *dir, const char *name)
{
	static const char ending[] = ".json";
	size_t len = strlen(name), end = sizeof(ending) - 1;

	return tfs_name_is_scratch(name) ||
	       (tree_name_is_local(dir, name) && (len < end || strcmp(name + len - end, ending) != 0));
}

struct scratch *tree_scratch_new(uid_t uid, mode_t mode)
{
	struct scratch *scratch = calloc(1, sizeof(*scratch));

	if (!scratch)
		return NULL;
	scratch->refs = 1;
	scratch->text = TFS_BUF_INIT_SECRET(TEXT_MAX);
	scratch->uid = uid;
	scratch->mode = mode & 07777;
	scratch->mtime = tfs_clock_wall();
	return scratch;
}

void tree_scratch_unref(struct tfs_tree *tree, struct scratch *scratch)
{
	assert(!scratch || scratch->refs > 0);
	if (!scratch || --scratch->refs > 0)
		return;
	assert(tree->scratch_bytes >= scratch->text.len);
	tree->scratch_bytes -= scratch->text.len;
	tfs_buf_finish(&scratch->text);
	if (scratch->became)
		tree_target_finish(scratch->became);
	free(scratch->became);
	free(scratch);
}

static int resize(struct tfs_tree *tree, struct scratch *scratch, uint64_t len)
{
	size_t old = scratch->text.len;
	int r;

	if (len > TEXT_MAX)
		return -EFBIG;
	if (len > old && tree->scratch_bytes + (len - old) > SCRATCH_BYTES)
		return -ENOSPC;
	r = tfs_buf_resize(&scratch->text, len);
	if (r < 0)
		return r;
	tree->scratch_bytes += len - old;
	scratch->serial++;
	scratch->timed = false;
	scratch->mtime = tfs_clock_wall();
	return 0;
}

int tree_scratch_set(struct tfs_tree *tree, struct scratch *scratch, const char *text, size_t len)
{
	int r = resize(tree, scratch, len);

	if (r == 0 && len > 0)
		memcpy(scratch->text.data, text, len);
	return r;
}

int tree_scratch_add(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
		     struct scratch *scratch, struct tfs_node **ret)
{
	struct tfs_node *node;

	if (tree->scratch_files >= SCRATCH_FILES)
		return tfs_fail(op, -ENOSPC, "tree", "there are %d local files already", SCRATCH_FILES);
	node = tree_node_new(tree, dir, name, &tree_scratch_ops, NULL);
	if (!node)
		return tfs_fail_memory(op);
	scratch->refs++;
	node->scratch = scratch;
	if (tree_dir_add_local(tree, dir, node) < 0) {
		tree_node_orphan(tree, node);
		tree_node_put(tree, node);
		return tfs_fail_memory(op);
	}
	*ret = node;
	return 0;
}

int tree_scratch_put(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name, const char *text,
		     size_t len)
{
	struct tfs_node *node = tree_node_find(tree, dir, name);
	struct scratch *scratch;
	int r = 0;

	if (node && node->ops->kind == KIND_SCRATCH)
		return tree_scratch_set(tree, node->scratch, text, len);
	scratch = tree_scratch_new(tfs_op_uid(op), 0600);
	if (!scratch)
		return tfs_fail_memory(op);
	r = tree_scratch_set(tree, scratch, text, len);
	if (r == 0)
		r = tree_scratch_add(tree, op, dir, name, scratch, &node);
	if (r == 0)
		tree_node_put(tree, node);
	tree_scratch_unref(tree, scratch);
	return r;
}

void tree_scratch_remove(struct tfs_tree *tree, struct tfs_node *node)
{
	tree_node_get(node);
	tree_node_orphan(tree, node);
	tree_dir_remove_local(tree, node_parent(node), node);
	tree_node_put(tree, node);
}

static void scratch_attr(struct tfs_tree *tree, struct tfs_node *node, struct tfs_attr *ret) TFS_HOLDS(tree->lock)
{
	const struct scratch *scratch = node->scratch;

	tree_base_attr(tree, node, scratch->mode, scratch->text.len, scratch->mtime, ret);
	/* Owner and mode are those given at creation. */
	ret->stat.st_uid = scratch->uid;
	ret->stat.st_mode = S_IFREG | scratch->mode;
	ret->stable = false;
}

static int scratch_read(struct tfs_file *file, struct tfs_op *op, uint64_t offset, size_t size, const char **ret_bytes,
			size_t *ret_len, char **ret_copy)
{
	const struct tfs_buf *text = &((struct scratch_file *)file)->scratch->text;
	char *copy = NULL;
	size_t len;

	tree_lock(file->tree);
	len = offset < text->len ? MIN(size, text->len - offset) : 0;
	if (len > 0) {
		copy = malloc(len);
		if (copy)
			memcpy(copy, text->data + offset, len);
	}
	tree_unlock(file->tree);
	if (len > 0 && !copy)
		return tfs_fail_memory(op);
	*ret_bytes = *ret_copy = copy;
	*ret_len = len;
	return 0;
}

static int scratch_fail(struct tfs_op *op, int r)
{
	if (r == -ENOSPC)
		return tfs_fail(op, r, "tree", "all local files together have at most %d bytes", SCRATCH_BYTES);
	return tfs_fail(op, r, "tree", "a local file has at most %d bytes", TEXT_MAX);
}

static int scratch_write(struct tfs_file *file, struct tfs_op *op, uint64_t offset, const void *bytes, size_t len)
{
	struct scratch_file *open = (struct scratch_file *)file;
	struct scratch *scratch = open->scratch;
	int r = 0;

	if (len == 0)
		return 0;
	tree_lock(file->tree);
	if (open->append)
		offset = scratch->text.len;
	if (offset > TEXT_MAX)
		r = -EFBIG;
	else
		r = resize(file->tree, scratch, MAX(offset + len, scratch->text.len));
	if (r == 0)
		memcpy(scratch->text.data + offset, bytes, len);
	tree_unlock(file->tree);
	return r < 0 ? scratch_fail(op, r) : 0;
}

static int scratch_resize(struct tfs_file *file, struct tfs_op *op, uint64_t len)
{
	int r = resize(file->tree, ((struct scratch_file *)file)->scratch, len);

	return r < 0 ? scratch_fail(op, r) : 0;
}

/* A file that was renamed onto a document while a program still writes to it saves that document. */
static int scratch_commit(struct tfs_file *file, struct tfs_op *op)
{
	struct scratch *scratch = ((struct scratch_file *)file)->scratch;
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT_SECRET(TEXT_MAX);
	struct target target TFS_CLEANUP(tree_target_finish) = { 0 };
	struct tfs_doc *doc cleanup_doc = NULL;
	struct tfs_doc *base cleanup_doc = NULL;
	uint64_t serial;
	int r = 0;

	tree_lock(file->tree);
	serial = scratch->serial;
	if (scratch->became && scratch->sent != serial && scratch->text.len > 0) {
		target = *scratch->became;
		target.path = strdup(scratch->became->path);
		r = target.path ? tfs_buf_add(&text, scratch->text.data, scratch->text.len) : -ENOMEM;
		if (r == 0)
			r = 1;
	}
	tree_unlock(file->tree);
	if (r != 1)
		return r < 0 ? tfs_fail_memory(op) : 0;
	base = tree_cached_doc(file->tree, target.resource, target.object);
	r = tree_commit_text(file->tree, op, &target, base, text.data, text.len, &doc);
	tree_lock(file->tree);
	if (r == 0)
		scratch->sent = serial;
	tree_unlock(file->tree);
	return r;
}

static void scratch_release(struct tfs_file *file) TFS_HOLDS(file->tree->lock)
{
	tree_scratch_unref(file->tree, ((struct scratch_file *)file)->scratch);
}

static const struct file_ops scratch_file_ops = {
	.read = scratch_read,
	.write = scratch_write,
	.resize = scratch_resize,
	.commit = scratch_commit,
	.release = scratch_release,
};

static int scratch_open(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, int flags,
			struct tfs_file **ret, struct tfs_open_result *ret_result)
{
	struct scratch_file *open;

	tree_lock(tree);
	if (node->flags & NODE_ORPHAN && tree_open_retry_begin(tree, op, node)) {
		tree_unlock(tree);
		return tfs_fail(op, -ESTALE, "tree", "the file was replaced");
	}
	tree_open_retry_end(tree, op);
	open = tree_file_new(tree, node, &scratch_file_ops, sizeof(*open));
	if (open) {
		open->scratch = node->scratch;
		open->scratch->refs++;
		open->append = flags & O_APPEND;
		if (flags & O_TRUNC)
			resize(tree, open->scratch, 0);
		*ret = &open->file;
		/* A renamed file gets another node, whose cached pages would differ: bypass the page cache. */
		*ret_result = (struct tfs_open_result){ .direct_io = true };
	}
	tree_unlock(tree);
	return open ? 0 : tfs_fail_memory(op);
}

static void scratch_free(struct tfs_tree *tree, struct tfs_node *node) TFS_HOLDS(tree->lock)
{
	tree_scratch_unref(tree, node->scratch);
}

const struct node_ops tree_scratch_ops = {
	.kind = KIND_SCRATCH,
	.type = S_IFREG,
	.state = "scratch",
	.free = scratch_free,
	.attr = scratch_attr,
	.open = scratch_open,
};
