/* One HTTP exchange: collects the request, admits it, acts, applies faults, logs, answers. */
#include "exchange.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "admission.h"
#include "habit.h"
#include "answer.h"
#include "body.h"
#include "event.h"
#include "journal.h"
#include "reply.h"
#include "routes.h"
#include "sandbox.h"
#include "shown.h"
#include "tenantfs/clock.h"
#include "tenantfs/log.h"

struct request {
	char *uri;
	struct tfs_buf body;
	bool started, too_large;
};

void *sandbox_exchange_begin(void *cls, const char *uri, struct MHD_Connection *connection)
{
	struct request *request = calloc(1, sizeof(*request));

	(void)cls;
	(void)connection;
	if (!request)
		return NULL;
	request->uri = strdup(uri);
	request->body = TFS_BUF_INIT(EXCHANGE_BODY_MAX);
	return request;
}

void sandbox_exchange_end(void *cls, struct MHD_Connection *connection, void **request_,
			  enum MHD_RequestTerminationCode why)
{
	struct request *request = *request_;

	(void)cls;
	(void)connection;
	(void)why;
	if (!request)
		return;
	tfs_buf_wipe(&request->body);
	free(request->uri);
	free(request);
	*request_ = NULL;
}

static const char *header(void *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static int serve_kept(struct call *call)
{
	int r = sandbox_body_take(call);

	return r < 0 ? r : call->route->handle(call);
}

/* All or nothing: a refused call changes nothing. */
static int act(struct call *call, const struct fault *fault)
{
	struct store *store = call->box->store;
	int r;

	if (fault->lags)
		sandbox_store_keep_states(store);
	r = fault->lag_ms && sandbox_habit_reads(call) ? sandbox_store_begin_behind(store, fault->lag_ms)
						       : sandbox_store_begin(store);
	if (r < 0)
		return r;
	sandbox_habit_fold(call, fault);
	call->shift = fault->shift;
	r = call->route ? serve_kept(call) : sandbox_serve_documented(call);
	bool has_event = r == 0 && sandbox_event_of(call);
	if (has_event)
		r = sandbox_event_record(call);
	if (r == 0 && call->route && sandbox_call_is_strict(call))
		r = sandbox_shown_limit(call);
	if (r == 0)
		r = sandbox_habit_answer(call, fault);
	int end = sandbox_store_end(store, r == 0 && (has_event || call->wrote));
	return r < 0 ? r : end;
}

static void pick_fault(struct sandbox *sandbox, const struct call *call, struct fault *fault)
{
	const struct fault_request request = {
		.method = call->in->method,
		.path = call->path,
		.sealed = call->endpoint->answer_seal == TFS_SEAL_ALWAYS,
		.is_key = !strcmp(call->endpoint->path, "/publickeys"),
	};

	sandbox_fault_source_pick(sandbox->faults, &request, fault);
}

static int admit(struct call *call, const struct request *request)
{
	if (request->too_large)
		return call_refuse(call, 413, NULL, "the body is longer than %d bytes", EXCHANGE_BODY_MAX);
	int r = sandbox_admission_route(call);
	return r < 0 ? r : sandbox_admission_check(call);
}

/* Runs the call; false: drop the connection without an answer. */
static bool run(struct sandbox *sandbox, struct call *call, const struct request *request, struct fault *fault)
{
	int r = admit(call, request);

	if (r == 0) {
		pick_fault(sandbox, call, fault);
		sandbox_wait(sandbox, fault->latency_ms);
		if (fault->kind == FAULT_DROP)
			return false;
		if (fault->kind == FAULT_STALL)
			sandbox_wait(sandbox, fault->stall_ms);
		if (fault->kind == FAULT_STATUS)
			r = call_refuse(call, fault->status, NULL, "an injected fault");
		else if (fault->kind == FAULT_REPLAYED)
			r = call_refuse(call, 401, "requestid", "requestid was used before");
		else
			r = act(call, fault);
	}
	if (r < 0 && !call->refusal.status) {
		tfs_log(TFS_LOG_ERROR, 0, "sandbox: %s %s: %s", call->in->method, call->in->uri, tfs_error_name(r));
		call_refuse(call, 500, NULL, "internal error");
	}
	return fault->kind != FAULT_DROP_AFTER;
}

static enum MHD_Result answer(struct sandbox *sandbox, struct MHD_Connection *connection, struct call *call,
			      const struct fault *fault, uint64_t started)
{
	struct answer made = { .status = 500 };
	int r = sandbox_answer_build(call, fault, &made);
	enum MHD_Result sent = MHD_NO;

	if (sandbox->log >= 0)
		sandbox_journal_write(sandbox->log, call, r == 0 ? made.status : 0, fault, tfs_clock_ms() - started);
	if (r == 0)
		sent = sandbox_reply_send(sandbox, connection, tfs_json_text(call->request_id, "uuid"), fault, &made);
	else
		tfs_log(TFS_LOG_ERROR, 0, "sandbox: cannot build an answer: %s", tfs_error_name(r));
	sandbox_answer_finish(&made);
	return sent;
}

static enum MHD_Result serve(struct sandbox *sandbox, struct MHD_Connection *connection, const char *method,
			     const struct request *request)
{
	uint64_t started = tfs_clock_ms();
	const struct call_input in = {
		.method = method,
		.uri = request->uri,
		.request_id = header(connection, "requestid"),
		.public_key = header(connection, "publickey"),
		.authorization = header(connection, "authorization"),
		.license = header(connection, "licensekey"),
		.content_type = header(connection, "content-type"),
		.header = header,
		.connection = connection,
		.body = request->body.data ? request->body.data : "",
		.body_len = request->body.len,
	};
	struct fault fault = { .kind = FAULT_NONE };
	struct call call;
	enum MHD_Result result = MHD_NO;

	sandbox_call_init(&call, &sandbox->box, &in);
	if (run(sandbox, &call, request, &fault))
		result = answer(sandbox, connection, &call, &fault, started);
	else if (sandbox->log >= 0)
		sandbox_journal_write(sandbox->log, &call, 0, &fault, tfs_clock_ms() - started);
	sandbox_call_finish(&call);
	return result;
}

static bool announces_too_much(struct MHD_Connection *connection)
{
	const char *length = header(connection, "content-length");

	return length && strtoull(length, NULL, 10) > EXCHANGE_BODY_MAX;
}

enum MHD_Result sandbox_exchange_go_on(void *cls, struct MHD_Connection *connection, const char *url,
				       const char *method, const char *version, const char *upload, size_t *upload_len,
				       void **request_)
{
	struct request *request = *request_;

	(void)url;
	(void)version;
	if (!request || !request->uri)
		return MHD_NO;
	if (!request->started) {
		request->started = true;
		request->too_large = announces_too_much(connection);
		return request->too_large ? serve(cls, connection, method, request) : MHD_YES;
	}
	if (!*upload_len)
		return serve(cls, connection, method, request);
	/*
	 * The rest of an oversized body is read and discarded, so that the client gets to read the refusal.
	 */
	if (!request->too_large && tfs_buf_add(&request->body, upload, *upload_len) < 0) {
		request->too_large = true;
		tfs_buf_finish(&request->body);
		request->body = TFS_BUF_INIT(0);
	}
	*upload_len = 0;
	return MHD_YES;
}
