/* Set-up, clean-up and accessors of one request. */
#include "call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool sandbox_route_serves(const struct route *route, const struct tfs_endpoint *endpoint)
{
	return !strcmp(route->path, endpoint->path) && !strcmp(route->method, endpoint->method);
}

void sandbox_call_init(struct call *call, const struct box *box, const struct call_input *in)
{
	*call = (struct call){ .box = box,
			       .in = in,
			       .text = TFS_BUF_INIT(CALL_ANSWER_MAX),
			       .token = TFS_BUF_INIT_SECRET(CALL_TOKEN_MAX) };
}

void sandbox_call_finish(struct call *call)
{
	json_decref(call->params);
	json_decref(call->query);
	json_decref(call->body);
	json_decref(call->sent);
	json_decref(call->headers);
	json_decref(call->upload);
	json_decref(call->request_id);
	json_decref(call->claims);
	json_decref(call->event_user);
	json_decref(call->answer);
	json_decref(call->event_about);
	tfs_buf_finish(&call->text);
	tfs_buf_finish(&call->token);
	free(call->path);
}

json_t *sandbox_call_member(const struct call *call, const char *name)
{
	return json_object_get(call->body, name);
}

const char *sandbox_call_text(const struct call *call, const char *name)
{
	return tfs_json_text(call->body, name);
}

const char *sandbox_call_param(const struct call *call, const char *name)
{
	const char *text = tfs_json_text(call->params, name);

	return text ? text : "";
}

const char *sandbox_call_bearer(const struct call *call)
{
	return call->token.len ? call->token.data : NULL;
}

const char *sandbox_call_actor(const struct call *call)
{
	const char *name = tfs_json_text(call->claims, "username");

	return name ? name : "client";
}

int sandbox_call_answer(struct call *call, json_t *answer)
{
	if (!answer)
		return -ENOMEM;
	json_decref(call->answer);
	call->answer = answer;
	return 0;
}

int sandbox_call_done(struct call *call)
{
	call->status = 204;
	return 0;
}
