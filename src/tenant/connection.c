/*
 * One connection to the control socket: reads requests, calls the handler, writes answers until the peer
 * closes.
 */
#include "connection.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "control-line.h"
#include "tenantfs/clock.h"
#include "tenantfs/digest.h"
#include "tenantfs/lock.h"
#include "tenantfs/log.h"
#include "tenantfs/thread.h"

enum {
	LINE_MS = 10000, /* limit for receiving a request and for sending an answer */
	LONGEST_REQUEST_MS = 3600000,
};

struct tfs_connection {
	const struct tfs_control_service *service;
	int fd;
	struct tfs_socket_peer peer;
	pthread_t thread;
	struct tfs_mutex lock;
	struct tfs_op *op; /* of the running request; protected by lock */
	bool hung_up;      /* protected by lock */
	bool stopping;     /* protected by lock */
	bool done;         /* protected by lock */
};

static bool is_stopping(struct tfs_connection *connection)
{
	tfs_mutex_lock(&connection->lock);
	bool stopping = connection->stopping;
	tfs_mutex_unlock(&connection->lock);
	return stopping;
}

/* Makes `op` the one that other threads may cancel; NULL: none, the request is over. */
static void set_op(struct tfs_connection *connection, struct tfs_op *op)
{
	tfs_mutex_lock(&connection->lock);
	assert(!op || !connection->op);
	connection->op = op;
	if (op && (connection->stopping || connection->hung_up))
		tfs_op_cancel(op);
	tfs_mutex_unlock(&connection->lock);
	connection->service->wake(connection->service->wake_context);
}

static uint64_t timeout_of(const struct tfs_connection *connection, const json_t *request)
{
	json_int_t asked = json_integer_value(json_object_get(request, "timeout_ms"));

	if (asked <= 0)
		return connection->service->timeout_ms;
	return asked > LONGEST_REQUEST_MS ? LONGEST_REQUEST_MS : (uint64_t)asked;
}

static json_t *refusal(const struct tfs_error *error)
{
	return json_pack("{s:b, s:o*}", "ok", 0, "error", tfs_error_to_json(error));
}

/* Adds "ok" to the handler's answer, which may be NULL. */
static json_t *complete(json_t *answer)
{
	cleanup_json json_t *given = answer;

	if (!given)
		return json_pack("{s:b}", "ok", 1);
	if (!json_is_object(given))
		return json_pack("{s:b, s:O}", "ok", 1, "result", given);
	if (!json_object_get(given, "ok") && json_object_set_new(given, "ok", json_true()))
		return NULL;
	return steal_pointer(&given);
}

static json_t *handle(struct tfs_connection *connection, const json_t *request)
{
	const struct tfs_control_service *service = connection->service;
	struct tfs_op *op = tfs_op_new(timeout_of(connection, request));
	json_t *answer = NULL;

	if (!op)
		return NULL;
	tfs_op_set_caller(op, connection->peer.uid, connection->peer.gid, connection->peer.pid);
	set_op(connection, op);
	int r = service->handler(service->handler_context, op, request, &answer);
	set_op(connection, NULL);
	if (r < 0) {
		json_decref(answer);
		if (!tfs_op_error(op)->code)
			tfs_fail(op, r, "control", "%s", strerror(-r));
		answer = refusal(tfs_op_error(op));
	} else {
		answer = complete(answer);
	}
	tfs_op_free(op);
	return answer;
}

static json_t *refuse(int code, const char *message)
{
	struct tfs_error error;

	tfs_error_set(&error, code, "control", "%s", message);
	return refusal(&error);
}

/*
 * Two configurations may share a tenant name, and so a state folder, for two URLs. A request must not reach
 * the other.
 */
static json_t *refuse_other_tenant(const struct tfs_connection *connection, const char *url)
{
	struct tfs_error error;

	tfs_error_set(&error, -EBUSY, "control",
		      "the daemon on this state folder serves %s, not %s: set state-dir in one configuration",
		      connection->service->url, url);
	return refusal(&error);
}

static json_t *answer_line(struct tfs_connection *connection, const struct tfs_buf *line)
{
	cleanup_json json_t *request = NULL;
	struct tfs_error error;
	int r = tfs_json_parse(line->data ? line->data : "", line->len, &request, &error);

	if (r < 0)
		return refusal(&error);
	if (!tfs_json_text(request, "command"))
		return refuse(-EINVAL, "a request is an object with a \"command\"");
	const char *url = tfs_json_text(request, "url");
	if (url && strcmp(url, connection->service->url) != 0)
		return refuse_other_tenant(connection, url);
	return handle(connection, request);
}

static json_t *answer_broken_line(int code)
{
	switch (code) {
	case -EFBIG:
		return refuse(code, "a request is one line of at most 64 MiB");
	case -ETIMEDOUT:
		return refuse(code, "a whole line was not sent in time");
	case -EPROTO:
		return refuse(code, "wait for the answer before the next request");
	default:
		return NULL;
	}
}

/* 0: more requests may follow. */
static int serve_one(struct tfs_connection *connection, struct tfs_buf *line)
{
	int r = tfs_line_read(connection->fd, tfs_clock_ms() + LINE_MS, line);
	cleanup_json json_t *answer = r < 0 ? answer_broken_line(r) : answer_line(connection, line);

	if (!answer)
		return r < 0 ? r : -ENOMEM;
	int written = tfs_line_write(connection->fd, tfs_clock_ms() + LINE_MS, answer);
	if (written == -EFBIG) {
		cleanup_json json_t *large = refuse(-EFBIG, "the answer has more than 64 MiB");
		written = large ? tfs_line_write(connection->fd, tfs_clock_ms() + LINE_MS, large) : -ENOMEM;
	}
	return r < 0 ? r : written;
}

static void *serve(void *context)
{
	struct tfs_connection *connection = context;
	struct tfs_buf line cleanup_buf = TFS_BUF_INIT_SECRET(TFS_CONTROL_MAX);
	int r = 0;

	while (r == 0 && !is_stopping(connection))
		r = serve_one(connection, &line);
	if (r < 0 && r != -ENODATA)
		tfs_log(TFS_LOG_DEBUG, 0, "control: connection ended: %s", strerror(-r));
	/* The peer sees end of file now; the accepting thread closes the descriptor later. */
	shutdown(connection->fd, SHUT_RDWR);
	tfs_mutex_lock(&connection->lock);
	connection->done = true;
	tfs_mutex_unlock(&connection->lock);
	connection->service->wake(connection->service->wake_context);
	tfs_crypto_thread_end();
	return NULL;
}

int tfs_connection_new(const struct tfs_control_service *service, int fd, const struct tfs_socket_peer *peer,
		       struct tfs_connection **ret)
{
	struct tfs_connection *connection = calloc(1, sizeof(*connection));

	if (!connection)
		return -ENOMEM;
	connection->service = service;
	connection->fd = fd;
	connection->peer = *peer;
	tfs_mutex_init(&connection->lock);
	int r = tfs_thread_start(&connection->thread, serve, connection);
	if (r < 0) {
		tfs_mutex_destroy(&connection->lock);
		free(connection);
		return r;
	}
	*ret = connection;
	return 0;
}

void tfs_connection_free(struct tfs_connection *connection)
{
	if (!connection)
		return;
	pthread_join(connection->thread, NULL);
	close(connection->fd);
	tfs_mutex_destroy(&connection->lock);
	free(connection);
}

int tfs_connection_fd(const struct tfs_connection *connection)
{
	return connection->fd;
}

bool tfs_connection_done(struct tfs_connection *connection)
{
	tfs_mutex_lock(&connection->lock);
	bool done = connection->done;
	tfs_mutex_unlock(&connection->lock);
	return done;
}

bool tfs_connection_watched(struct tfs_connection *connection)
{
	tfs_mutex_lock(&connection->lock);
	bool watched = connection->op && !connection->hung_up;
	tfs_mutex_unlock(&connection->lock);
	return watched;
}

void tfs_connection_hang_up(struct tfs_connection *connection)
{
	tfs_mutex_lock(&connection->lock);
	connection->hung_up = true;
	if (connection->op)
		tfs_op_cancel(connection->op);
	tfs_mutex_unlock(&connection->lock);
}

void tfs_connection_stop(struct tfs_connection *connection)
{
	tfs_mutex_lock(&connection->lock);
	connection->stopping = true;
	if (connection->op)
		tfs_op_cancel(connection->op);
	tfs_mutex_unlock(&connection->lock);
	/* Ends a waiting read; an answer may still be written. */
	shutdown(connection->fd, SHUT_RD);
}
