/* Sends answers: whole ones, and those that end early, trickle, or are huge. */
#include "reply.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 65536, DRIP_BYTES = 16, DRIP_MS = 300 };

/* An answer that is sent in pieces. */
struct stream {
	struct sandbox *sandbox;
	enum fault_kind kind;
	struct tfs_buf body;
};

static ssize_t read_stream(void *cls, uint64_t at, char *out, size_t max)
{
	struct stream *stream = cls;
	size_t len = stream->body.len;

	if (stream->kind == FAULT_HUGE) {
		size_t take = ANSWER_HUGE_BYTES - at < max ? (size_t)(ANSWER_HUGE_BYTES - at) : max;
		sandbox_answer_huge(at, out, take);
		return (ssize_t)take;
	}
	if (stream->kind == FAULT_TRUNCATE)
		len /= 2;
	if (at >= len)
		return stream->kind == FAULT_TRUNCATE ? MHD_CONTENT_READER_END_WITH_ERROR
						      : MHD_CONTENT_READER_END_OF_STREAM;
	size_t take = len - (size_t)at < max ? len - (size_t)at : max;
	if (stream->kind == FAULT_TRICKLE) {
		sandbox_wait(stream->sandbox, DRIP_MS);
		take = take < DRIP_BYTES ? take : DRIP_BYTES;
	}
	memcpy(out, stream->body.data + at, take);
	return (ssize_t)take;
}

static void free_stream(void *cls)
{
	struct stream *stream = cls;

	tfs_buf_finish(&stream->body);
	free(stream);
}

static struct MHD_Response *stream_response(struct sandbox *sandbox, enum fault_kind kind, struct answer *answer)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	*stream = (struct stream){ .sandbox = sandbox, .kind = kind, .body = answer->body };
	answer->body = TFS_BUF_INIT(0);
	uint64_t size = kind == FAULT_HUGE ? ANSWER_HUGE_BYTES : stream->body.len;
	struct MHD_Response *response =
		MHD_create_response_from_callback(size, CHUNK, read_stream, stream, free_stream);
	if (!response)
		free_stream(stream);
	return response;
}

static struct MHD_Response *whole_response(struct answer *answer)
{
	size_t len = 0;

	if (!answer->body.len)
		return MHD_create_response_from_buffer(0, (void *)"", MHD_RESPMEM_PERSISTENT);
	char *bytes = tfs_buf_steal(&answer->body, &len);
	struct MHD_Response *response = MHD_create_response_from_buffer(len, bytes, MHD_RESPMEM_MUST_FREE);
	if (!response)
		free(bytes);
	return response;
}

static bool is_streamed(const struct fault *fault, const struct answer *answer)
{
	return fault->kind == FAULT_HUGE ||
	       (answer->body.len && (fault->kind == FAULT_TRUNCATE || fault->kind == FAULT_TRICKLE));
}

enum MHD_Result sandbox_reply_send(struct sandbox *sandbox, struct MHD_Connection *connection, const char *uuid,
				   const struct fault *fault, struct answer *answer)
{
	bool has_body = answer->body.len || fault->kind == FAULT_HUGE;
	struct MHD_Response *response =
		is_streamed(fault, answer) ? stream_response(sandbox, fault->kind, answer) : whole_response(answer);
	char seconds[16];

	if (!response)
		return MHD_NO;
	if (has_body)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, answer->type);
	if (answer->location)
		MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, answer->location);
	if (answer->disposition)
		MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_DISPOSITION, answer->disposition);
	if (uuid)
		MHD_add_response_header(response, "requestid", uuid);
	if (fault->kind == FAULT_STATUS && fault->retry_after >= 0) {
		snprintf(seconds, sizeof(seconds), "%d", fault->retry_after);
		MHD_add_response_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
	}
	enum MHD_Result sent = MHD_queue_response(connection, (unsigned)answer->status, response);
	MHD_destroy_response(response);
	return sent;
}
