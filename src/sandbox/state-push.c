/* Signing on by push: a session is started, then polled until it is approved or refused. */
#include <errno.h>
#include <string.h>

#include "session.h"
#include "tenantfs/digest.h"

#define PUSHES "push"

int sandbox_push_start(struct call *call, const json_t *name)
{
	char id[TFS_UUID_TEXT];

	if (tfs_uuid(id) < 0)
		return -EIO;
	cleanup_json json_t *push = json_pack("{s:O, s:i}", "username", name, "polls", 0);
	int r = push ? sandbox_store_put(call->box->store, "", PUSHES, id, push) : -ENOMEM;
	if (r < 0)
		return r;
	call->wrote = true;
	return sandbox_call_answer(call, json_pack("{s:s, s:s, s:s, s:s}", "sessionId", id, "sessionEnv", "sandbox",
						   "sessionUrl", call->box->url, "publicKey",
						   tfs_key_public(call->box->dir->server)));
}

/* Half of the services say it with a status, half with a member. */
static int answer_not_yet(struct call *call, json_int_t polls)
{
	bool failed = polls % 2 == 0;

	call->clear = true;
	call->wrote = true;
	if (failed)
		call->status = 500;
	return sandbox_call_answer(call, failed ? json_pack("{s:i, s:s}", "code", 500, "message", "not authenticated")
						: json_pack("{s:s}", "recommendation", "continue polling"));
}

int sandbox_push_poll(struct call *call, const json_t *name, bool *ret_approved)
{
	const struct login_way *way = &call->box->login;
	const char *id = sandbox_call_text(call, "uwlSessionId");
	cleanup_json json_t *push = NULL;
	int r = sandbox_store_get(call->box->store, "", PUSHES, id, &push);

	*ret_approved = false;
	if (r == -ENOENT || (r == 0 && !json_equal(json_object_get(push, "username"), name)))
		return call_refuse(call, 400, "uwlSessionId", "\"uwlSessionId\" is not a session of this user");
	if (r < 0)
		return r;
	json_int_t polls = json_integer_value(json_object_get(push, "polls"));
	if (way->push == PUSH_NEVER || polls < (json_int_t)way->polls) {
		json_object_set_new(push, "polls", json_integer(polls + 1));
		r = sandbox_store_put(call->box->store, "", PUSHES, id, push);
		return r < 0 ? r : answer_not_yet(call, polls);
	}
	if (way->push == PUSH_REFUSED)
		return call_refuse(call, 401, "uwlSessionId", "the login was refused on the device");
	*ret_approved = true;
	return 0;
}
