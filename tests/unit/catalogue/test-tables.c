/* The generated tables: complete, sorted, without duplicates, every text valid for its reader. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tenantfs/catalogue.h"
#include "tenantfs/json.h"

static json_t *parse_whole(const char *text)
{
	struct tfs_error error = { 0 };
	json_t *value = NULL;

	assert_int_equal(tfs_json_parse(text, strlen(text), &value, &error), 0);
	return value;
}

static int compare_endpoints(const struct tfs_endpoint *a, const struct tfs_endpoint *b)
{
	int order = strcmp(a->group, b->group);

	if (order == 0)
		order = strcmp(a->path, b->path);
	return order ? order : strcmp(a->method, b->method);
}

static void test_endpoints_are_sorted(void **state)
{
	(void)state;
	for (size_t i = 1; i < tfs_n_endpoints; i++)
		assert_true(compare_endpoints(&tfs_endpoints[i - 1], &tfs_endpoints[i]) < 0);
}

static void test_slugs_are_unique_in_their_group(void **state)
{
	(void)state;
	for (size_t i = 0; i < tfs_n_endpoints; i++) {
		for (size_t j = i + 1; j < tfs_n_endpoints; j++) {
			bool same_group = strcmp(tfs_endpoints[i].group_slug, tfs_endpoints[j].group_slug) == 0;

			assert_int_equal(same_group, strcmp(tfs_endpoints[i].group, tfs_endpoints[j].group) == 0);
			if (same_group)
				assert_string_not_equal(tfs_endpoints[i].slug, tfs_endpoints[j].slug);
		}
		assert_null(strpbrk(tfs_endpoints[i].slug, "/{}"));
	}
}

static void check_fields(const struct tfs_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		enum tfs_type holder = fields[i].type == TFS_TYPE_ARRAY ? fields[i].item : fields[i].type;

		assert_non_null(fields[i].name);
		for (size_t j = i + 1; j < n; j++)
			assert_string_not_equal(fields[i].name, fields[j].name);
		assert_int_equal(!!fields[i].members, fields[i].n_members > 0);
		if (fields[i].members)
			assert_int_equal(holder, TFS_TYPE_OBJECT);
		if (fields[i].values)
			assert_int_equal(holder, TFS_TYPE_STRING);
		if (fields[i].reference)
			assert_non_null(tfs_kind_find(fields[i].reference));
		if (fields[i].unordered)
			assert_int_equal(fields[i].type, TFS_TYPE_ARRAY);
		check_fields(fields[i].members, fields[i].n_members);
	}
}

static void check_example(const struct tfs_endpoint *endpoint)
{
	cleanup_json json_t *example = parse_whole(endpoint->example);
	const char *name;
	json_t *value;

	json_object_foreach (example, name, value)
		assert_non_null(tfs_field_find(endpoint->body, endpoint->n_body, name));
	for (size_t i = 0; i < endpoint->n_body; i++) {
		if (endpoint->body[i].required)
			assert_non_null(json_object_get(example, endpoint->body[i].name));
	}
}

static void test_endpoints_are_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < tfs_n_endpoints; i++) {
		const struct tfs_endpoint *endpoint = &tfs_endpoints[i];

		assert_non_null(endpoint->title);
		check_fields(endpoint->path_params, endpoint->n_path_params);
		check_fields(endpoint->query, endpoint->n_query);
		check_fields(endpoint->body, endpoint->n_body);
		assert_int_equal(!!endpoint->example, endpoint->n_body > 0);
		if (endpoint->example)
			check_example(endpoint);
		if (endpoint->answer)
			json_decref(parse_whole(endpoint->answer));
		for (const int *status = endpoint->statuses; *status != 0; status++)
			assert_true(*status >= 100 && *status < 600 && (status[1] == 0 || status[1] > *status));
	}
}

static void test_sealed_endpoints_have_a_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < tfs_n_endpoints; i++) {
		const struct tfs_endpoint *endpoint = &tfs_endpoints[i];

		if (endpoint->request_seal == TFS_SEAL_ALWAYS) {
			assert_int_equal(endpoint->public_key, TFS_NEED_REQUIRED);
			assert_true(endpoint->n_body > 0 || endpoint->open_body);
		} else if (endpoint->n_body > 0) {
			assert_int_equal(endpoint->public_key, TFS_NEED_NONE);
		}
		if (endpoint->answer_seal == TFS_SEAL_ALWAYS)
			assert_int_equal(endpoint->public_key, TFS_NEED_REQUIRED);
	}
}

static void test_only_repeatable_endpoints_are_marked(void **state)
{
	static const char *const once[][2] = {
		{ "PUT", "/users/create" },
		{ "PUT", "/users/invite" },
		{ "PUT", "/serviceprovider" },
		{ "PUT", "/generate/otp" },
		{ "POST", "/secret-store/create" },
		{ "POST", "/authenticate" },
		{ "PUT", "/reports/event" },
		{ "DELETE", "/servicekey/{keyId}" },
		{ "POST", "/session/response/fetch" },
		{ "PUT", "/auth_modules/create" },
	};
	static const char *const again[][2] = {
		{ "POST", "/users/fetch" }, { "PATCH", "/users/user/update" },     { "POST", "/users/user/lock" },
		{ "PUT", "/branding" },     { "DELETE", "/serviceprovider/{id}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(once) / sizeof(*once); i++)
		assert_false(tfs_endpoint_find(once[i][0], once[i][1])->repeatable);
	for (size_t i = 0; i < sizeof(again) / sizeof(*again); i++)
		assert_true(tfs_endpoint_find(again[i][0], again[i][1])->repeatable);
	for (size_t i = 0; i < tfs_n_endpoints; i++) {
		if (strcmp(tfs_endpoints[i].method, "GET") == 0)
			assert_true(tfs_endpoints[i].repeatable);
	}
}

static bool is_secret(const char *method, const char *path, const char *member)
{
	const struct tfs_endpoint *endpoint = tfs_endpoint_find(method, path);
	const struct tfs_field *field = tfs_field_find(endpoint->body, endpoint->n_body, member);

	assert_non_null(field);
	return field->secret;
}

static void test_secret_members_are_marked(void **state)
{
	const struct tfs_endpoint *create = tfs_endpoint_find("PUT", "/auth_modules/create");
	const struct tfs_field *config = tfs_field_find(create->body, create->n_body, "config");

	(void)state;
	assert_true(is_secret("POST", "/secret-store/create", "value"));
	assert_true(is_secret("PUT", "/config/idp_config", "signingKey"));
	assert_false(is_secret("PUT", "/config/idp_config", "signingCert"));
	assert_true(is_secret("PATCH", "/hardwaretokens/tokens/{id}", "seed"));
	assert_true(is_secret("POST", "/msg_gateway/create", "authClientSecret"));
	assert_true(tfs_field_find(config->members, config->n_members, "bindpassword")->secret);
	assert_true(tfs_field_find(config->members, config->n_members, "clientSecret")->secret);
	assert_false(tfs_field_find(config->members, config->n_members, "server")->secret);
}

static void check_step(const struct tfs_step *step)
{
	json_t *args = parse_whole(step->args);
	const char *part;
	json_t *value;

	assert_true(step->endpoint >= tfs_endpoints && step->endpoint < tfs_endpoints + tfs_n_endpoints);
	assert_true(step->answer[0] == '\0' || step->answer[0] == '/');
	assert_true(json_is_object(args));
	json_object_foreach (args, part, value) {
		assert_true(strcmp(part, "path") == 0 || strcmp(part, "query") == 0 || strcmp(part, "body") == 0);
		assert_true(json_is_object(value));
	}
	json_decref(args);
	assert_int_equal(!!step->when, step->n_when > 0);
}

static void check_steps(const struct tfs_step *steps, size_t n)
{
	assert_int_equal(!!steps, n > 0);
	for (size_t i = 0; i < n; i++)
		check_step(&steps[i]);
}

/* Such a kind has a `no_remove` text for the other objects. */
static bool removes_some(const struct tfs_kind *kind)
{
	return kind->n_remove > 0 && kind->remove[0].when;
}

static void check_kind(const struct tfs_kind *kind)
{
	assert_int_equal(kind->shape != TFS_SHAPE_DOC, !!strstr(kind->path, "{name}"));
	assert_true(tfs_kind_listed(kind) || kind->lookup || kind->no_read || kind->imports);
	check_fields(kind->fields, kind->n_fields);
	if (kind->list)
		check_step(kind->list);
	if (kind->lookup)
		check_step(kind->lookup);
	check_steps(kind->create, kind->n_create);
	check_steps(kind->change, kind->n_change);
	check_steps(kind->remove, kind->n_remove);
	assert_int_equal(kind->n_create > 0, !kind->no_create);
	assert_int_equal(kind->n_change > 0, !kind->no_change);
	assert_int_equal(kind->n_remove > 0 && !removes_some(kind), !kind->no_remove);
	assert_int_equal(kind->rename, !kind->no_rename);
	assert_int_equal(!!kind->page_total, kind->page_size > 0);
}

static void test_kinds_are_complete(void **state)
{
	(void)state;
	for (size_t i = 0; i < tfs_n_kinds; i++) {
		if (i > 0)
			assert_true(strcmp(tfs_kinds[i - 1].name, tfs_kinds[i].name) < 0);
		for (size_t j = i + 1; j < tfs_n_kinds; j++)
			assert_string_not_equal(tfs_kinds[i].path, tfs_kinds[j].path);
		check_kind(&tfs_kinds[i]);
	}
}

static void test_user_kind_has_its_fields(void **state)
{
	const struct tfs_kind *user = tfs_kind_find("user");

	(void)state;
	assert_string_equal(user->fields[0].name, "username");
	assert_true(user->fields[0].fixed);
	assert_string_equal(tfs_field_find(user->fields, user->n_fields, "role")->record, "roleValue");
	assert_true(tfs_field_find(user->fields, user->n_fields, "mobiles")->unordered);
	assert_int_equal(user->page_size, 100);
	assert_string_equal(user->no_remove, "The API has no call that deletes a user; disable or lock it instead.");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_endpoints_are_sorted),
		cmocka_unit_test(test_slugs_are_unique_in_their_group),
		cmocka_unit_test(test_endpoints_are_complete),
		cmocka_unit_test(test_sealed_endpoints_have_a_key),
		cmocka_unit_test(test_only_repeatable_endpoints_are_marked),
		cmocka_unit_test(test_secret_members_are_marked),
		cmocka_unit_test(test_kinds_are_complete),
		cmocka_unit_test(test_user_kind_has_its_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
