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
		{ SEALED, 200, "{\"next\":{\"allowed_factors\":[\"behavior_auth\",\"push\"],\"step_token\":\"s\"}}",
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
		       "the service asks for what cannot be typed (behavior_auth, push): "
		       "get a token elsewhere, set token-file");
	assert_int_equal(answer(&s, login, "user_pin", "1", &next), -EBADMSG);
	assert_failure(&s, -EBADMSG, "the service answered the login with neither a token nor a next step");
	assert_null(next);
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
		cmocka_unit_test(test_otp_is_sent_as_the_requested_factor),
		cmocka_unit_test(test_wrong_password_can_be_corrected),
		cmocka_unit_test(test_login_falls_back_to_the_older_endpoints),
		cmocka_unit_test(test_factors_that_cannot_be_typed_are_refused),
		cmocka_unit_test(test_logout_forgets_the_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
