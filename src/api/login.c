/*
 * Login, factor by factor: POST /v2/request_access, or POST /users/find and POST /authenticate with servers
 * that lack it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "login.h"

/* Factors that a person can type, and their member in the body, in order of preference. */
static const struct factor {
	const char *name, *member;
} factors[] = {
	{ "password", "password" },       { "mobile_totp", "mobile_totp" },
	{ "any_otp", "any_otp" },         { "otp", "any_otp" },
	{ "web_otp", "web_otp" },         { "hw_otp", "hw_otp" },
	{ "profile_otp", "profile_otp" }, { "user_pin", "user_pin" },
};

enum { N_FACTORS = sizeof(factors) / sizeof(factors[0]) };

int tfs_login_new(struct tfs_api *api, const char *community, const char *username, struct tfs_login **ret,
		  struct tfs_error *error)
{
	struct tfs_login *login;

	if (!username || username[0] == '\0')
		return tfs_error_set(error, -EINVAL, "api", "a login name is needed");
	login = calloc(1, sizeof(*login));
	if (login) {
		login->api = api;
		login->community = strdup(community ? community : api->config->communities[0]);
		login->username = strdup(username);
	}
	if (!login || !login->community || !login->username) {
		tfs_login_free(login);
		return tfs_error_set_memory(error);
	}
	*ret = login;
	return 0;
}

void tfs_login_free(struct tfs_login *login)
{
	if (!login)
		return;
	tfs_secret_free(login->step_token);
	free(login->community);
	free(login->username);
	free(login);
}

/* The body's member for a factor; "otp" means the requested code, whichever that is. */
static const char *member_for(const struct tfs_login *login, const char *factor)
{
	bool code_wanted = strstr(login->next, "otp");

	if (strcmp(factor, "otp") == 0 && code_wanted)
		factor = login->next;
	for (size_t i = 0; i < N_FACTORS; i++)
		if (strcmp(factors[i].name, factor) == 0)
			return factors[i].member;
	return NULL;
}

static int call_sealed(struct tfs_login *login, struct tfs_op *op, const char *path, json_t *body, const char *bearer,
		       struct tfs_api_answer *ret)
{
	/* A token of the previous step goes with a code. */
	struct tfs_api_call call = { .endpoint = tfs_endpoint_find("POST", path),
				     .body = body,
				     .once = bearer[0] != '\0' };

	if (!call.endpoint)
		return tfs_fail(op, -ENOSYS, "api", "the catalogue has no POST %s", path);
	return api_run_call(login->api, op, &call, bearer, false, ret);
}

json_t *api_login_body(struct tfs_login *login, struct tfs_op *op)
{
	const struct tfs_community *community;
	json_t *body;

	if (tfs_api_community(login->api, op, login->community, &community) < 0)
		return NULL;
	body = json_pack("{s:s, s:s}", "tenantId", community->tenant_id, "communityId", community->id);
	if (!body)
		tfs_fail_memory(op);
	return body;
}

/* jansson does not wipe its texts before freeing them. */
static void wipe_member(json_t *body, const char *member)
{
	const json_t *value = json_object_get(body, member);

	if (json_is_string(value))
		tfs_wipe((char *)json_string_value(value), json_string_length(value));
}

static bool can_give(const char *name)
{
	for (size_t i = 0; i < N_FACTORS; i++)
		if (strcmp(factors[i].name, name) == 0)
			return true;
	return false;
}

static int set_next(struct tfs_login *login, const char *factor)
{
	snprintf(login->next, sizeof(login->next), "%s", factor);
	return 0;
}

/* The name of a push differs between services. */
static bool is_push(const char *name)
{
	return strcasestr(name, "push");
}

/* Whether the user takes this factor of the list: the wanted one, or one that can be typed. */
static bool suits(const struct tfs_login *login, const char *name)
{
	if (login->wanted[0] == '\0')
		return can_give(name);
	return strcmp(name, login->wanted) == 0 || (is_push(name) && is_push(login->wanted));
}

/* Selects the wanted factor of the list, or the first that can be typed, or a push. */
static int choose_next(struct tfs_login *login, struct tfs_op *op, const json_t *allowed)
{
	struct tfs_buf names cleanup_buf = TFS_BUF_INIT(256);
	bool push = false;
	const json_t *name;
	size_t i;

	json_array_foreach (allowed, i, name) {
		const char *text = json_is_string(name) ? json_string_value(name) : "";

		if (suits(login, text) && strlen(text) < FACTOR_MAX)
			return set_next(login, is_push(text) ? "push" : text);
		push = push || is_push(text);
		if (text[0] != '\0')
			tfs_buf_printf(&names, "%s%s", names.len > 0 ? ", " : "", text);
	}
	if (login->wanted[0] != '\0')
		return tfs_fail(op, -EACCES, "api", "the service does not ask for %s, but for %s", login->wanted,
				names.len > 0 ? names.data : "nothing named");
	if (push)
		return set_next(login, "push");
	return tfs_fail(op, -EACCES, "api",
			"the service asks for what cannot be typed (%s): get a token elsewhere, set token-file",
			names.len > 0 ? names.data : "nothing named");
}

static int keep_token(struct tfs_login *login, struct tfs_op *op, const char *token)
{
	struct tfs_error error = { 0 };
	int r = api_session_store(login->api->session, token, &error);

	login->next[0] = '\0';
	if (r < 0)
		*tfs_op_error(op) = error;
	return r;
}

static const char *token_of(const json_t *body)
{
	static const char *const places[] = { "/jwt", "/jwt_token", "/access_token", "/data/jwt",
					      "/data/access_token" };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		const char *token = json_string_value(tfs_json_at(body, places[i]));

		if (token && token[0] != '\0')
			return token;
	}
	return NULL;
}

/* Keeps the token for the next step. */
static int keep_step(struct tfs_login *login, struct tfs_op *op, const char *token)
{
	struct tfs_secret *kept = tfs_secret_new(token, strlen(token));

	if (!kept)
		return tfs_fail_memory(op);
	tfs_secret_free(login->step_token);
	login->step_token = kept;
	return 0;
}

/* Whether a session's call is accepted with the token. Only a 401 says that it is not. */
static int try_token(struct tfs_login *login, struct tfs_op *op, const char *token, bool *ret_good)
{
	struct tfs_api_call call = { .endpoint = tfs_endpoint_find("GET", "/v2/authz/roles/fetch") };
	struct tfs_api_answer answer = { 0 };
	int r = api_run_call(login->api, op, &call, token, true, &answer);

	*ret_good = r < 0 || answer.status != 401;
	tfs_api_answer_finish(&answer);
	if (r != -EINTR)
		tfs_error_clear(tfs_op_error(op));
	return r == -EINTR ? r : 0;
}

/* An answer with a token and no next step. The decision 0038 says which token is the final one. */
static int take_token(struct tfs_login *login, struct tfs_op *op, const char *token)
{
	bool first = !login->step_token, final = !first || login->wanted[0] == '\0';
	int r = first && final ? try_token(login, op, token, &final) : 0;

	if (r < 0)
		return r;
	if (final)
		return keep_token(login, op, token);
	r = keep_step(login, op, token);
	return r < 0 ? r : set_next(login, login->wanted[0] != '\0' ? login->wanted : "web_otp");
}

int api_login_take_step(struct tfs_login *login, struct tfs_op *op, const json_t *answer)
{
	const json_t *next = json_object_get(answer, "next");
	const json_t *allowed = json_object_get(next, "allowed_factors");
	const char *step_token = tfs_json_text(next, "step_token");
	const char *token = token_of(answer);
	int r;

	if (json_array_size(allowed) == 0 && token)
		return take_token(login, op, token);
	if (!step_token || step_token[0] == '\0')
		step_token = token;
	if (!step_token)
		return tfs_fail(op, -EBADMSG, "api",
				"the service answered the login with neither a token nor a next step");
	r = keep_step(login, op, step_token);
	return r < 0 ? r : choose_next(login, op, allowed);
}

int tfs_login_want(struct tfs_login *login, const char *factor, struct tfs_error *error)
{
	if (strcmp(factor, "push") != 0 && (!can_give(factor) || strcmp(factor, "password") == 0))
		return tfs_error_set(error, -EINVAL, "api",
				     "\"%s\" is no second factor: web_otp, mobile_totp, hw_otp, any_otp, "
				     "profile_otp, user_pin or push",
				     factor);
	snprintf(login->wanted, sizeof(login->wanted), "%s", factor);
	return 0;
}

static int request_access(struct tfs_login *login, struct tfs_op *op, const char *member, const char *value)
{
	struct tfs_api_answer answer = { 0 };
	json_t *body cleanup_json = api_login_body(login, op);
	int r;

	if (!body)
		return tfs_op_error(op)->code;
	if (json_object_set_new(body, "username", json_string(login->username)) < 0 ||
	    json_object_set_new(body, member, json_string(value)) < 0)
		return tfs_fail(op, -EINVAL, "api", "the input is not UTF-8");
	r = call_sealed(login, op, "/v2/request_access", body,
			login->step_token ? tfs_secret_text(login->step_token) : "", &answer);
	wipe_member(body, member);
	if (r == 0)
		r = api_login_take_step(login, op, answer.body);
	tfs_api_answer_finish(&answer);
	return r;
}

/* Fetches the opaque user token that POST /authenticate needs. */
static int find_user(struct tfs_login *login, struct tfs_op *op, json_t **ret_token)
{
	struct tfs_api_answer answer = { 0 };
	json_t *body cleanup_json = api_login_body(login, op);
	json_t *token;
	int r;

	if (!body)
		return tfs_op_error(op)->code;
	if (json_object_set_new(body, "username", json_string(login->username)) < 0)
		return tfs_fail(op, -EINVAL, "api", "the login name is not UTF-8");
	r = call_sealed(login, op, "/users/find", body, "", &answer);
	if (r < 0)
		return r;
	token = tfs_json_at(answer.body, "/users/0/user_token");
	if (json_is_string(token))
		*ret_token = json_incref(token);
	else
		r = tfs_fail(op, -EACCES, "api", "the service knows no user \"%s\"", login->username);
	tfs_api_answer_finish(&answer);
	return r;
}

static int authenticate(struct tfs_login *login, struct tfs_op *op, const char *value)
{
	struct tfs_api_answer answer = { 0 };
	json_t *user_token cleanup_json = NULL;
	json_t *body cleanup_json = NULL;
	int r = find_user(login, op, &user_token);

	if (r == 0 && !(body = api_login_body(login, op)))
		r = tfs_op_error(op)->code;
	if (r < 0)
		return r;
	if (json_object_set(body, "user_token", user_token) < 0 ||
	    json_object_set_new(body, "passcode", json_string(value)) < 0)
		return tfs_fail(op, -EINVAL, "api", "the input is not UTF-8");
	r = call_sealed(login, op, "/authenticate", body, "", &answer);
	wipe_member(body, "passcode");
	if (r == 0)
		r = api_login_take_step(login, op, answer.body);
	tfs_api_answer_finish(&answer);
	return r;
}

/* True when the server lacks POST /v2/request_access, as opposed to a wrong factor. */
static bool is_missing_way(const struct tfs_error *error)
{
	return error->status == 404 || (error->status == 400 && strcasestr(error->message, "not enabled"));
}

int tfs_login_answer(struct tfs_login *login, struct tfs_op *op, const char *factor, const char *value,
		     const char **ret_next)
{
	const char *member = member_for(login, factor);
	bool first = !login->step_token;
	int r;

	if (!member)
		return tfs_fail(op, -EINVAL, "api", "\"%s\" is not a factor that can be entered here", factor);
	r = request_access(login, op, member, value);
	if (r < 0 && first && is_missing_way(tfs_op_error(op))) {
		tfs_error_clear(tfs_op_error(op));
		r = authenticate(login, op, value);
	}
	if (r == 0)
		*ret_next = login->next;
	return r;
}

int tfs_api_logout(struct tfs_api *api, struct tfs_op *op)
{
	struct tfs_api_call call = { .endpoint = tfs_endpoint_find("GET", "/logout") };
	struct tfs_api_answer answer = { 0 };
	struct tfs_error error = { 0 };
	int r = call.endpoint ? tfs_api_call(api, op, &call, &answer) : 0;
	bool gone = r == -EACCES; /* the session is over already */
	int forgot;

	tfs_api_answer_finish(&answer);
	/* Remove the stored token even if the server did not answer. */
	forgot = api_session_forget(api->session, &error);
	if (forgot < 0 && forgot != -ENOENT) {
		*tfs_op_error(op) = error;
		return forgot;
	}
	if (r < 0 && !gone) {
		tfs_error_prefix(tfs_op_error(op), "the token is forgotten here, but the service was not told: ");
		return r;
	}
	tfs_error_clear(tfs_op_error(op));
	return 0;
}
