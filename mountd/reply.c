/* Begins operations for requests and replies with their outcomes. */
#include "reply.h"

#include <errno.h>

#include "loop.h"
#include "tenantfs/log.h"

static const double LONG = 86400.0;

struct daemon *mountd_request_daemon(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

struct tfs_node *mountd_request_node(fuse_req_t req, fuse_ino_t ino)
{
	return tfs_tree_node(mountd_request_daemon(req)->tree, ino);
}

/* -ENOSYS would make the kernel never ask again; codes outside of the kernel's range become EIO. */
static int kernel_code(int code)
{
	switch (code) {
	case -ENOSYS:
		return EOPNOTSUPP;
	case -ECANCELED:
		return EIO;
	default:
		return code < 0 && code > -4096 ? -code : EIO;
	}
}

static void on_interrupt(fuse_req_t req, void *op)
{
	(void)req;
	tfs_op_cancel(op);
}

static struct tfs_op *op_for(fuse_req_t req)
{
	const struct fuse_ctx *context = fuse_req_ctx(req);
	struct tfs_op *op = tfs_op_new(mountd_request_daemon(req)->timeout_ms);

	if (!op)
		fuse_reply_err(req, ENOMEM);
	else
		tfs_op_set_caller(op, context->uid, context->gid, context->pid);
	return op;
}

struct tfs_op *mountd_request_begin(fuse_req_t req)
{
	struct tfs_op *op = op_for(req);

	if (!op)
		return NULL;
	if (mountd_loop_hand_over(mountd_request_daemon(req)->loop) < 0) {
		tfs_log(TFS_LOG_WARNING, tfs_op_id(op), "too many blocked requests");
		fuse_reply_err(req, EAGAIN);
		tfs_op_free(op);
		return NULL;
	}
	fuse_req_interrupt_func(req, on_interrupt, op);
	return op;
}

struct tfs_op *mountd_request_begin_nowait(fuse_req_t req)
{
	struct tfs_op *op = op_for(req);

	if (op)
		tfs_op_cancel(op);
	return op;
}

struct tfs_op *mountd_request_wait(fuse_req_t req, struct tfs_op *nowait)
{
	tfs_op_free(nowait);
	return mountd_request_begin(req);
}

/* Ordinary errors of a file system are not logged by default. */
static enum tfs_log_level level_of(int code)
{
	switch (code) {
	case -EIO:
	case -EBADMSG:
	case -ENOMEM:
	case -ETIMEDOUT:
		return TFS_LOG_WARNING;
	case -ENOENT:
	case -ENODATA:
	case -EOPNOTSUPP:
	case -ESTALE:
	case -EXDEV:
	case -EINTR:
	case -EAGAIN:
		return TFS_LOG_DEBUG;
	default:
		return TFS_LOG_INFO;
	}
}

static void end(fuse_req_t req, struct tfs_op *op, int r)
{
	const struct tfs_error *error = tfs_op_error(op);

	fuse_req_interrupt_func(req, NULL, NULL);
	if (r < 0)
		tfs_log(level_of(r), tfs_op_id(op), "%s: %s%s%s", tfs_error_name(r), error->message,
			error->request_id[0] != '\0' ? ", request " : "", error->request_id);
	tfs_op_free(op);
}

void mountd_note_outcome(fuse_req_t req, struct tfs_op *op, int r, fuse_ino_t ino, const char *name, const char *action)
{
	struct tfs_tree *tree = mountd_request_daemon(req)->tree;

	if (r < 0)
		tfs_tree_note_refusal(tree, op, mountd_request_node(req, ino), name, action);
	else
		tfs_tree_note_success(tree, mountd_request_node(req, ino), name, action);
}

bool mountd_request_refused(fuse_req_t req, struct tfs_op *op, int r)
{
	end(req, op, r);
	if (r >= 0)
		return false;
	fuse_reply_err(req, kernel_code(r));
	return true;
}

void mountd_request_finish(fuse_req_t req, struct tfs_op *op, int r)
{
	if (!mountd_request_refused(req, op, r))
		fuse_reply_err(req, 0);
}

void mountd_refuse(fuse_req_t req, int code)
{
	fuse_reply_err(req, kernel_code(code));
}

double mountd_attr_timeout(const struct tfs_attr *attr)
{
	return attr->stable ? LONG : 0.0;
}

void mountd_fill_entry(const struct tfs_node *node, const struct tfs_attr *attr, struct fuse_entry_param *entry)
{
	*entry = (struct fuse_entry_param){
		.ino = tfs_node_ino(node),
		.generation = tfs_node_generation(node),
		.attr = attr->stat,
		.attr_timeout = mountd_attr_timeout(attr),
		.entry_timeout = mountd_attr_timeout(attr),
	};
}
