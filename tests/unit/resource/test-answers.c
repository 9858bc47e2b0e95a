/* Answers that are not what their status or their shape says: refusals in a success, objects in place of ids. */
#include "fake.c"

static const struct tfs_field tag_fields[] = { { .name = "name", .type = TFS_TYPE_STRING } };
static const struct tfs_endpoint tags_fetch = { .method = "GET", .path = "/tags", .repeatable = true, .reads = true };
static const struct tfs_endpoint tags_make = { .method = "PUT", .path = "/tags" };
static const struct tfs_step tags_list = { .endpoint = &tags_fetch };
static const struct tfs_step tags_create[] = {
	{ .endpoint = &tags_make,
	  .args = "{\"body\":{\"tags\":[{\"name\":\"$new.name\"}]}}",
	  .answer = "/created/0",
	  .refused = "/errors" },
};
static const struct tfs_kind tags = {
	.name = "tag",
	.path = "communities/{community}/tags/{name}.json",
	.shape = TFS_SHAPE_SET,
	.name_member = "name",
	.id_member = "id",
	.fields = tag_fields,
	.n_fields = COUNT(tag_fields),
	.list = &tags_list,
	.create = tags_create,
	.n_create = 1,
};

static void assert_refused(struct fake *fake, const char *answer, const char *message)
{
	struct tfs_resource *resource = open_resource(fake, &tags);
	struct tfs_doc *doc = NULL;

	tfs_store_refresh(fake->store, "");
	SCRIPT(fake, { "GET /tags", NULL, 0, "[]", 0 },
	       { "PUT /tags", "{\"body\":{\"tags\":[{\"name\":\"a\"}]}}", 0, answer, 0 });
	assert_failed(fake, save(fake, resource, "a", NULL, "{}", &doc), -EINVAL, message);
	assert_null(doc);
	all_called(fake);
}

static void a_success_may_tell_a_refusal(void **state)
{
	struct fake *fake = *state;

	assert_refused(fake, "{\"created\":[],\"errors\":[{\"name\":\"a\",\"message\":\"it exists\"}]}", "it exists");
	assert_refused(fake, "{\"created\":[],\"errors\":[\"no room\"]}", "no room");
	assert_refused(fake, "{\"created\":[],\"errors\":[{\"code\":7}]}",
		       "the server refused it and does not say why");
}

static void no_errors_are_no_refusal(void **state)
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

static void objects_stand_for_their_ids(void **state)
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

#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_success_may_tell_a_refusal),
		TEST(no_errors_are_no_refusal),
		TEST(objects_stand_for_their_ids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
