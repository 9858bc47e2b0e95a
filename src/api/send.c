/* The last link: hands the request to the HTTP client. */
#include <errno.h>
#include <string.h>

#include "client.h"

enum { HEADERS_MAX = 12 };

/* Notes whether the server is reachable, for `status`. */
static void note_outcome(struct tfs_api *api, int r)
{
	if (r == 0)
		atomic_store(&api->reachable, true);
	else if (r == -EIO || r == -ETIMEDOUT || r == -EBADMSG)
		atomic_store(&api->reachable, false);
}

int api_send_run(struct tfs_link *link, struct tfs_op *op, struct tfs_exchange *exchange)
{
	struct tfs_api *api = exchange->api;
	const char *headers[HEADERS_MAX + 1] = { NULL };
	struct tfs_http_request request = {
		.method = exchange->endpoint->method,
		.url = exchange->url.data,
		.headers = headers,
		.body = exchange->body.len > 0 ? exchange->body.data : NULL,
		.body_len = exchange->body.len,
		.form_field = exchange->endpoint->upload,
		.file_name = exchange->call->upload.name ? exchange->call->upload.name : "file",
		.max_answer = api->config->max_answer,
	};
	size_t n = 0;
	int r;

	(void)link;
	for (size_t at = 0; at < exchange->headers.len && n < HEADERS_MAX; n++) {
		headers[n] = exchange->headers.data + at;
		at += strlen(headers[n]) + 1;
	}
	atomic_fetch_add(&api->calls, 1);
	r = tfs_http_call(api->http, op, &request, &exchange->http, &exchange->sent);
	note_outcome(api, r);
	if (r < 0)
		memcpy(tfs_op_error(op)->request_id, exchange->uuid, TFS_UUID_TEXT);
	return r;
}
