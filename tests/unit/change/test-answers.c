/* Special answers: a refusal in a success, objects in place of ids, names in parts, write-only texts. */
#include "writing.c"

#include "../../../src/resource/audit.h"

static const struct tfs_field tag_fields[] = { { .name = "name", .type = TFS_TYPE_STRING } };
static const struct tfs_endpoint tags_fetch = { .method = "GET", .path = "/tags", .repeatable = true, .reads = true };
static const struct tfs_endpoint tags_make = { .method = "PUT", .path = "/tags" };
static const struct tfs_step tags_list = { .endpoint = &tags_fetch };
static const struct tfs_step tags_create[] = {
	{ .endpoint = &tags_make,
	  .args = "{\"body\":{\"tags\":[{\"name\":\"$new.name\"}]}}",
	  .answer = "/created/0",
	  .failures = "/errors" },
};
static const struct tfs_kind tags = {
	.name = "tag",
	.path = "communities/{community}/tags/{name}.json",
	.shape = TFS_SHAPE_SET,
	.name_member = "name",
	.id_members = (const char *const[]){ "id", NULL },
	.fields = tag_fields,
	.n_fields = COUNT(tag_fields),
	.list = &tags_list,
	.create = tags_create,
	.n_create = 1,
};

static void assert_refused(struct fake *fake, const char *answer, const char *message)
{
	struct tfs_resource *resource = open_resource(fake, &tags);
	struct audit_event event = { .name = "SOMETHING", .actor = "alice", .community = "default" };
	struct tfs_doc *doc = NULL;

	tfs_store_refresh(fake->store, "");
	SCRIPT(fake, { "GET /tags", NULL, 0, "[]", 0 },
	       { "PUT /tags", "{\"body\":{\"tags\":[{\"name\":\"a\"}]}}", 0, answer, 0 });
	assert_failed(fake, save(fake, resource, "a", NULL, "{}", &doc), -EINVAL, message);
	assert_null(doc);
	all_called(fake);
	/* The next event of the session's user is not that of the refused call. */
	snprintf(event.event_id, sizeof(event.event_id), "%.39s", message);
	assert_true(resource_audit_take(fake->store->audit, &event, "alice"));
	assert_false(event.ours);
}

static void test_refusal_in_a_success_is_an_error(void **state)
{
	struct fake *fake = *state;

	assert_refused(fake, "{\"created\":[],\"errors\":[{\"name\":\"a\",\"message\":\"it exists\"}]}",
		       "name a: it exists");
	assert_refused(fake, "{\"created\":[],\"errors\":[\"no room\"]}", "no room");
	assert_refused(fake, "{\"created\":[],\"errors\":[{\"code\":7},\"b\"]}",
		       "code 7: the server refused it and does not say why; b");
}

static void test_empty_error_list_is_a_success(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &tags);
	struct tfs_doc *doc = NULL;

	SCRIPT(fake, { "GET /tags", NULL, 0, "[]", 0 },
	       { "PUT /tags", NULL, 0, "{\"created\":[{\"id\":\"1\",\"name\":\"a\"}],\"errors\":[]}", 0 });
	assert_int_equal(save(fake, resource, "a", NULL, "{}", &doc), 0);
	assert_string_equal(doc->id, "1");
	tfs_doc_unref(doc);
	all_called(fake);
}

static const struct tfs_field scheme_fields[] = {
	{ .name = "modules",
	  .type = TFS_TYPE_ARRAY,
	  .item = TFS_TYPE_STRING,
	  .reference = "auth-module",
	  .required = true },
};
static const struct tfs_endpoint scheme_fetch = {
	.method = "GET", .path = "/scheme", .repeatable = true, .reads = true
};
static const struct tfs_endpoint scheme_set = {
	.method = "PATCH", .path = "/scheme", .body = scheme_fields, .n_body = COUNT(scheme_fields)
};
static const struct tfs_step scheme_list = { .endpoint = &scheme_fetch };
static const struct tfs_step scheme_change[] = { { .endpoint = &scheme_set, .send = TFS_SEND_WHOLE } };
static const struct tfs_kind scheme = {
	.name = "scheme",
	.path = "communities/{community}/scheme.json",
	.shape = TFS_SHAPE_DOC,
	.fields = scheme_fields,
	.n_fields = COUNT(scheme_fields),
	.list = &scheme_list,
	.change = scheme_change,
	.n_change = 1,
};

#define MODULE(id) "{\"_id\":\"x\",\"id\":\"" id "\",\"name\":\"old\"}"

static void test_objects_are_read_as_their_ids(void **state)
{
	static const char held[] = "{\"modules\":[" MODULE("m1") "," MODULE("m2") "]}";
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &scheme);
	struct tfs_doc *base, *after = NULL;

	SCRIPT(fake, { "GET /scheme", NULL, 0, held, 0 },
	       { "POST /auth_modules/fetch", NULL, 0,
		 "{\"modules\":[{\"_id\":\"m1\",\"name\":\"Staff\"},{\"_id\":\"m2\",\"name\":\"Town\"},"
		 "{\"_id\":\"m3\",\"name\":\"Guests\"}]}",
		 0 },
	       { "GET /scheme", NULL, 0, held, 0 },
	       { "PATCH /scheme", "{\"body\":{\"modules\":[\"m3\",\"m1\"]}}", 0,
		 "{\"modules\":[" MODULE("m3") "," MODULE("m1") "]}", 0 });
	base = get(fake, resource, "scheme", 0);
	assert_doc(base, "{\"modules\":[\"Staff\",\"Town\"]}");
	assert_int_equal(save(fake, resource, "scheme", base, "{\"modules\":[\"Guests\",\"Staff\"]}", &after), 0);
	assert_doc(after, "{\"modules\":[\"Guests\",\"Staff\"]}");
	all_called(fake);
	tfs_doc_unref(base);
	tfs_doc_unref(after);
}

static const struct tfs_endpoint file_fetch = {
	.method = "POST", .path = "/files/fetch", .repeatable = true, .reads = true
};
static const struct tfs_step file_lookup = {
	.endpoint = &file_fetch,
	.args = "{\"body\":{\"module\":\"$any.auth-module.id\",\"type\":\"$name.1\",\"os\":\"$name.2\","
		"\"rest\":\"$name.3-\"}}",
};
static const struct tfs_kind files = {
	.name = "file",
	.path = "communities/{community}/files/{name}",
	.shape = TFS_SHAPE_SET,
	.form = TFS_FORM_TEXT,
	.on_demand = true,
	.lookup = &file_lookup,
};

static void test_name_is_joined_from_its_parts(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &files);
	struct tfs_doc *doc = NULL;

	SCRIPT(fake,
	       { "POST /auth_modules/fetch", NULL, 0,
		 "{\"modules\":[{\"_id\":\"m2\",\"name\":\"b\"},{\"_id\":\"m1\",\"name\":\"a\"}]}", 0 },
	       { "POST /files/fetch", "{\"body\":{\"module\":\"m1\",\"type\":\"x\",\"os\":\"y\",\"rest\":\"1-2\"}}", 0,
		 "\"text\"", 0 });
	doc = get(fake, resource, "x-y-1-2", 0);
	assert_string_equal(doc->data, "text");
	tfs_doc_unref(doc);
	all_called(fake);
	NO_CALLS(fake);
	assert_failed(fake, tfs_resource_get(resource, fake->op, "x-y", 0, &doc), -ENOENT, "there is no \"x-y\"");
	assert_failed(fake, tfs_resource_get(resource, fake->op, "x--z", 0, &doc), -ENOENT, "there is no \"x--z\"");
}

static const struct tfs_endpoint script_set = { .method = "PATCH", .path = "/script" };
static const struct tfs_step script_change[] = {
	{ .endpoint = &script_set, .args = "{\"body\":{\"script\":\"$text\"}}" },
};
static const struct tfs_kind script_kind = {
	.name = "script",
	.path = "communities/{community}/script.js",
	.shape = TFS_SHAPE_DOC,
	.form = TFS_FORM_TEXT,
	.change = script_change,
	.n_change = 1,
	.no_read = "The API never shows it.",
};

/* A write-only text exists, empty, without a call; every save sends it, even an equal text. */
static void test_write_only_text_is_always_sent(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &script_kind);
	struct tfs_doc *doc, *after = NULL;

	NO_CALLS(fake);
	doc = get(fake, resource, "script.js", 0);
	assert_int_equal(doc->len, 0);
	SCRIPT(fake, { "PATCH /script", "{\"body\":{\"script\":\"a\"}}", 0, NULL, 0 },
	       { "PATCH /script", "{\"body\":{\"script\":\"a\"}}", 0, NULL, 0 });
	for (int i = 0; i < 2; i++) {
		assert_int_equal(save(fake, resource, "script.js", doc, "a", &after), 0);
		assert_int_equal(after->len, 0);
		tfs_doc_unref(after);
	}
	all_called(fake);
	tfs_doc_unref(doc);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, writing_setup, writing_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_refusal_in_a_success_is_an_error), TEST(test_empty_error_list_is_a_success),
		TEST(test_objects_are_read_as_their_ids),    TEST(test_name_is_joined_from_its_parts),
		TEST(test_write_only_text_is_always_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
