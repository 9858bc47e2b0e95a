/* The client side of the control socket: sends one request and reads the answer. */
#include <errno.h>
#include <string.h>

#include "control-line.h"
#include "socket.h"
#include "tenantfs/clock.h"
#include "tenantfs/control.h"

/*
 * Adds the timeout and the tenant's URL. The timeout lets the daemon give up first and report why; the URL
 * lets it refuse a request for another tenant.
 */
static int add_envelope(const struct tfs_config *config, const json_t *request, uint64_t timeout_ms, json_t **ret)
{
	cleanup_json json_t *copy = json_copy((json_t *)request);

	if (!copy)
		return -ENOMEM;
	if (!json_object_get(copy, "timeout_ms") &&
	    json_object_set_new(copy, "timeout_ms", json_integer((json_int_t)timeout_ms)))
		return -ENOMEM;
	if (config->url && json_object_set_new(copy, "url", json_string(config->url)))
		return -ENOMEM;
	*ret = steal_pointer(&copy);
	return 0;
}

static int explain(const struct tfs_config *config, int code, struct tfs_error *error)
{
	switch (code) {
	case -ETIMEDOUT:
		return tfs_error_set(error, code, "control", "the daemon of \"%s\" did not answer in time",
				     config->name);
	case -EFBIG:
		return tfs_error_set(error, code, "control", "a request or answer of more than %d MiB",
				     TFS_CONTROL_MAX >> 20);
	case -ENOMEM:
		return tfs_error_set_memory(error);
	case -EPIPE:
	case -ENODATA:
		return tfs_error_set(error, -ECONNRESET, "control", "the daemon of \"%s\" ended before it answered",
				     config->name);
	default:
		return tfs_error_set(error, code, "control", "the daemon of \"%s\": %s", config->name, strerror(-code));
	}
}

/* 0: `*ret` is the successful answer. Otherwise `error` is the daemon's error. */
static int read_answer(const struct tfs_buf *line, json_t **ret, struct tfs_error *error)
{
	cleanup_json json_t *answer = NULL;
	int r = tfs_json_parse(line->data ? line->data : "", line->len, &answer, error);

	if (r < 0)
		return tfs_error_set(error, -EPROTO, "control", "the daemon's answer is not JSON");
	if (json_is_true(json_object_get(answer, "ok"))) {
		*ret = steal_pointer(&answer);
		return 0;
	}
	struct tfs_error refusal;
	tfs_error_from_json(json_object_get(answer, "error"), &refusal);
	/* ECONNREFUSED is reserved for "no daemon". */
	if (refusal.code == -ECONNREFUSED)
		refusal.code = -EIO;
	if (error)
		*error = refusal;
	return refusal.code;
}

static int exchange(int fd, uint64_t deadline_ms, const json_t *request, struct tfs_buf *ret_line)
{
	int r = tfs_line_write(fd, deadline_ms, request);

	/* A daemon that closed the connection may have sent its reason before. */
	if (r < 0 && r != -EPIPE)
		return r;
	return tfs_line_read(fd, deadline_ms, ret_line);
}

int tfs_control_ask(const struct tfs_config *config, const json_t *request, uint64_t timeout_ms, json_t **ret,
		    struct tfs_error *error)
{
	enum { GRACE_MS = 2000 };
	struct tfs_buf line cleanup_buf = TFS_BUF_INIT_SECRET(TFS_CONTROL_MAX);
	cleanup_json json_t *complete = NULL;
	uint64_t deadline_ms = tfs_clock_ms() + timeout_ms + GRACE_MS;
	int r = add_envelope(config, request, timeout_ms, &complete);

	if (r < 0)
		return explain(config, r, error);
	cleanup_close int fd = tfs_socket_connect(config, timeout_ms, error);
	if (fd < 0)
		return fd;
	r = exchange(fd, deadline_ms, complete, &line);
	return r < 0 ? explain(config, r, error) : read_answer(&line, ret, error);
}

int tfs_control_owner(const struct tfs_config *config, pid_t *ret)
{
	enum { CONNECT_MS = 2000 };
	struct tfs_socket_peer peer;
	cleanup_close int fd = tfs_socket_connect(config, CONNECT_MS, NULL);

	if (fd < 0)
		return fd;
	int r = tfs_socket_peer(fd, &peer);
	if (r >= 0)
		*ret = peer.pid;
	return r;
}
