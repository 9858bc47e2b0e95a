/* .api: one file for each endpoint. A program writes a request to it and reads the answer. */
#include "call.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "error-log.h"
#include "generated.h"
#include "listing.h"
#include "reason.h"

enum { POLL_MS = 5 };

/* All protected by the tree's lock. */
struct call {
	struct tfs_file file;
	struct tfs_buf request;
	uint64_t request_at; /* offset of the first byte written; the descriptor may have been used before */
	bool waiting;        /* a request was written but not sent yet */
	bool calling;
	bool answered;
	struct tfs_buf answer;
	uint64_t answer_at; /* offset of the first read of the answer; UINT64_MAX: not read yet */
	int verdict;
	struct tfs_error error;
};

static const struct tfs_endpoint *endpoint_of(const struct call *call)
{
	return call->file.node->what;
}

static int call_write(struct tfs_file *file, struct tfs_op *op, uint64_t offset, const void *bytes, size_t len)
{
	struct call *call = (struct call *)file;
	uint64_t at;
	int r = 0;

	tree_lock(file->tree);
	if (!call->waiting) {
		tfs_buf_reset(&call->request);
		call->request_at = offset;
		call->waiting = true;
		call->answered = false;
	}
	at = offset >= call->request_at ? offset - call->request_at : 0;
	if (at > TEXT_MAX || len > TEXT_MAX - at)
		r = -EFBIG;
	else if (at + len > call->request.len)
		r = tfs_buf_resize(&call->request, at + len);
	if (r == 0)
		memcpy(call->request.data + at, bytes, len);
	tree_unlock(file->tree);
	return r < 0 ? tfs_fail(op, r, "tree", "a request has at most %d bytes", TEXT_MAX) : 0;
}

static int make_call(struct call *call, struct tfs_op *op, struct tfs_buf *request, struct tfs_buf *out)
{
	struct tfs_tree *tree = call->file.tree;
	cleanup_json json_t *value = NULL, *answer = NULL;
	const char *message;
	int r, status;

	if (!request->data || strspn(request->data, " \t\r\n") == request->len)
		value = json_object();
	else if ((r = tfs_json_parse(request->data, request->len, &value, tfs_op_error(op))) < 0)
		return r;
	tree_reason_apply(tree, op);
	r = tfs_store_call(tree->store, op, endpoint_of(call), tree->config->communities[0], value, &answer);
	if (r < 0)
		return r;
	r = tfs_json_print_document(answer, out);
	status = (int)json_integer_value(json_object_get(answer, "status"));
	if (r < 0 || status < 400)
		return r;
	message = tfs_json_text(json_object_get(answer, "body"), "message");
	tfs_fail(op, tfs_status_errno(status), "api", "%s", message ? message : "the server refused the call");
	tfs_op_error(op)->status = status;
	return tfs_status_errno(status);
}

/* Releases the lock during the call. */
static void perform(struct call *call, struct tfs_op *op) TFS_HOLDS(call->file.tree->lock)
{
	struct tfs_buf request = call->request, answer = TFS_BUF_INIT_SECRET(TEXT_MAX);
	cleanup_free char *path = tree_node_path(call->file.node);
	int r;

	assert(call->waiting && !call->calling);
	call->request = TFS_BUF_INIT_SECRET(TEXT_MAX);
	call->waiting = false;
	call->calling = true;
	tree_unlock(call->file.tree);
	r = make_call(call, op, &request, &answer);
	tree_lock(call->file.tree);
	call->calling = false;
	call->answered = true;
	call->answer_at = UINT64_MAX;
	tfs_buf_finish(&call->answer);
	call->answer = answer;
	call->verdict = r;
	tfs_error_clear(&call->error);
	if (r < 0) {
		call->error = *tfs_op_error(op);
		if (path)
			tree_error_report(call->file.tree, op, path, "call");
	} else if (path) {
		tree_errors_resolve(call->file.tree, path);
	}
	tfs_buf_finish(&request);
}

/* Waits for a running call, then sends a waiting request. Releases the lock meanwhile. */
static int bring_answer(struct call *call, struct tfs_op *op) TFS_HOLDS(call->file.tree->lock)
{
	int r = 0;

	while (call->calling && r == 0) {
		tree_unlock(call->file.tree);
		r = tfs_op_sleep(op, POLL_MS);
		tree_lock(call->file.tree);
	}
	if (r == 0 && call->waiting)
		perform(call, op);
	return r;
}

static int copy_range(const struct tfs_buf *text, uint64_t offset, size_t size, size_t *ret_len, char **ret_copy)
{
	size_t len = offset < text->len ? MIN(size, text->len - offset) : 0;
	char *copy = len > 0 ? malloc(len) : NULL;

	if (len > 0 && !copy)
		return -ENOMEM;
	if (len > 0)
		memcpy(copy, text->data + offset, len);
	*ret_len = len;
	*ret_copy = copy;
	return 0;
}

/* Reads the description before a request was written, then the answer, counted from the offset of its first read. */
static int call_read(struct tfs_file *file, struct tfs_op *op, uint64_t offset, size_t size, const char **ret_bytes,
		     size_t *ret_len, char **ret_copy)
{
	struct call *call = (struct call *)file;
	struct tfs_buf help cleanup_buf = TFS_BUF_INIT(TEXT_MAX);
	int r;

	tree_lock(file->tree);
	r = bring_answer(call, op);
	if (r == 0 && call->answered) {
		if (call->answer.len == 0 && call->verdict < 0) {
			*tfs_op_error(op) = call->error;
			r = call->verdict;
		}
		if (call->answer_at > offset)
			call->answer_at = offset;
		if (r == 0)
			r = copy_range(&call->answer, offset - call->answer_at, size, ret_len, ret_copy);
	} else if (r == 0) {
		r = tree_call_describe(endpoint_of(call), &help);
		if (r == 0)
			r = copy_range(&help, offset, size, ret_len, ret_copy);
	}
	tree_unlock(file->tree);
	if (r == 0)
		*ret_bytes = *ret_copy;
	return r < 0 && tfs_op_error(op)->code == 0 ? tfs_fail_memory(op) : r;
}

static int call_resize(struct tfs_file *file, struct tfs_op *op, uint64_t len)
{
	(void)file;
	(void)op;
	(void)len;
	return 0;
}

/* A program that closes the file without reading the answer gets the verdict as the error of close. */
static int call_commit(struct tfs_file *file, struct tfs_op *op)
{
	struct call *call = (struct call *)file;
	int r;

	tree_lock(file->tree);
	r = bring_answer(call, op);
	if (r == 0 && call->answered && call->answer_at == UINT64_MAX && call->verdict < 0) {
		*tfs_op_error(op) = call->error;
		r = call->verdict;
	}
	tree_unlock(file->tree);
	return r;
}

static void call_release(struct tfs_file *file)
{
	struct call *call = (struct call *)file;

	tfs_buf_finish(&call->request);
	tfs_buf_finish(&call->answer);
}

static const struct file_ops call_file_ops = {
	.read = call_read,
	.waits = true,
	.write = call_write,
	.resize = call_resize,
	.commit = call_commit,
	.release = call_release,
};

static int call_open(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *node, int flags, struct tfs_file **ret,
		     struct tfs_open_result *ret_result)
{
	struct tfs_buf help cleanup_buf = TFS_BUF_INIT(TEXT_MAX);
	struct call *call;
	size_t len;
	char *text;

	if ((flags & O_ACCMODE) == O_RDONLY) {
		if (tree_call_describe(node->what, &help) < 0 || !(text = tfs_buf_steal(&help, &len)))
			return tfs_fail_memory(op);
		return tree_text_file_open(tree, op, node, text, len, true, ret, ret_result);
	}
	if (tree->options.read_only)
		return tfs_fail(op, -EROFS, "tree", "the tenant is mounted read-only");
	tree_lock(tree);
	call = tree_file_new(tree, node, &call_file_ops, sizeof(*call));
	tree_unlock(tree);
	if (!call)
		return tfs_fail_memory(op);
	call->request = TFS_BUF_INIT_SECRET(TEXT_MAX);
	call->answer = TFS_BUF_INIT_SECRET(TEXT_MAX);
	call->answer_at = UINT64_MAX;
	*ret = &call->file;
	*ret_result = (struct tfs_open_result){ .direct_io = true };
	return 0;
}

static int call_update_size(struct tfs_tree *tree, struct tfs_node *node)
{
	struct tfs_buf help cleanup_buf = TFS_BUF_INIT(TEXT_MAX);
	bool known;
	int r;

	tree_lock(tree);
	known = node->doc.size > 0;
	tree_unlock(tree);
	if (known)
		return 0;
	r = tree_call_describe(node->what, &help);
	tree_lock(tree);
	node->doc.size = (uint32_t)help.len;
	tree_unlock(tree);
	return r;
}

static void call_attr(struct tfs_tree *tree, struct tfs_node *node, struct tfs_attr *ret) TFS_HOLDS(tree->lock)
{
	tree_base_attr(tree, node, 0600, node->doc.size, tree->started, ret);
}

const struct node_ops tree_call_ops = {
	.kind = KIND_CALL,
	.type = S_IFREG,
	.state = "call",
	.update_size = call_update_size,
	.attr = call_attr,
	.open = call_open,
};

static int group_find(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name,
		      struct found *ret)
{
	(void)tree;
	for (size_t i = 0; i < tfs_n_endpoints; i++) {
		if (strcmp(tfs_endpoints[i].group_slug, node_name(dir)) == 0 &&
		    strcmp(tfs_endpoints[i].slug, name) == 0) {
			*ret = (struct found){ .ops = &tree_call_ops, .what = &tfs_endpoints[i] };
			return 0;
		}
	}
	return tfs_fail(op, -ENOENT, "tree", "no such call");
}

static int group_list(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, struct listing *listing)
{
	int r = 0;

	(void)tree;
	(void)op;
	for (size_t i = 0; i < tfs_n_endpoints && r == 0; i++)
		if (strcmp(tfs_endpoints[i].group_slug, node_name(dir)) == 0)
			r = tree_listing_add(listing, tfs_endpoints[i].slug,
					     &(struct found){ .ops = &tree_call_ops, .what = &tfs_endpoints[i] });
	return r;
}

const struct node_ops tree_api_group_ops = {
	.type = S_IFDIR,
	.state = "call",
	.free = tree_dir_payload_free,
	.attr = tree_directory_attr,
	.find = group_find,
	.list = group_list,
};

static int api_find(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, const char *name, struct found *ret)
{
	(void)tree;
	(void)dir;
	for (size_t i = 0; i < tfs_n_endpoints; i++) {
		if (strcmp(tfs_endpoints[i].group_slug, name) == 0) {
			*ret = (struct found){ .ops = &tree_api_group_ops };
			return 0;
		}
	}
	return tfs_fail(op, -ENOENT, "tree", "no such group");
}

static int api_list(struct tfs_tree *tree, struct tfs_op *op, struct tfs_node *dir, struct listing *listing)
{
	const char *last = "";
	int r = 0;

	(void)tree;
	(void)op;
	(void)dir;
	/* Endpoints are sorted by group. */
	for (size_t i = 0; i < tfs_n_endpoints && r == 0; i++) {
		if (strcmp(tfs_endpoints[i].group_slug, last) == 0)
			continue;
		last = tfs_endpoints[i].group_slug;
		r = tree_listing_add(listing, last, &(struct found){ .ops = &tree_api_group_ops });
	}
	return r;
}

const struct node_ops tree_api_root_ops = {
	.type = S_IFDIR,
	.state = "call",
	.free = tree_dir_payload_free,
	.attr = tree_directory_attr,
	.find = api_find,
	.list = api_list,
};
