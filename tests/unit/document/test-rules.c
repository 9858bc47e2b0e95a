/* Rules of the API document, as documents and calls are checked against them: the catalogue's own rows. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tenantfs/document.h"

/* A save of `text` over `base`; the message of the refusal, "" if it is accepted. */
static const char *check(const char *kind, const char *base, const char *text, struct tfs_error *error)
{
	cleanup_json json_t *document = base ? json_loads(base, 0, NULL) : NULL, *checked = NULL;

	tfs_error_clear(error);
	assert_true(!base || document);
	tfs_document_check(tfs_kind_find(kind), text, strlen(text), document, &checked, error);
	return error->message;
}

#define CONSENT(enabled, title, body)                                                                   \
	"{\"isEnabled\":" enabled ",\"title\":\"" title "\",\"body\":\"" body "\",\"subtitle\":\"\",\n" \
	"\"acknowledgeText\":\"ok\"}"

static void test_a_stored_value_blocks_no_other_edit(void **state)
{
	const char *base = CONSENT("true", "", "no base64");
	struct tfs_error error;

	(void)state;
	assert_string_equal(check("consent", base, base, &error), "");
	assert_string_equal(check("consent", base, CONSENT("true", "T", "no base64"), &error), "");
	assert_string_equal(check("consent", CONSENT("true", "T", "VGV4dA=="), base, &error),
			    "line 1, column 19: title: \"\" must be at least 1 character long");
	assert_string_equal(error.member, "/title");
}

static void test_an_edit_that_makes_a_rule_apply_is_checked(void **state)
{
	const char *base = CONSENT("false", "", "no base64");
	struct tfs_error error;

	(void)state;
	assert_string_equal(check("consent", base, CONSENT("false", "", "neither"), &error), "");
	assert_string_equal(check("consent", base, CONSENT("true", "", "no base64"), &error),
			    "line 1, column 19: title: \"\" must be at least 1 character long");
	assert_string_equal(check("consent", base, CONSENT("true", "T", "no base64"), &error),
			    "line 1, column 31: body: \"no base64\" must be base64");
	assert_string_equal(check("consent", base, CONSENT("true", "T", "VGV4dA=="), &error), "");
}

static void test_a_long_value_is_not_repeated(void **state)
{
	char text[1200] = "{\"isEnabled\":true,\"title\":\"T\",\"acknowledgeText\":\"A\",\"body\":\"";
	struct tfs_error error;

	(void)state;
	const size_t len = strlen(text);
	memset(text + len, '!', 1000);
	memcpy(text + len + 1000, "\"}", 3);
	assert_string_equal(check("consent", "{}", text, &error), "line 1, column 53: body must be base64");
}

/* A body, and what its refusal says; NULL: it is accepted. */
static const struct {
	const char *method, *path, *body, *message;
} bodies[] = {
	/* 7681, 7667, 7665 */
	{ "PUT", "/serviceprovider", "{\"mobileAppLabel\":\"fifteen letters\"}", NULL },
	{ "PUT", "/serviceprovider", "{\"mobileAppLabel\":\"sixteen letters!\"}",
	  "mobileAppLabel: \"sixteen letters!\" must be at most 15 characters long" },
	{ "PUT", "/serviceprovider", "{\"oidc_config\":{\"id_token_signed_response_alg\":\"none\"}}",
	  "id_token_signed_response_alg: \"none\" is none of HS256, RS256" },
	{ "PUT", "/serviceprovider", "{\"oidc_config\":{\"redirect_uris\":[\"app:/a\",\"b\"]}}",
	  "redirect_uris: \"b\" must be a URI with a scheme" },
	/* 14239, 14259 */
	{ "PUT", "/branding", "{\"links_color\":\"blue\"}",
	  "links_color: \"blue\" must be a hex color such as #1a2b3c" },
	{ "PUT", "/branding", "{\"app_download_override\":{\"enabled\":true,\"content\":\"\"}}",
	  "content: \"\" must be at least 1 character long" },
	{ "PUT", "/branding", "{\"app_download_override\":{\"enabled\":true,\"url\":\"app\"}}",
	  "url: \"app\" must be an http or https URL" },
	{ "PUT", "/branding", "{\"app_download_override\":{\"enabled\":false,\"content\":\"\",\"url\":\"\"}}", NULL },
	/* 9101, 9043, 9146 */
	{ "PUT", "/auth_modules/create", "{\"config\":{\"dc_dns\":\"ca_1\"}}",
	  "dc_dns: \"ca_1\" must be a DNS name of letters, digits, '-' and '.'" },
	{ "PUT", "/auth_modules/create", "{\"config\":{\"dc_ca\":\"Цюрих\"}}",
	  "dc_ca: \"Цюрих\" must be a text in the ANSI character set" },
	{ "PUT", "/auth_modules/create", "{\"type\":\"azuread\",\"subtype\":\"directory\",\"mode\":\"broker\"}",
	  "mode: \"broker\" must be direct for db and azuread" },
	{ "PUT", "/auth_modules/create", "{\"type\":\"db\",\"mode\":\"broker\"}",
	  "mode: \"broker\" must be direct for db and azuread" },
	{ "PUT", "/auth_modules/create", "{\"type\":\"ldap\",\"subtype\":\"directory\",\"mode\":\"broker\"}", NULL },
	/* 1525, 516, 1773, 3725 */
	{ "PUT", "/users/create", "{\"phone1\":\"+15550100\"}", "phone1: \"+15550100\" must be digits only" },
	{ "PUT", "/users/create", "{\"email1\":\"alice\"}", "email1: \"alice\" must be an email address" },
	{ "PATCH", "/users/user/update", "{\"email2\":\"\",\"phone1\":\"\"}", NULL },
	{ "POST", "/users/fetch", "{\"pSize\":101}", "pSize: 101 must be at most 100" },
	{ "POST", "/users/user/wallet/create", "{\"pin\":\"1234567\"}", "pin must be eight letters or digits" },
	{ "PUT", "/config/authentication/first_time_enrollment_settings", "{\"allowed_factors\":[\"fax\"]}",
	  "allowed_factors: \"fax\" is none of mobile, landline, smartphone" },
	/* 6329, 6735, 15849, 7813 */
	{ "POST", "/reports/metrics", "{\"from\":\"2020-01-01 00:00:00.000\"}",
	  "from: \"2020-01-01 00:00:00.000\" must be a time of the last 90 days, YYYY-MM-DD "
	  "HH:mm:ss.SSS" },
	{ "POST", "/reports/metrics", "{\"download\":{\"notificationList\":[]}}",
	  "notificationList must be at least 1 element long" },
	{ "POST", "/reports/metrics", "{\"download\":{\"notificationList\":[\"nobody\"]}}",
	  "notificationList: \"nobody\" must be an email address" },
	{ "POST", "/user_consent/check", "{\"scopeIds\":[]}", "scopeIds must be at least 1 element long" },
	/* 16884 */
	{ "POST", "/helpdesk-passcode/generate", "{\"validitySeconds\":59}",
	  "validitySeconds: 59 must be at least 60" },
	{ "POST", "/helpdesk-passcode/generate", "{\"validitySeconds\":86401}",
	  "validitySeconds: 86401 must be at most 86400" },
	/* 13153 */
	{ "PUT", "/config/consents", "{\"isEnabled\":true,\"body\":\"a text\"}", "body: \"a text\" must be base64" },
	{ "PUT", "/config/consents", "{\"isEnabled\":false,\"body\":\"a text\",\"title\":\"\"}", NULL },
};

static void test_bodies_are_checked(void **state)
{
	struct tfs_error error = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(*bodies); i++) {
		const struct tfs_endpoint *endpoint = tfs_endpoint_find(bodies[i].method, bodies[i].path);
		cleanup_json json_t *example = NULL, *given = json_loads(bodies[i].body, 0, NULL);
		int r;

		assert_non_null(endpoint);
		assert_non_null(given);
		example = json_loads(endpoint->example, 0, NULL);
		json_object_update_recursive(example, given);
		tfs_error_clear(&error);
		r = tfs_document_check_call(endpoint->body, endpoint->n_body, example, &error);
		if (strcmp(error.message, bodies[i].message ? bodies[i].message : "") != 0)
			fail_msg("%s %s: %s", bodies[i].path, bodies[i].body, error.message);
		assert_int_equal(r, bodies[i].message ? -EINVAL : 0);
	}
}

static void test_a_missing_member_is_named(void **state)
{
	const struct tfs_endpoint *create = tfs_endpoint_find("PUT", "/serviceprovider");
	cleanup_json json_t *body = json_pack("{ssss}", "name", "n", "type", "saml");
	struct tfs_error error = { 0 };

	(void)state;
	assert_int_equal(tfs_document_check_call(create->body, create->n_body, body, &error), -EINVAL);
	assert_string_equal(error.message, "saml_config is missing, which type saml needs");
	assert_string_equal(error.member, "/saml_config");
}

static void test_types_and_unknown_members_are_left_to_the_server(void **state)
{
	const struct tfs_endpoint *passcode = tfs_endpoint_find("POST", "/helpdesk-passcode/generate");
	cleanup_json json_t *body = json_loads(passcode->example, 0, NULL);
	struct tfs_error error = { 0 };

	(void)state;
	json_object_set_new(body, "validitySeconds", json_string("300"));
	json_object_set_new(body, "other", json_true());
	assert_int_equal(tfs_document_check_call(passcode->body, passcode->n_body, body, &error), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_stored_value_blocks_no_other_edit),
		cmocka_unit_test(test_an_edit_that_makes_a_rule_apply_is_checked),
		cmocka_unit_test(test_a_long_value_is_not_repeated),
		cmocka_unit_test(test_bodies_are_checked),
		cmocka_unit_test(test_a_missing_member_is_named),
		cmocka_unit_test(test_types_and_unknown_members_are_left_to_the_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
