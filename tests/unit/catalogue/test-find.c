/* Look-up of endpoints by template and by path, of fields and kinds by name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tenantfs/catalogue.h"

static void test_find_every_endpoint(void **state)
{
	(void)state;
	for (size_t i = 0; i < tfs_n_endpoints; i++)
		assert_ptr_equal(tfs_endpoint_find(tfs_endpoints[i].method, tfs_endpoints[i].path), &tfs_endpoints[i]);
}

static void test_find_needs_method_and_path(void **state)
{
	(void)state;
	assert_null(tfs_endpoint_find("GET", "/users/create"));
	assert_null(tfs_endpoint_find("put", "/users/create"));
	assert_null(tfs_endpoint_find("PUT", "/users/create/"));
	assert_null(tfs_endpoint_find("GET", "/attributes/5f3d"));
	assert_null(tfs_endpoint_find("", ""));
	assert_null(tfs_endpoint_find("GET", "/zzz"));
	assert_null(tfs_endpoint_find("GET", "/aaa"));
}

static void assert_match(const char *method, const char *path, const char *template)
{
	const struct tfs_endpoint *found = tfs_endpoint_match(method, path);

	assert_non_null(found);
	assert_string_equal(found->path, template);
	assert_string_equal(found->method, method);
}

static void test_match_fills_parameters(void **state)
{
	(void)state;
	assert_match("PATCH", "/attributes/5f3d", "/attributes/{attributeId}");
	assert_match("GET", "/community/default/idp/main/metadata",
		     "/community/{communityName}/idp/{idpIdentifier}/metadata");
	assert_match("PATCH", "/webauthn/vendormetadata/a/aaguid/b",
		     "/webauthn/vendormetadata/{communityId}/aaguid/{aaguid}");
	assert_match("GET", "/sd", "/sd");
}

static void test_match_prefers_literals(void **state)
{
	(void)state;
	assert_match("GET", "/serviceprovider/idp-initiated", "/serviceprovider/idp-initiated");
	assert_match("GET", "/serviceprovider/idp-initiateD", "/serviceprovider/{id}");
	assert_match("PUT", "/serviceprovider", "/serviceprovider");
	assert_match("PUT", "/serviceprovider/okta", "/serviceprovider/{type}");
	assert_match("GET", "/config/consents/ipfs/Qm", "/config/consents/ipfs/{ipfsHash}");
	assert_match("GET", "/config/consents/ipfs", "/config/consents/{type}");
	assert_match("POST", "/msg_gateway/fetch/5f3d", "/msg_gateway/fetch/{id}");
}

static void test_match_refuses_other_paths(void **state)
{
	(void)state;
	assert_null(tfs_endpoint_match("DELETE", "/attributes"));
	assert_null(tfs_endpoint_match("PATCH", "/attributes/"));
	assert_null(tfs_endpoint_match("PATCH", "/attributes//"));
	assert_null(tfs_endpoint_match("PATCH", "/attributes/a/b"));
	assert_null(tfs_endpoint_match("PATCH", "attributes/a"));
	assert_null(tfs_endpoint_match("GET", "/sd/"));
	assert_null(tfs_endpoint_match("GET", "/s"));
	assert_null(tfs_endpoint_match("GET", "/sdx"));
	assert_null(tfs_endpoint_match("GET", ""));
}

/* A template matches itself, braces included. */
static void test_match_every_template(void **state)
{
	(void)state;
	for (size_t i = 0; i < tfs_n_endpoints; i++)
		assert_ptr_equal(tfs_endpoint_match(tfs_endpoints[i].method, tfs_endpoints[i].path), &tfs_endpoints[i]);
}

static void test_slugs_are_made_of_method_and_path(void **state)
{
	(void)state;
	assert_string_equal(tfs_endpoint_find("GET", "/authz/role/fetch/{roleName}")->slug,
			    "get-authz-role-fetch-roleName");
	assert_string_equal(tfs_endpoint_find("PUT", "/config/authentication/mfa_settings")->slug,
			    "put-config-authentication-mfa_settings");
	assert_string_equal(tfs_endpoint_find("PUT", "/v2/authenticationJourney")->group_slug,
			    "authentication-journey-v-2");
}

static void test_field_is_found_by_name(void **state)
{
	const struct tfs_endpoint *lock = tfs_endpoint_find("POST", "/users/user/lock");

	(void)state;
	assert_int_equal(tfs_field_find(lock->body, lock->n_body, "lock_duration")->type, TFS_TYPE_NUMBER);
	assert_null(tfs_field_find(lock->body, lock->n_body, "lock"));
	assert_null(tfs_field_find(lock->body, lock->n_body, ""));
	assert_null(tfs_field_find(NULL, 0, "lock_duration"));
}

static void test_kind_is_found_by_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < tfs_n_kinds; i++)
		assert_ptr_equal(tfs_kind_find(tfs_kinds[i].name), &tfs_kinds[i]);
	assert_null(tfs_kind_find("users"));
	assert_null(tfs_kind_find(""));
	assert_string_equal(tfs_kind_find("mfa-settings")->path, "communities/{community}/settings/mfa.json");
}

struct collected {
	char text[1024];
};

static int collect(void *context, const char *directory)
{
	struct collected *collected = context;
	size_t len = strlen(collected->text);

	snprintf(collected->text + len, sizeof(collected->text) - len, "%s\n", directory);
	return 0;
}

static void test_directories_below_an_object_are_listed(void **state)
{
	struct collected module = { "" }, user = { "" }, none = { "" };

	(void)state;
	assert_int_equal(tfs_kind_below("communities/c/auth-modules/A B.json", collect, &module), 0);
	assert_non_null(strstr(module.text, "communities/c/auth-modules/A B.d\n"));
	assert_non_null(strstr(module.text, "communities/c/users/A B\n"));
	assert_null(strchr(module.text, '{'));
	/* A directory of several kinds is listed once. */
	assert_null(strstr(strstr(module.text, "A B.d\n") + 1, "A B.d\n"));
	assert_int_equal(tfs_kind_below("communities/c/users/A B/alice.json", collect, &user), 0);
	assert_string_equal(user.text, "communities/c/users/A B/alice.d\n");
	assert_int_equal(tfs_kind_below("communities/c/service-providers/Jira.json", collect, &none), 0);
	assert_int_equal(tfs_kind_below("nothing/of/ours.json", collect, &none), 0);
	assert_string_equal(none.text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find_every_endpoint),
		cmocka_unit_test(test_find_needs_method_and_path),
		cmocka_unit_test(test_match_fills_parameters),
		cmocka_unit_test(test_match_prefers_literals),
		cmocka_unit_test(test_match_refuses_other_paths),
		cmocka_unit_test(test_match_every_template),
		cmocka_unit_test(test_slugs_are_made_of_method_and_path),
		cmocka_unit_test(test_field_is_found_by_name),
		cmocka_unit_test(test_kind_is_found_by_name),
		cmocka_unit_test(test_directories_below_an_object_are_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
