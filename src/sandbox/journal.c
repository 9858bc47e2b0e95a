/* Writes one JSON line per request. */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "record.h"
#include "tenantfs/log.h"

int sandbox_journal_open(const char *path, struct tfs_error *error)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	return fd < 0 ? tfs_error_set(error, -errno, "sandbox", "%s: cannot be opened", path) : fd;
}

static json_t *text_or_null(const char *text)
{
	json_t *value = text && *text ? json_string(text) : NULL;

	return value ? value : json_null();
}

static json_t *or_null(json_t *value)
{
	return value ? json_incref(value) : json_null();
}

static json_t *token_form(const struct call *call)
{
	return text_or_null(!call->in->authorization ? NULL : call->token_sealed ? "sealed" : "clear");
}

static json_t *line_json(const struct call *call, int status, const struct fault *fault, uint64_t ms)
{
	const char *path = call->path && call->path[0] ? call->path : call->in->uri;

	return json_pack("{s:f, s:o, s:o, s:o, s:o, s:i, s:o, s:o, s:o*, s:o*, s:o, s:o, s:b, s:b, s:o, s:o, s:I}",
			 "time", (double)sandbox_record_now_ms() / 1000, "method", text_or_null(call->in->method),
			 "path", text_or_null(path), "query", or_null(call->query), "endpoint",
			 text_or_null(call->endpoint ? call->endpoint->path : NULL), "status", status, "refusal",
			 call->refusal.status ? sandbox_refusal_message(&call->refusal) : json_null(), "body",
			 or_null(call->sent ? call->sent : call->body), "headers", json_incref(call->headers), "upload",
			 json_incref(call->upload), "requestid", or_null(call->request_id), "token", token_form(call),
			 "license", !!call->in->license, "publickey", !!call->in->public_key, "fault",
			 text_or_null(fault->name), "actor", text_or_null(sandbox_call_actor(call)), "ms",
			 (json_int_t)ms);
}

void sandbox_journal_write(int fd, const struct call *call, int status, const struct fault *fault, uint64_t ms)
{
	cleanup_json json_t *line = line_json(call, status, fault, ms);
	char *text = line ? json_dumps(line, JSON_COMPACT | JSON_REAL_PRECISION(14)) : NULL;

	if (!text)
		return;
	size_t len = strlen(text);
	/* The newline replaces the NUL: one write for the whole line. */
	text[len] = '\n';
	if (write(fd, text, len + 1) != (ssize_t)(len + 1))
		tfs_log(TFS_LOG_WARNING, 0, "sandbox: the request log cannot be written: %s", strerror(errno));
	free(text);
}
