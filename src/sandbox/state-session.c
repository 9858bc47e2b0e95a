/* Signing on and off: password, one-time code, tokens. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "routes.h"
#include "session.h"
#include "tenantfs/digest.h"
#include "users.h"

enum { STEP_SECONDS = 300, SESSION_MINUTES = 60 };

char *sandbox_session_token(const struct box *box, const struct session_user *user, long long seconds)
{
	char jti[TFS_UUID_TEXT];
	long long now = (long long)time(NULL);

	if (tfs_uuid(jti) < 0)
		return NULL;
	cleanup_json json_t *claims =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "iss", "tenantfs-sandbox", "sub", user->uid,
			  "username", user->name, "tenantId", box->tenant_id, "communityId", user->community, "role",
			  user->role, "jti", jti, "iat", (json_int_t)now, "exp", (json_int_t)(now + seconds));
	return claims ? sandbox_token_sign(box->dir->token_secret, claims) : NULL;
}

/* Only the login of DIR/credentials has a password. */
static bool is_login(const struct call *call, const json_t *name, const char *password)
{
	const char *text = json_string_value(name);

	return text && password && !strcmp(text, SESSION_LOGIN) && !strcmp(password, call->box->dir->password);
}

static bool is_otp(const struct call *call, const char *otp)
{
	return otp && !strcmp(otp, call->box->dir->otp);
}

static long long session_seconds(const struct call *call)
{
	cleanup_json json_t *environment = NULL;
	json_int_t minutes = 0;

	if (sandbox_store_get(call->box->store, "", "environment", "", &environment) == 0)
		minutes = json_integer_value(json_object_get(environment, "sessionMaxAgeMinute"));
	return (minutes > 0 ? minutes : SESSION_MINUTES) * 60;
}

static json_t *new_token(const struct call *call, const json_t *user)
{
	const struct session_user who = { .uid = tfs_json_text(user, "uid"),
					  .name = tfs_json_text(user, "username"),
					  .role = tfs_json_text(user, "roleValue"),
					  .community = call->community->id };
	cleanup_free char *token = sandbox_session_token(call->box, &who, session_seconds(call));

	return token ? json_string(token) : NULL;
}

/* A short-lived proof that the first factor was right; usable for the second step only. */
static json_t *step_token(const struct call *call, const json_t *name)
{
	cleanup_json json_t *claims = json_pack("{s:s, s:O, s:I}", "typ", "step", "username", name, "exp",
						(json_int_t)time(NULL) + STEP_SECONDS);
	cleanup_free char *token = claims ? sandbox_token_sign(call->box->dir->token_secret, claims) : NULL;

	return token ? json_string(token) : NULL;
}

/* The user name in a token of that type; a new reference, NULL when the token is invalid. */
static json_t *token_name(const struct call *call, const char *token, const char *type)
{
	cleanup_json json_t *claims = NULL;

	if (!token || sandbox_token_check(call->box->dir->token_secret, token, time(NULL), &claims) < 0)
		return NULL;
	const char *typ = tfs_json_text(claims, "typ");
	return typ && !strcmp(typ, type) ? json_incref(json_object_get(claims, "username")) : NULL;
}

/* Loads the user who has signed on, and reports that. The caller owns `*ret_user`. */
static int sign_on(struct call *call, const json_t *name, json_t **ret_user)
{
	struct user_place place = { 0 };
	int r = sandbox_user_load_named(call, name, &place);

	if (r < 0)
		return r;
	call->event = "E_LOGIN_SUCCEEDED";
	call->event_user = json_incref(json_object_get(place.user, "username"));
	*ret_user = place.user;
	return 0;
}

static int answer_signed_on(struct call *call, const json_t *name)
{
	cleanup_json json_t *user = NULL;
	int r = sign_on(call, name, &user);

	if (r < 0)
		return r;
	return sandbox_call_answer(call,
				   json_pack("{s:O, s:{s:O}, s:o}", "user", user, "pon_data", "username",
					     json_object_get(user, "username"), "jwt_token", new_token(call, user)));
}

int sandbox_serve_authenticate(struct call *call)
{
	cleanup_json json_t *name = token_name(call, sandbox_call_text(call, "user_token"), "user");

	if (!name)
		return call_refuse(call, 401, "user_token", "\"user_token\" is not valid");
	if (!is_login(call, name, sandbox_call_text(call, "passcode")) &&
	    !is_otp(call, sandbox_call_text(call, "passcode")))
		return call_refuse(call, 401, "passcode", "the passcode is wrong");
	return answer_signed_on(call, name);
}

int sandbox_serve_verify_user(struct call *call)
{
	const json_t *name = sandbox_call_member(call, "username");
	const char *password = sandbox_call_text(call, "password");
	const char *otp = sandbox_call_text(call, "otp");

	if (!password && !otp)
		return call_refuse(call, 400, "password", "\"password\" or \"otp\" is required");
	if (password && !is_login(call, name, password))
		return call_refuse(call, 401, "password", "user name or password is wrong");
	if (otp && (strcmp(json_string_value(name), SESSION_LOGIN) || !is_otp(call, otp)))
		return call_refuse(call, 401, "otp", "the one-time code is wrong");
	if (otp)
		return answer_signed_on(call, name);
	return sandbox_call_answer(call, json_pack("{s:{s:O}, s:o, s:s}", "user", "username", name, "user_token",
						   step_token(call, name), "next", "otp"));
}

/* The one-time code, under any of its names. */
static const char *given_otp(const struct call *call)
{
	static const char *const names[] = { "any_otp", "web_otp", "profile_otp", "mobile_totp", "hw_otp" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (sandbox_call_text(call, names[i]))
			return sandbox_call_text(call, names[i]);
	return NULL;
}

/* {"jwt": TOKEN}, or as the option says. Takes over `token`. */
static int answer_token(struct call *call, json_t *token)
{
	const char *named = call->box->login.named;

	call->signs_on = true;
	if (!strcmp(named, "data.jwt"))
		return sandbox_call_answer(call, json_pack("{s:{s:o}}", "data", "jwt", token));
	return sandbox_call_answer(call, json_pack("{s:o}", named, token));
}

static int ask_second_factor(struct call *call, const json_t *name)
{
	const struct login_way *way = &call->box->login;

	call->signs_on = true;
	if (way->unmarked)
		return answer_token(call, step_token(call, name));
	return sandbox_call_answer(call, json_pack("{s:{s:s, s:[s], s:o}}", "next", "step", "need_mfa",
						   "allowed_factors", way->second == LOGIN_PUSH ? "push" : "any_otp",
						   "step_token", step_token(call, name)));
}

static int answer_final(struct call *call, const json_t *name)
{
	cleanup_json json_t *user = NULL;
	int r = sign_on(call, name, &user);

	return r < 0 ? r : answer_token(call, new_token(call, user));
}

/* The second factor of a user whose password was right. */
static int take_second_factor(struct call *call, const json_t *name)
{
	const char *otp = given_otp(call);
	bool approved = true;

	if (sandbox_call_text(call, "uwlSessionId")) {
		int r = sandbox_push_poll(call, name, &approved);
		return r < 0 || !approved ? r : answer_final(call, name);
	}
	if (!otp)
		return ask_second_factor(call, name);
	return is_otp(call, otp) ? answer_final(call, name)
				 : call_refuse(call, 401, "any_otp", "the one-time code is wrong");
}

/*
 * First the password; then the second factor, with the password again or with the token of the first step as
 * authorization or as `challengeHash`.
 */
int sandbox_serve_request_access(struct call *call)
{
	const json_t *name = sandbox_call_member(call, "username");
	cleanup_json json_t *stepped = token_name(call, sandbox_call_bearer(call), "step");

	if (!stepped)
		stepped = token_name(call, sandbox_call_text(call, "challengeHash"), "step");
	if (stepped)
		return take_second_factor(call, stepped);
	if (!name || !sandbox_call_text(call, "password"))
		return call_refuse(call, 400, "username", "\"username\" and \"password\" are required");
	if (!is_login(call, name, sandbox_call_text(call, "password")))
		return call_refuse(call, 401, "password", "user name or password is wrong");
	return call->box->login.second == LOGIN_NOTHING ? answer_final(call, name) : take_second_factor(call, name);
}

/* Starts a push for a login in progress; otherwise the session of another application, which nobody approves. */
int sandbox_serve_session_new(struct call *call)
{
	cleanup_json json_t *name = token_name(call, sandbox_call_bearer(call), "step");

	return sandbox_push_start(call, name ? name : json_null());
}

int sandbox_serve_logout(struct call *call)
{
	const char *jti = tfs_json_text(call->claims, "jti");
	int r = sandbox_store_revoke(call->box->store, jti, json_integer_value(json_object_get(call->claims, "exp")));

	return r < 0 ? r : sandbox_call_done(call);
}

int sandbox_serve_token_check(struct call *call)
{
	json_t *claims = NULL;

	if (sandbox_token_check(call->box->dir->token_secret, sandbox_call_text(call, "token"), time(NULL), &claims) <
	    0)
		return call_refuse(call, 401, "token", "the token is not valid");
	return sandbox_call_answer(call, claims);
}
