/* The direction of each member of the catalogue, and what counts as a change in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../../../src/change/weakening.h"

#define COUNT(table) (sizeof(table) / sizeof(*(table)))

/* Directions that no edit of the rows may lose: kind, member. */
static const char *const marked[][2] = {
	{ "auth-module", "config/passwordPolicy/rules/min" },
	{ "auth-module", "config/passwordPolicy/rules/min_enabled" },
	{ "auth-module", "config/passwordPolicy/rules/min_special" },
	{ "auth-module", "config/passwordPolicy/rules/min_special_enabled" },
	{ "auth-module", "config/passwordPolicy/rules/min_numbers" },
	{ "auth-module", "config/passwordPolicy/rules/min_numbers_enabled" },
	{ "auth-module", "config/passwordPolicy/rules/min_alpha_caps" },
	{ "auth-module", "config/passwordPolicy/rules/min_alpha_caps_enabled" },
	{ "auth-module", "config/passwordPolicy/rules/special_chars_allowed_enabled" },
	{ "auth-module", "config/passwordPolicy/rules/noUsername" },
	{ "auth-module", "config/passwordPolicy/rules/noUsername_enabled" },
	{ "auth-module", "config/passwordPolicy/rules/noSpaces" },
	{ "auth-module", "config/passwordPolicy/rules/noSpaces_enabled" },
	{ "auth-module", "config/passwordPolicy/rules/allowInRow" },
	{ "auth-module", "config/passwordPolicy/rules/allowInRow_enabled" },
	{ "auth-module", "enhanced_security_on" },
	{ "mfa-settings", "accountLockEnabled" },
	{ "mfa-settings", "otpMaxAttempts" },
	{ "mfa-settings", "lockDurationMinutes" },
	{ "service-provider", "saml_config/assertionSignRequired" },
	{ "service-provider", "saml_config/signingAlgo" },
	{ "authentication-journey", "decision/authenticationMethods" },
};

enum { TESTED_MAX = 200 };
struct tested {
	char path[256];
	const char *kind;
};
static struct tested tested[TESTED_MAX];
static size_t n_tested;

/* A value before (`weak` false) and after a change that weakens. */
static json_t *value_for(const struct tfs_field *field, bool weak)
{
	bool more = field->weakens == TFS_WEAKENS_MORE;

	switch (field->weakens) {
	case TFS_WEAKENS_TRUE:
		return json_boolean(weak);
	case TFS_WEAKENS_FALSE:
	case TFS_WEAKENS_LAST:
		return json_boolean(!weak);
	case TFS_WEAKENS_MORE:
	case TFS_WEAKENS_LESS:
		if (field->type == TFS_TYPE_ARRAY)
			return weak == more ? json_pack("[ss]", "a", "b") : json_pack("[s]", "a");
		return json_integer(weak == more ? 100000 : 0);
	case TFS_WEAKENS_VALUES:
		return json_string(weak ? field->weak_values[0] : "strong");
	case TFS_WEAKENS_NEVER:
		break;
	}
	return NULL;
}

/* A document with the one member at the path of fields. */
static json_t *document_with(const struct tfs_field *const *way, size_t n, json_t *value)
{
	while (n-- > 0)
		value = json_pack("{so}", way[n]->name, value);
	return value;
}

static void assert_found(const struct tfs_kind *kind, const json_t *base, const json_t *next, const char *path)
{
	struct tfs_buf what cleanup_buf = TFS_BUF_INIT(1024);
	int r = change_weakening_find(kind, base, next, &what);

	if (r != (path ? 1 : 0) || (path && strncmp(what.data, path, strlen(path)) != 0))
		fail_msg("%s %s: %d %s", kind->name, path ? path : "", r, what.data ? what.data : "");
}

static void check_field(const struct tfs_kind *kind, const struct tfs_field *const *way, size_t n)
{
	const struct tfs_field *field = way[n - 1];
	cleanup_json json_t *strong = document_with(way, n, value_for(field, false));
	cleanup_json json_t *weak = document_with(way, n, value_for(field, true)), *body = json_object();
	struct tfs_buf what cleanup_buf = TFS_BUF_INIT(1024), path cleanup_buf = TFS_BUF_INIT(256);

	for (size_t i = 0; i < n; i++)
		tfs_buf_printf(&path, "%s%s", i > 0 ? "/" : "", way[i]->name);
	assert_found(kind, strong, weak, path.data);
	assert_found(kind, weak, strong, NULL);
	assert_found(kind, weak, weak, NULL);
	assert_int_equal(change_weakening_find_in_body(kind, weak, &what), 1);
	tfs_buf_reset(&what);
	assert_int_equal(change_weakening_find_in_body(kind, body, &what), 0);
	/* A member that is gone is no limit; a switch that is gone may be off. */
	if (field->weakens == TFS_WEAKENS_FALSE || field->weakens >= TFS_WEAKENS_LAST)
		assert_found(kind, strong, body, field->weakens == TFS_WEAKENS_VALUES ? NULL : path.data);
	assert_true(n_tested < TESTED_MAX);
	snprintf(tested[n_tested].path, sizeof(tested->path), "%s", path.data);
	tested[n_tested++].kind = kind->name;
}

static void check_fields(const struct tfs_kind *kind, const struct tfs_field *fields, size_t count,
			 const struct tfs_field **way, size_t n)
{
	for (size_t i = 0; i < count; i++) {
		way[n] = &fields[i];
		if (fields[i].weakens != TFS_WEAKENS_NEVER)
			check_field(kind, way, n + 1);
		if (fields[i].type == TFS_TYPE_OBJECT)
			check_fields(kind, fields[i].members, fields[i].n_members, way, n + 1);
	}
}

static void test_each_marked_member_is_found(void **state)
{
	const struct tfs_field *way[8];

	(void)state;
	for (size_t i = 0; i < tfs_n_kinds; i++)
		check_fields(&tfs_kinds[i], tfs_kinds[i].fields, tfs_kinds[i].n_fields, way, 0);
	for (size_t i = 0; i < COUNT(marked); i++) {
		bool found = false;

		for (size_t j = 0; j < n_tested && !found; j++)
			found = strcmp(tested[j].kind, marked[i][0]) == 0 && strcmp(tested[j].path, marked[i][1]) == 0;
		if (!found)
			fail_msg("%s: %s has no direction", marked[i][0], marked[i][1]);
	}
}

static const struct tfs_field way_members[] = {
	{ .name = "name", .type = TFS_TYPE_STRING },
	{ .name = "on", .type = TFS_TYPE_BOOLEAN, .weakens = TFS_WEAKENS_FALSE },
};
static const struct tfs_field login_fields[] = {
	{ .name = "one", .type = TFS_TYPE_BOOLEAN, .weakens = TFS_WEAKENS_LAST },
	{ .name = "two", .type = TFS_TYPE_BOOLEAN, .weakens = TFS_WEAKENS_LAST },
	{ .name = "limit", .type = TFS_TYPE_NUMBER, .weakens = TFS_WEAKENS_MORE, .fallback = "5" },
	{ .name = "other", .type = TFS_TYPE_NUMBER, .weakens = TFS_WEAKENS_MORE },
	{ .name = "ways",
	  .type = TFS_TYPE_ARRAY,
	  .item = TFS_TYPE_OBJECT,
	  .key = "name",
	  .members = way_members,
	  .n_members = COUNT(way_members) },
	{ .name = "first", .type = TFS_TYPE_OBJECT, .members = way_members, .n_members = COUNT(way_members) },
};
static const struct tfs_kind login = { .name = "login", .fields = login_fields, .n_fields = COUNT(login_fields) };

static void compare(const char *before, const char *after, const char *path)
{
	cleanup_json json_t *base = json_loads(before, 0, NULL), *next = json_loads(after, 0, NULL);

	assert_found(&login, base, next, path);
}

static void test_changes_in_the_weak_direction(void **state)
{
	(void)state;
	compare("{\"one\":true,\"two\":true}", "{\"one\":false,\"two\":true}", NULL);
	compare("{\"one\":true,\"two\":true}", "{\"one\":false,\"two\":false}", "one: false");
	compare("{\"one\":true}", "{}", "one: none");
	compare("{}", "{\"limit\":5}", NULL);
	compare("{}", "{\"limit\":6}", "limit: 6");
	compare("{}", "{\"other\":6}", NULL);
	compare("{\"other\":6}", "{\"other\":null}", "other: none");
	compare("{\"ways\":[{\"name\":\"a\",\"on\":true},{\"name\":\"b\",\"on\":false}]}",
		"{\"ways\":[{\"name\":\"b\",\"on\":false},{\"name\":\"a\",\"on\":true}]}", NULL);
	compare("{\"ways\":[{\"name\":\"a\",\"on\":true},{\"name\":\"b\",\"on\":false}]}",
		"{\"ways\":[{\"name\":\"b\",\"on\":false},{\"name\":\"a\",\"on\":false}]}", "ways/1/on: false");
	/* A new object weakens nothing, a removed one may. */
	compare("{}", "{\"first\":{\"on\":false}}", NULL);
	compare("{\"first\":{\"on\":true}}", "{}", "first/on: none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_marked_member_is_found),
		cmocka_unit_test(test_changes_in_the_weak_direction),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
