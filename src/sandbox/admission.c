/* Strict admission: checks everything the API document demands of a request, before anything is done. */
#include "admission.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "check.h"
#include "routes.h"
#include "upload.h"
#include "uri.h"

enum { PLAIN_MAX = 8 << 20, HEADER_PLAIN_MAX = 4096 };

static int refuse_unknown(struct call *call)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };

	for (size_t i = 0; call->path[0] && i < sizeof(methods) / sizeof(*methods); i++)
		if (tfs_endpoint_match(methods[i], call->path))
			return call_refuse(call, 405, NULL, "%.20s is not allowed here", call->in->method);
	return call_refuse(call, 404, NULL, "no such route");
}

int sandbox_admission_route(struct call *call)
{
	call->path = sandbox_uri_path(call->in->uri, BOX_BASE);
	if (!call->path)
		return -ENOMEM;
	call->endpoint = call->path[0] ? tfs_endpoint_match(call->in->method, call->path) : NULL;
	if (!call->endpoint)
		return refuse_unknown(call);
	call->route = sandbox_routes_find(call->endpoint, &call->collection);
	if (call->box->mode == BOX_LITERAL && !sandbox_route_signs_on(call->route))
		call->route = NULL;
	int r = sandbox_uri_params(call->endpoint->path, call->path, &call->params);
	if (r == 0)
		r = sandbox_uri_query(call->in->uri, &call->query);
	return r == -EINVAL ? call_refuse(call, 400, NULL, "the address cannot be decoded") : r;
}

/* Opens a text the client sealed and parses it as JSON. -EBADMSG: it does not open, or is not JSON. */
static int open_json(const struct call *call, const char *sealed, size_t max, json_t **ret)
{
	struct tfs_buf plain = TFS_BUF_INIT(max);
	int r = tfs_open(call->box->dir->peer, sealed, strlen(sealed), &plain, NULL);

	if (r == 0)
		r = tfs_json_parse(plain.data ? plain.data : "", plain.len, ret, NULL);
	tfs_buf_wipe(&plain);
	return r == -ENOMEM ? r : r < 0 ? -EBADMSG : 0;
}

static const struct tfs_field *find_header_param(const struct tfs_endpoint *endpoint, const char *name)
{
	return tfs_field_find(endpoint->header_params, endpoint->n_header_params, name);
}

static int read_header_param(struct call *call, const struct tfs_field *field)
{
	const char *text = call->in->header(call->in->connection, field->name);
	json_t *value = NULL;
	int r;

	if (!text)
		return 0;
	if (field->type != TFS_TYPE_OBJECT)
		return json_object_set_new(call->headers, field->name, json_string(text)) < 0 ? -ENOMEM : 0;
	r = open_json(call, text, HEADER_PLAIN_MAX, &value);
	if (r == -EBADMSG)
		return call_refuse(call, 400, field->name, "%s cannot be decrypted", field->name);
	return r < 0 || json_object_set_new(call->headers, field->name, value) == 0 ? r : -ENOMEM;
}

static int check_header_params(struct call *call)
{
	const struct tfs_endpoint *endpoint = call->endpoint;
	int r = 0;

	if (endpoint->n_header_params == 0)
		return 0;
	call->headers = json_object();
	if (!call->headers)
		return -ENOMEM;
	for (size_t i = 0; i < endpoint->n_header_params && r == 0; i++)
		r = read_header_param(call, &endpoint->header_params[i]);
	return r < 0 ? r
		     : sandbox_check_object(endpoint->header_params, endpoint->n_header_params, false, call->headers,
					    &call->refusal);
}

static int check_public_key(struct call *call)
{
	if (call->endpoint->public_key == TFS_NEED_NONE && !call->in->public_key)
		return 0;
	if (!call->in->public_key)
		return call->endpoint->public_key == TFS_NEED_REQUIRED
			       ? call_refuse(call, 401, "publickey", "publickey is required")
			       : 0;
	if (strcmp(call->in->public_key, tfs_key_public(call->box->dir->client)))
		return call_refuse(call, 401, "publickey", "publickey is not registered");
	return 0;
}

static int check_request_time(struct call *call, time_t now)
{
	const json_t *ts = json_object_get(call->request_id, "ts");

	if (!json_is_number(ts))
		return call_refuse(call, 401, "requestid", "requestid: \"ts\" must be a number");
	double away = json_number_value(ts) - (double)now;
	if (!(away >= -BOX_TIME_SPAN && away <= BOX_TIME_SPAN))
		return call_refuse(call, 401, "requestid", "requestid: \"ts\" is outside of the allowed time span");
	return 0;
}

static int check_request_uuid(struct call *call, time_t now)
{
	const char *uuid = tfs_json_text(call->request_id, "uuid");

	switch (uuid ? sandbox_replay_take(call->box->replay, uuid, now) : -EINVAL) {
	case 0:
		return 0;
	case -EEXIST:
		return call_refuse(call, 401, "requestid", "requestid was used before");
	case -EAGAIN:
		return call_refuse(call, 429, "requestid", "too many requests");
	case -EINVAL:
		return call_refuse(call, 401, "requestid", "requestid: \"uuid\" must be a UUID of version 4");
	default:
		return -ENOMEM;
	}
}

static int check_request_id(struct call *call)
{
	time_t now = time(NULL);

	if (call->endpoint->request_id == TFS_NEED_NONE)
		return 0;
	if (!call->in->request_id)
		return call->endpoint->request_id == TFS_NEED_REQUIRED
			       ? call_refuse(call, 401, "requestid", "requestid is required")
			       : 0;
	int r = open_json(call, call->in->request_id, HEADER_PLAIN_MAX, &call->request_id);
	if (r == -EBADMSG || (r == 0 && !json_is_object(call->request_id)))
		return call_refuse(call, 401, "requestid", "requestid cannot be decrypted");
	if (r == 0 && !tfs_json_text(call->request_id, "appid"))
		return call_refuse(call, 401, "requestid", "requestid: \"appid\" must be a string");
	if (r == 0)
		r = check_request_time(call, now);
	return r < 0 ? r : check_request_uuid(call, now);
}

static int check_license(struct call *call)
{
	struct tfs_buf plain = TFS_BUF_INIT(HEADER_PLAIN_MAX);

	if (call->endpoint->license != TFS_NEED_REQUIRED && !call->in->license)
		return 0;
	if (!call->in->license)
		return call_refuse(call, 401, "licensekey", "licensekey is required");
	int r = tfs_open(call->box->dir->peer, call->in->license, strlen(call->in->license), &plain, NULL);
	if (r < 0)
		r = call_refuse(call, 401, "licensekey", "licensekey cannot be decrypted");
	else if (!plain.data || strcmp(plain.data, call->box->dir->license))
		r = call_refuse(call, 401, "licensekey", "licensekey is not valid");
	tfs_buf_wipe(&plain);
	return r;
}

static int check_revoked(struct call *call)
{
	const char *jti = tfs_json_text(call->claims, "jti");
	int r = sandbox_store_begin(call->box->store);

	if (r < 0)
		return r;
	r = jti ? sandbox_store_revoked(call->box->store, jti) : 1;
	sandbox_store_end(call->box->store, false);
	return r > 0 ? call_refuse(call, 401, "authorization", "the session is over") : r;
}

static bool is_admin(const char *role)
{
	return role &&
	       (!strcmp(role, "super_admin") || !strcmp(role, "tenant_admin") || !strcmp(role, "community_admin"));
}

static int check_access(struct call *call)
{
	const char *access = call->endpoint->access;
	const char *role = tfs_json_text(call->claims, "role");
	bool ok = true;

	if (call->endpoint->token != TFS_NEED_REQUIRED || !access)
		return 0;
	if (!strcmp(access, "super-admin"))
		ok = role && !strcmp(role, "super_admin");
	else if (!strcmp(access, "administrator") || !strcmp(access, "community-administrator"))
		ok = is_admin(role);
	return ok ? 0 : call_refuse(call, 403, "authorization", "this requires the role %s", access);
}

/*
 * A token of a sign-on in progress is not a session. Where a session is optional, the handler may still want
 * it.
 */
static int check_session(struct call *call)
{
	if (!json_object_get(call->claims, "typ"))
		return check_revoked(call);
	json_decref(call->claims);
	call->claims = NULL;
	return call->endpoint->token == TFS_NEED_REQUIRED
		       ? call_refuse(call, 401, "authorization", "the token is not a session token")
		       : 0;
}

/* A token is taken sealed like any header, or clear. */
static int read_token(struct call *call)
{
	enum login_token form = call->box->login.form;
	const char *header = call->in->authorization;

	if (!header || strncasecmp(header, "Bearer ", 7))
		return 0;
	call->token_sealed = tfs_open(call->box->dir->peer, header + 7, strlen(header + 7), &call->token, NULL) == 0;
	if (!call->token_sealed) {
		tfs_buf_reset(&call->token);
		if (tfs_buf_puts(&call->token, header + 7) < 0)
			return call_refuse(call, 401, "authorization", "the token is not valid");
	}
	if (form != TOKEN_ANY && (form == TOKEN_SEALED) != call->token_sealed)
		return call_refuse(call, 401, "authorization", "the token is not valid");
	return 0;
}

static int check_token(struct call *call)
{
	const char *token = sandbox_call_bearer(call);

	if (call->endpoint->token == TFS_NEED_NONE || find_header_param(call->endpoint, "authorization"))
		return 0;
	if (!call->in->authorization)
		return call->endpoint->token == TFS_NEED_REQUIRED
			       ? call_refuse(call, 401, "authorization", "authorization is required")
			       : 0;
	if (!token)
		return call_refuse(call, 401, "authorization", "authorization must be a bearer token");
	int r = sandbox_token_check(call->box->dir->token_secret, token, time(NULL), &call->claims);
	if (r == -ETIMEDOUT)
		return call_refuse(call, 401, "authorization", "the session has expired");
	if (r == -EINVAL || r == -EBADMSG)
		return call_refuse(call, 401, "authorization", "the token is not valid");
	if (r == 0)
		r = check_session(call);
	return r < 0 || !call->claims ? r : check_access(call);
}

/* True for {"data": …, "publicKey": …} and nothing else: the frame of a sealed body. */
static bool is_frame(const json_t *body)
{
	return json_is_string(json_object_get(body, "data")) && json_is_string(json_object_get(body, "publicKey")) &&
	       json_object_size(body) == 2;
}

static int open_frame(struct call *call, const json_t *frame)
{
	if (!json_is_object(frame))
		return call_refuse(call, 400, "data", "\"data\" is required");
	if (!json_is_string(json_object_get(frame, "data")))
		return call_refuse(call, 400, "data", "\"data\" is required");
	if (!json_is_string(json_object_get(frame, "publicKey")))
		return call_refuse(call, 400, "publicKey", "\"publicKey\" is required");
	if (!is_frame(frame))
		return call_refuse(call, 400, "data", "only \"data\" and \"publicKey\" are allowed");
	if (strcmp(tfs_json_text(frame, "publicKey"), tfs_key_public(call->box->dir->client)))
		return call_refuse(call, 401, "publicKey", "\"publicKey\" is not registered");
	int r = open_json(call, tfs_json_text(frame, "data"), PLAIN_MAX, &call->body);
	return r == -EBADMSG ? call_refuse(call, 400, "data", "\"data\" cannot be decrypted") : r;
}

static bool is_json(const struct call *call)
{
	const char *type = call->in->content_type;

	return !type || !strncasecmp(type, "application/json", 16);
}

static int read_body(struct call *call)
{
	const struct tfs_endpoint *endpoint = call->endpoint;
	cleanup_json json_t *outer = NULL;

	if (endpoint->upload)
		return sandbox_upload_read(call);
	if (!call->in->body_len)
		return 0;
	if (!is_json(call))
		return call_refuse(call, 400, NULL, "the content type must be application/json");
	if (tfs_json_parse(call->in->body, call->in->body_len, &outer, NULL) < 0)
		return call_refuse(call, 400, NULL, "the body is not JSON");
	if (endpoint->request_seal == TFS_SEAL_ALWAYS ||
	    (is_frame(outer) && !tfs_field_find(endpoint->body, endpoint->n_body, "data")))
		return open_frame(call, outer);
	call->body = steal_pointer(&outer);
	return 0;
}

/* True if "data" is the only field: a sealed body whose members the document does not list. */
static bool is_opaque(const struct tfs_endpoint *endpoint)
{
	return endpoint->request_seal == TFS_SEAL_ALWAYS && endpoint->n_body == 1 &&
	       !strcmp(endpoint->body[0].name, "data") && endpoint->body[0].type == TFS_TYPE_STRING;
}

static int check_body(struct call *call)
{
	const struct tfs_endpoint *endpoint = call->endpoint;
	bool required = false;

	for (size_t i = 0; i < endpoint->n_body; i++)
		required = required || endpoint->body[i].required;
	if (!call->body && required)
		return endpoint->request_seal == TFS_SEAL_ALWAYS
			       ? call_refuse(call, 400, "data", "\"data\" is required")
			       : call_refuse(call, 400, NULL, "a body is required");
	if (!call->body || is_opaque(endpoint))
		return 0;
	return sandbox_check_object(endpoint->body, endpoint->n_body, endpoint->open_body, call->body, &call->refusal);
}

static const struct community *named_community(const struct call *call, const char **ret_name)
{
	const char *id = sandbox_call_text(call, "communityId");
	const char *name = tfs_json_text(call->params, "communityName");

	if (!id)
		id = json_string_value(tfs_json_at(call->body, "/community/id"));
	if (!id)
		id = tfs_json_text(call->params, "communityId");
	*ret_name = id ? id : name;
	return id ? sandbox_box_community(call->box, id) : sandbox_box_community_named(call->box, name);
}

static int find_community(struct call *call)
{
	const char *tenant = sandbox_call_text(call, "tenantId");
	const char *named = NULL;

	if (!tenant)
		tenant = tfs_json_text(call->params, "tenantId");
	/* The ids in the document's examples are of no tenant here. */
	bool literal = call->box->mode == BOX_LITERAL;
	if (tenant && !literal && strcmp(tenant, call->box->tenant_id))
		return call_refuse(call, 400, "tenantId", "\"tenantId\" is not a tenant of this service");
	call->community = named_community(call, &named);
	if (!call->community && named && !literal)
		return call_refuse(call, 400, "communityId", "\"communityId\" is not a community of this tenant");
	if (!call->community)
		call->community = sandbox_box_community(call->box, tfs_json_text(call->claims, "communityId"));
	if (!call->community)
		call->community = &call->box->communities[0];
	return 0;
}

int sandbox_admission_check(struct call *call)
{
	const struct tfs_endpoint *endpoint = call->endpoint;
	static int (*const steps[])(struct call *) = { check_public_key, check_request_id, check_license,
						       read_token,       check_token,      check_header_params,
						       read_body,        check_body,       find_community };
	int r = 0;

	for (size_t i = 0; i < sizeof(steps) / sizeof(*steps) && r == 0; i++)
		r = steps[i](call);
	if (r == 0)
		r = sandbox_check_texts(endpoint->path_params, endpoint->n_path_params, false, call->params,
					&call->refusal);
	if (r == 0)
		r = sandbox_check_texts(endpoint->query, endpoint->n_query, endpoint->open_query, call->query,
					&call->refusal);
	return r;
}
