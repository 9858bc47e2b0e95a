/* Login by factors and by the older endpoints; logout. */
#include "service.c"

#define COMMUNITY                                                                               \
	{                                                                                       \
		SEALED, 200, "{\"community\":{\"id\":\"c1\"},\"tenant\":{\"id\":\"t1\"}}", NULL \
	}

static int answer(struct service *s, struct tfs_login *login, const char *factor, const char *value, const char **next)
{
	service_op(s, 10000);
	return tfs_login_answer(login, s->op, factor, value, next);
}

static void test_login_with_two_factors_stores_the_token(void **state)
{
	static const struct step script[] = {
		COMMUNITY,
		{ SEALED, 200,
		  "{\"next\":{\"step\":\"need_mfa\",\"allowed_factors\":[\"behavior_auth\",\"mobile_totp\"],"
		  "\"step_token\":\"step-1\"}}",
		  NULL },
		{ SEALED, 200, "{\"jwt\":\"jwt-1\",\"user\":{}}", NULL },
		{ 0 },
	};
	struct tfs_login *login = NULL;
	struct tfs_endpoint endpoint = create_endpoint;
	const char *next = NULL;
	struct service s;
	struct stat st;
	char text[256];

	(void)state;
	service_start(&s, script, "");
	assert_int_equal(tfs_login_new(s.api, "default", "alice", &login, NULL), 0);
	assert_int_equal(answer(&s, login, "password", "geheim\xc3\xbc", &next), 0);
	assert_string_equal(next, "mobile_totp");
	assert_string_equal(s.seen[1].path, "/adminapi/v2/request_access");
	assert_string_equal(s.seen[1].body, "{\"tenantId\":\"t1\",\"communityId\":\"c1\",\"username\":\"alice\","
					    "\"password\":\"geheim\xc3\xbc\"}");
	assert_true(s.seen[1].body_sealed);
	assert_string_equal(s.seen[1].authorization, "");
	assert_int_equal(answer(&s, login, next, "123456", &next), 0);
	assert_string_equal(next, "");
	assert_string_equal(s.seen[2].authorization, "Bearer step-1");
	assert_string_equal(s.seen[2].body, "{\"tenantId\":\"t1\",\"communityId\":\"c1\",\"username\":\"alice\","
					    "\"mobile_totp\":\"123456\"}");
	read_file(&s, "state/token", text, sizeof(text));
	assert_string_equal(text, "jwt-1");
	assert_int_equal(stat(path_in(&s, "state/token"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	tfs_login_free(login);
	endpoint.token = TFS_NEED_REQUIRED;
	assert_int_equal(service_call(&s, &endpoint, "{}"), 0);
	assert_string_equal(s.seen[3].authorization, "Bearer jwt-1");
	service_stop(&s);
}

/* Answers the password, then the code, to which the service answers 401 with this body; the calls with the code. */
static unsigned calls_with_code(const char *refusal, const char *settings, struct tfs_error *ret_error)
{
	const struct step script[] = {
		COMMUNITY,
		{ SEALED, 200, "{\"next\":{\"allowed_factors\":[\"web_otp\"],\"step_token\":\"step-1\"}}", NULL },
		{ SEALED, 401, refusal, NULL },
		{ SEALED, 200, "{\"jwt\":\"jwt-1\"}", NULL },
		{ 0 },
	};
	struct tfs_login *login = NULL;
	const char *next = NULL;
	struct service s;

	service_start(&s, script, settings);
	assert_int_equal(tfs_login_new(s.api, "default", "alice", &login, NULL), 0);
	assert_int_equal(answer(&s, login, "password", "geheim", &next), 0);
	int r = answer(&s, login, next, "123456", &next);
	*ret_error = *tfs_op_error(s.op);
	unsigned calls = seen_count(&s) - 2;
	assert_int_equal(r, calls == 2 ? 0 : -EACCES);
	tfs_login_free(login);
	service_stop(&s);
	return calls;
}

/* It would be used up, or counted as wrong twice. */
static void test_code_is_not_sent_in_both_forms_without_need(void **state)
{
	struct tfs_error error;

	(void)state;
	assert_int_equal(calls_with_code("{\"message\":\"Unauthorized\"}", "", &error), 1);
	assert_non_null(strstr(error.message, "set token-form = clear"));
	assert_int_equal(calls_with_code("{}", "", &error), 1);
	assert_int_equal(calls_with_code("{\"message\":\"Unauthorized\"}", "\ttoken-form = sealed\n", &error), 1);
	assert_null(strstr(error.message, "token-form"));
	assert_int_equal(calls_with_code("{\"message\":\"web_otp is wrong, token\"}", "", &error), 1);
	assert_int_equal(calls_with_code("{\"message\":\"wrong hardware token\"}", "", &error), 1);
	assert_int_equal(calls_with_code("{\"message\":\"invalid token\"}", "", &error), 2);
	assert_int_equal(calls_with_code("{\"message\":\"Unauthorized\",\"param\":\"authorization\"}", "", &error), 2);
}

/* "otp" names whichever code the service asks for. */
static void test_otp_is_sent_as_the_requested_factor(void **state)
{
	static const struct step script[] = {
		COMMUNITY,
		{ SEALED, 200, "{\"next\":{\"allowed_factors\":[\"hw_otp\"],\"step_token\":\"s\"}}", NULL },
		{ SEALED, 200, "{\"jwt\":\"j\"}", NULL },
		{ 0 },
	};
	struct tfs_login *login = NULL;
	const char *next = NULL;
	struct service s;

	(void)state;
	service_start(&s, script, "");
	assert_int_equal(tfs_login_new(s.api, NULL, "alice", &login, NULL), 0);
	assert_int_equal(answer(&s, login, "password", "p", &next), 0);
	assert_int_equal(answer(&s, login, "otp", "99", &next), 0);
	assert_string_equal(s.seen[2].body, "{\"tenantId\":\"t1\",\"communityId\":\"c1\",\"username\":\"alice\","
					    "\"hw_otp\":\"99\"}");
	tfs_login_free(login);
	service_stop(&s);
}

static void test_wrong_password_can_be_corrected(void **state)
{
	static const struct step script[] = { COMMUNITY,
					      { SEALED, 401, "{\"message\":\"wrong\"}", NULL },
					      { SEALED, 200, "{\"jwt\":\"j\"}", NULL },
					      { 0 } };
	struct tfs_login *login = NULL;
	const char *next = NULL;
	struct service s;
	struct tfs_api_stats stats;

	(void)state;
	service_start(&s, script, "");
	assert_int_equal(tfs_login_new(s.api, NULL, "alice", &login, NULL), 0);
	assert_int_equal(answer(&s, login, "password", "p", &next), -EACCES);
	assert_failure(&s, -EACCES, "wrong");
	assert_int_equal(seen_count(&s), 2);
	assert_int_equal(access(path_in(&s, "state/token"), F_OK), -1);
	tfs_api_get_stats(s.api, &stats);
	assert_false(stats.session_over);
	assert_int_equal(answer(&s, login, "password", "q", &next), 0);
	assert_string_equal(next, "");
	tfs_login_free(login);
	service_stop(&s);
}

static void test_login_falls_back_to_the_older_endpoints(void **state)
{
	static const struct step by_404[] = {
		COMMUNITY,
		{ CLEAR, 404, "{\"message\":\"Not Found\"}", NULL },
		{ SEALED, 200, "{\"users\":[{\"username\":\"alice\",\"user_token\":\"ut\"}]}", NULL },
		{ SEALED, 200, "{\"user\":{},\"jwt_token\":\"jwt-2\"}", NULL },
		{ 0 },
	};
	static const struct step unknown_user[] = {
		{ SEALED, 400, "{\"message\":\"request access is not enabled\"}", NULL },
		{ SEALED, 200, "{\"users\":[]}", NULL },
		{ 0 },
	};
	struct tfs_login *login = NULL;
	const char *next = NULL;
	struct service s;
	char text[256];

	(void)state;
	service_start(&s, by_404, "");
	assert_int_equal(tfs_login_new(s.api, NULL, "alice", &login, NULL), 0);
	assert_int_equal(answer(&s, login, "password", "p", &next), 0);
	assert_string_equal(next, "");
	assert_int_equal(tfs_op_error(s.op)->code, 0);
	assert_string_equal(s.seen[2].path, "/adminapi/users/find");
	assert_string_equal(s.seen[2].body, "{\"tenantId\":\"t1\",\"communityId\":\"c1\",\"username\":\"alice\"}");
	assert_string_equal(s.seen[3].path, "/adminapi/authenticate");
	assert_string_equal(s.seen[3].body,
			    "{\"tenantId\":\"t1\",\"communityId\":\"c1\",\"user_token\":\"ut\",\"passcode\":\"p\"}");
	read_file(&s, "state/token", text, sizeof(text));
	assert_string_equal(text, "jwt-2");
	service_play(&s, unknown_user);
	assert_int_equal(answer(&s, login, "password", "p", &next), -EACCES);
	assert_failure(&s, -EACCES, "the service knows no user \"alice\"");
	tfs_login_free(login);
	service_stop(&s);
}

static void test_factors_that_cannot_be_typed_are_refused(void **state)
{
	static const struct step script[] = {
		COMMUNITY,
		{ SEALED, 200, "{\"next\":{\"allowed_factors\":[\"behavior_auth\",\"qr\"],\"step_token\":\"s\"}}",
		  NULL },
		{ SEALED, 200, "{\"user\":{}}", NULL },
		{ 0 },
	};
	struct tfs_login *login = NULL;
	struct tfs_error error = { 0 };
	const char *next = NULL;
	struct service s;

	(void)state;
	service_start(&s, script, "");
	assert_int_equal(tfs_login_new(s.api, NULL, "", &login, &error), -EINVAL);
	assert_string_equal(error.message, "a login name is needed");
	assert_int_equal(tfs_login_new(s.api, NULL, "alice", &login, NULL), 0);
	assert_int_equal(answer(&s, login, "fingerprint", "x", &next), -EINVAL);
	assert_failure(&s, -EINVAL, "\"fingerprint\" is not a factor that can be entered here");
	assert_int_equal(answer(&s, login, "password", "p", &next), -EACCES);
	assert_failure(&s, -EACCES,
		       "the service asks for what cannot be typed (behavior_auth, qr): "
		       "get a token elsewhere, set token-file");
	assert_int_equal(answer(&s, login, "user_pin", "1", &next), -EBADMSG);
	assert_failure(&s, -EBADMSG, "the service answered the login with neither a token nor a next step");
	assert_null(next);
	tfs_login_free(login);
	service_stop(&s);
}

static void assert_stored(struct service *s, const char *token)
{
	char text[256];

	read_file(s, "state/token", text, sizeof(text));
	assert_string_equal(text, token);
}

/* A token without "next" is tried: a 401 in both forms means that a second factor is missing. */
static void test_token_that_opens_no_session_is_not_final(void **state)
{
	static const struct step script[] = {
		COMMUNITY,
		{ KEYLESS, 200, "{\"jwt\":\"a.b.first\",\"refreshToken\":\"r\"}", NULL },
		{ CLEAR, 401, "{\"message\":\"Unauthorized\"}", NULL },
		{ CLEAR, 401, "{\"message\":\"Unauthorized\"}", NULL },
		{ KEYLESS, 200, "{\"access_token\":\"a.b.final\"}", NULL },
		{ 0 },
	};
	struct tfs_login *login = NULL;
	const char *next = NULL;
	struct service s;

	(void)state;
	service_start(&s, script, "");
	assert_int_equal(tfs_login_new(s.api, NULL, "alice", &login, NULL), 0);
	assert_int_equal(answer(&s, login, "password", "p", &next), 0);
	assert_string_equal(next, "web_otp");
	assert_string_equal(s.seen[2].path, "/adminapi/v2/authz/roles/fetch");
	assert_true(s.seen[2].token_sealed);
	assert_false(s.seen[3].token_sealed);
	assert_int_equal(access(path_in(&s, "state/token"), F_OK), -1);
	assert_int_equal(answer(&s, login, next, "123456", &next), 0);
	assert_string_equal(next, "");
	assert_string_equal(s.seen[4].authorization, "Bearer a.b.first");
	assert_true(s.seen[4].token_sealed);
	assert_stored(&s, "a.b.final");
	tfs_login_free(login);
	service_stop(&s);
}

/* The login finds out the form, so that the mount need not. */
static void test_login_finds_out_the_form_of_the_token(void **state)
{
	static const struct step script[] = {
		COMMUNITY,
		{ SEALED, 200, "{\"data\":{\"jwt\":\"a.b.c\"}}", NULL },
		{ CLEAR, 401, "{\"message\":\"Unauthorized\"}", NULL },
		{ SEALED, 200, "[]", NULL },
		{ 0 },
	};
	struct tfs_login *login = NULL;
	const char *next = NULL;
	struct service s;
	char text[256];

	(void)state;
	service_start(&s, script, "");
	assert_int_equal(tfs_login_new(s.api, NULL, "alice", &login, NULL), 0);
	assert_int_equal(answer(&s, login, "password", "p", &next), 0);
	assert_string_equal(next, "");
	assert_stored(&s, "a.b.c");
	read_file(&s, "state/token-form", text, sizeof(text));
	assert_memory_equal(text, "clear ", 6);
	tfs_login_free(login);
	service_stop(&s);
}

/* A wrong code is not sent a second time in the other form: it may count as two. */
static void test_wrong_code_is_sent_once(void **state)
{
	static const struct step script[] = {
		COMMUNITY,
		{ SEALED, 200, "{\"jwt\":\"a.b.c\"}", NULL },
		{ SEALED, 401, "{\"message\":\"Invalid OTP\"}", NULL },
		{ 0 },
	};
	struct tfs_login *login = NULL;
	struct tfs_error error = { 0 };
	const char *next = NULL;
	struct service s;

	(void)state;
	service_start(&s, script, "");
	assert_int_equal(tfs_login_new(s.api, NULL, "alice", &login, NULL), 0);
	assert_int_equal(tfs_login_want(login, "password", &error), -EINVAL);
	assert_int_equal(tfs_login_want(login, "hw_otp", NULL), 0);
	assert_int_equal(answer(&s, login, "password", "p", &next), 0);
	assert_string_equal(next, "hw_otp");
	assert_int_equal(seen_count(&s), 2);
	assert_int_equal(answer(&s, login, next, "1", &next), -EACCES);
	assert_int_equal(seen_count(&s), 3);
	tfs_login_free(login);
	service_stop(&s);
}

static void start_push(struct service *s, const struct step *script, struct tfs_login **ret)
{
	const char *next = NULL;

	service_start(s, script, "\ttenant-tag = acme");
	assert_int_equal(tfs_login_new(s->api, NULL, "alice", ret, NULL), 0);
	assert_int_equal(tfs_login_want(*ret, "push", NULL), 0);
	assert_int_equal(answer(s, *ret, "password", "p", &next), 0);
	assert_string_equal(next, "push");
	service_op(s, 20000);
}

#define PUSH_STARTED                                                 \
	COMMUNITY, { SEALED, 200, "{\"jwt\":\"a.b.first\"}", NULL }, \
	{                                                            \
		CLEAR, 200, "{\"sessionId\":\"s/1\"}", NULL          \
	}

static void test_push_is_polled_until_it_is_approved(void **state)
{
	static const struct step script[] = {
		PUSH_STARTED,
		{ CLEAR, 500, "{\"message\":\"not authenticated\"}", NULL },
		{ CLEAR, 200, "{\"recommendation\":\"continue polling\"}", NULL },
		{ KEYLESS, 200, "{\"jwt\":\"a.b.final\"}", NULL },
		{ 0 },
	};
	struct tfs_login *login = NULL;
	const char *next = NULL;
	struct service s;

	(void)state;
	start_push(&s, script, &login);
	assert_int_equal(tfs_login_push(login, s.op, &next), 0);
	assert_string_equal(next, "");
	assert_int_equal(seen_count(&s), 6);
	assert_string_equal(s.seen[2].method, "PUT");
	assert_string_equal(s.seen[2].path, "/adminapi/session/new");
	assert_string_equal(s.seen[2].authorization, "Bearer a.b.first");
	assert_string_equal(
		s.seen[2].body,
		"{\"tenantId\":\"t1\",\"communityId\":\"c1\",\"tag\":\"acme\",\"url\":\"https://t.example\","
		"\"communityName\":\"default\",\"authPage\":\"blockid://authenticate\","
		"\"scopes\":\"firstname,lastname,device_info,location\","
		"\"authtype\":\"Fingerprint/Face\",\"metadata\":{\"authVia\":\"push\","
		"\"purpose\":\"authentication\",\"username\":\"alice\"}}");
	for (unsigned i = 3; i < 6; i++) {
		assert_string_equal(s.seen[i].body,
				    "{\"tenantId\":\"t1\",\"communityId\":\"c1\",\"uwlSessionId\":\"s/1\"}");
		assert_string_equal(s.seen[i].authorization, "Bearer a.b.first");
	}
	assert_stored(&s, "a.b.final");
	tfs_login_free(login);
	service_stop(&s);
}

static void test_push_ends_when_refused_or_late_or_cancelled(void **state)
{
	static const struct step late[] = { PUSH_STARTED, { CLEAR, 500, "{}", NULL }, { 0 } };
	static const struct step denied[] = { PUSH_STARTED, { CLEAR, 403, "{\"message\":\"denied\"}", NULL }, { 0 } };
	struct tfs_login *login = NULL;
	const char *next = NULL;
	struct service s;

	(void)state;
	start_push(&s, denied, &login);
	assert_int_equal(tfs_login_push(login, s.op, &next), -EPERM);
	assert_failure(&s, -EPERM, "denied");
	service_op(&s, 2500);
	service_play(&s, late + 2);
	assert_int_equal(tfs_login_push(login, s.op, &next), -EACCES);
	assert_failure(&s, -EACCES, "the login was not approved within the time allowed");
	service_op(&s, 20000);
	tfs_op_cancel(s.op);
	assert_int_equal(tfs_login_push(login, s.op, &next), -EINTR);
	assert_int_equal(access(path_in(&s, "state/token"), F_OK), -1);
	tfs_login_free(login);
	service_stop(&s);
}

static void store_token(struct service *s)
{
	tfs_file_make_private_dir(path_in(s, "state"), NULL);
	write_file(s, "state/token", "tok", 0600);
	service_op(s, 10000);
}

static void test_logout_forgets_the_token(void **state)
{
	static const struct step gone[] = { { CLEAR, 204, "", NULL }, { 0 } };
	static const struct step over[] = { { SEALED, 401, "{}", NULL }, { 0 } };
	static const struct step away[] = { { SEALED, 500, "{\"message\":\"away\"}", NULL }, { 0 } };
	struct service s;

	(void)state;
	service_start(&s, gone, "");
	store_token(&s);
	assert_int_equal(tfs_api_logout(s.api, s.op), 0);
	assert_string_equal(s.seen[0].path, "/adminapi/logout");
	assert_string_equal(s.seen[0].authorization, "Bearer tok");
	assert_int_equal(access(path_in(&s, "state/token"), F_OK), -1);
	/* Without a session no call is made. */
	assert_int_equal(tfs_api_logout(s.api, s.op), 0);
	assert_int_equal(seen_count(&s), 1);
	service_play(&s, over);
	store_token(&s);
	assert_int_equal(tfs_api_logout(s.api, s.op), 0);
	assert_int_equal(access(path_in(&s, "state/token"), F_OK), -1);
	service_play(&s, away);
	store_token(&s);
	assert_int_equal(tfs_api_logout(s.api, s.op), -EIO);
	assert_failure(&s, -EIO, "the token is forgotten here, but the service was not told: away");
	assert_int_equal(access(path_in(&s, "state/token"), F_OK), -1);
	service_stop(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_login_with_two_factors_stores_the_token),
		cmocka_unit_test(test_code_is_not_sent_in_both_forms_without_need),
		cmocka_unit_test(test_otp_is_sent_as_the_requested_factor),
		cmocka_unit_test(test_wrong_password_can_be_corrected),
		cmocka_unit_test(test_login_falls_back_to_the_older_endpoints),
		cmocka_unit_test(test_factors_that_cannot_be_typed_are_refused),
		cmocka_unit_test(test_token_that_opens_no_session_is_not_final),
		cmocka_unit_test(test_login_finds_out_the_form_of_the_token),
		cmocka_unit_test(test_wrong_code_is_sent_once),
		cmocka_unit_test(test_push_is_polled_until_it_is_approved),
		cmocka_unit_test(test_push_ends_when_refused_or_late_or_cancelled),
		cmocka_unit_test(test_logout_forgets_the_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
