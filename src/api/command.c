/* Commands of the configuration: token-command, license-command. */
#include "command.h"

#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "tenantfs/child.h"

static int explain(struct tfs_op *op, const char *what, int code, const struct tfs_buf *out)
{
	switch (code) {
	case -EINTR:
		return tfs_fail(op, code, "api", "interrupted");
	case -ETIMEDOUT:
		return tfs_fail(op, code, "api", "%s did not end within the time allowed", what);
	case -EFBIG:
		return tfs_fail(op, -EACCES, "api", "%s printed more than %zu bytes", what, out->max);
	default:
		return tfs_fail(op, code, "api", "%s cannot be run: %s", what, strerrordesc_np(-code));
	}
}

static int judge(struct tfs_op *op, const char *what, int status, size_t len)
{
	if (WIFSIGNALED(status))
		return tfs_fail(op, -EACCES, "api", "%s was ended by signal %d", what, WTERMSIG(status));
	if (WEXITSTATUS(status) != 0)
		return tfs_fail(op, -EACCES, "api", "%s ended with exit status %d", what, WEXITSTATUS(status));
	if (len == 0)
		return tfs_fail(op, -EACCES, "api", "%s printed nothing", what);
	return 0;
}

int api_run_command(struct tfs_op *op, const char *what, const char *command, uint64_t timeout_ms, struct tfs_buf *out)
{
	char *const argv[] = { (char *)"/bin/sh", (char *)"-c", (char *)command, NULL };
	const struct tfs_child child = { .argv = argv, .timeout_ms = timeout_ms, .out = out };
	size_t before = out->len;
	int status = 0;
	int r = tfs_child_run(op, &child, &status);

	if (r < 0) {
		tfs_buf_resize(out, before);
		return explain(op, what, r, out);
	}
	while (out->len > before && (out->data[out->len - 1] == '\n' || out->data[out->len - 1] == '\r'))
		tfs_buf_resize(out, out->len - 1);
	return judge(op, what, status, out->len - before);
}
