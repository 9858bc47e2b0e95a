/* Login by push: PUT /session/new, then POST /v2/request_access until the device has answered. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "login.h"

enum { POLL_MS = 2000 };

static int fail_answer(struct tfs_op *op, const struct tfs_api_answer *answer)
{
	struct tfs_buf message cleanup_buf = TFS_BUF_INIT(4 * TFS_ERROR_MESSAGE);
	int r = tfs_status_errno(answer->status);

	api_refusal_message(&message, answer->body);
	if (message.len > 0)
		tfs_fail(op, r, "api", "%s", message.data);
	else
		tfs_fail(op, r, "api", "the server answered %d", answer->status);
	tfs_op_error(op)->status = answer->status;
	memcpy(tfs_op_error(op)->request_id, answer->request_id, TFS_UUID_TEXT);
	return r;
}

/* As the clients of the live service do it; the document does not give the values. */
static json_t *session_body(struct tfs_login *login, struct tfs_op *op)
{
	const struct tfs_config *config = login->api->config;
	json_t *body = api_login_body(login, op), *more;
	char url[512];

	snprintf(url, sizeof(url), "https://%s", config->dns);
	more = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s, s:s, s:s}}", "tag",
			 config->tenant_tag ? config->tenant_tag : login->community, "url", url, "communityName",
			 login->community, "authPage", "blockid://authenticate", "scopes",
			 "firstname,lastname,device_info,location", "authtype", "Fingerprint/Face", "metadata",
			 "authVia", "push", "purpose", "authentication", "username", login->username);
	if (body && (!more || json_object_update(body, more) < 0)) {
		json_decref(body);
		body = NULL;
		tfs_fail(op, -EINVAL, "api", "the login name is not UTF-8");
	}
	json_decref(more);
	return body;
}

static int start_push(struct tfs_login *login, struct tfs_op *op, char **ret_session)
{
	struct tfs_api_call call = { .endpoint = tfs_endpoint_find("PUT", "/session/new") };
	struct tfs_api_answer answer = { 0 };
	json_t *body cleanup_json = session_body(login, op);
	const char *id;
	int r;

	if (!body)
		return tfs_op_error(op)->code;
	call.body = body;
	r = api_run_call(login->api, op, &call, tfs_secret_text(login->step_token), false, &answer);
	if (r < 0)
		return r;
	id = tfs_json_text(answer.body, "sessionId");
	if (!id)
		id = json_string_value(tfs_json_at(answer.body, "/data/sessionId"));
	if (!id || id[0] == '\0')
		r = tfs_fail(op, -EBADMSG, "api", "the service started the push without a sessionId");
	else if (!(*ret_session = strdup(id)))
		r = tfs_fail_memory(op);
	tfs_api_answer_finish(&answer);
	return r;
}

static bool is_not_yet(const struct tfs_api_answer *answer)
{
	const char *recommendation = tfs_json_text(answer->body, "recommendation");

	return (answer->status >= 500 && answer->status <= 504) ||
	       json_integer_value(json_object_get(answer->body, "code")) == 500 ||
	       (recommendation && strcasecmp(recommendation, "continue polling") == 0);
}

static int poll_push(struct tfs_login *login, struct tfs_op *op, const char *session, bool *ret_done)
{
	struct tfs_api_call call = { .endpoint = tfs_endpoint_find("POST", "/v2/request_access") };
	struct tfs_api_answer answer = { 0 };
	json_t *body cleanup_json = api_login_body(login, op);
	int r;

	if (!body)
		return tfs_op_error(op)->code;
	if (json_object_set_new(body, "uwlSessionId", json_string(session)) < 0)
		return tfs_fail(op, -EBADMSG, "api", "the sessionId is not UTF-8");
	call.body = body;
	r = api_run_call(login->api, op, &call, tfs_secret_text(login->step_token), true, &answer);
	if (r < 0)
		return r;
	if (!is_not_yet(&answer)) {
		*ret_done = true;
		r = answer.status / 100 == 2 ? api_login_take_step(login, op, answer.body) : fail_answer(op, &answer);
	}
	tfs_api_answer_finish(&answer);
	return r;
}

int tfs_login_push(struct tfs_login *login, struct tfs_op *op, const char **ret_next)
{
	cleanup_free char *session = NULL;
	bool done = false;
	int r;

	if (!login->step_token)
		return tfs_fail(op, -EINVAL, "api", "a push follows the password");
	r = start_push(login, op, &session);
	while (r == 0 && !done) {
		r = tfs_op_sleep(op, POLL_MS);
		if (r == 0)
			r = poll_push(login, op, session, &done);
	}
	if (r == -ETIMEDOUT)
		r = tfs_fail(op, -EACCES, "api", "the login was not approved within the time allowed");
	if (r == 0)
		*ret_next = login->next;
	return r;
}
