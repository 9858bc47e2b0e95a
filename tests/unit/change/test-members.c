/* Members with conditions: patterns, needs of array elements, open kinds, write-only members. */
#include "writing.c"

static const char *const sms_or_voice[] = { "sms", "voice", NULL };
static const struct tfs_condition for_phones[] = { { "channels", sms_or_voice } };
static const struct tfs_field mailer_fields[] = {
	{ .name = "tag",
	  .type = TFS_TYPE_STRING,
	  .required = true,
	  .fixed = true,
	  .about = "a letter, then letters and digits",
	  .rules.pattern = "^[a-z][a-z0-9]*$" },
	{ .name = "channels", .type = TFS_TYPE_ARRAY, .item = TFS_TYPE_STRING },
	{ .name = "phone", .type = TFS_TYPE_STRING, .required_when = for_phones, .n_required_when = 1 },
	{ .name = "value",
	  .type = TFS_TYPE_STRING,
	  .required = true,
	  .secret = true,
	  .write_only = true,
	  .rules.pattern = "." },
};
static const struct tfs_field tag_field[] = { { .name = "tag", .type = TFS_TYPE_STRING } };
static const struct tfs_endpoint fetch_mailers = {
	.method = "POST", .path = "/mailers/fetch", .repeatable = true, .reads = true
};
static const struct tfs_endpoint put_mailer = {
	.method = "PUT", .path = "/mailers", .body = mailer_fields, .n_body = COUNT(mailer_fields), .open_body = true
};
static const struct tfs_endpoint delete_mailer = {
	.method = "DELETE", .path = "/mailers", .body = tag_field, .n_body = 1
};
static const struct tfs_step mailers_list = { .endpoint = &fetch_mailers };
static const struct tfs_step mailers_create[] = { { .endpoint = &put_mailer, .send = TFS_SEND_WHOLE } };
static const struct tfs_step mailers_change[] = {
	{ .endpoint = &delete_mailer, .args = "{\"body\":{\"tag\":\"$name\"}}" },
	{ .endpoint = &put_mailer, .send = TFS_SEND_WHOLE },
};
static const struct tfs_step mailers_remove[] = {
	{ .endpoint = &delete_mailer, .args = "{\"body\":{\"tag\":\"$name\"}}" },
};
static const char *const mailer_server[] = { "owner", NULL };

#define MAILER                                                                                                      \
	.name = "mailer", .path = "communities/{community}/mailers/{name}.json", .shape = TFS_SHAPE_SET,            \
	.name_member = "tag", .id_members = (const char *const[]){ "tag", NULL }, .fields = mailer_fields,          \
	.n_fields = COUNT(mailer_fields), .server_members = mailer_server, .list = &mailers_list,                   \
	.create = mailers_create, .n_create = 1, .change = mailers_change, .n_change = 2, .remove = mailers_remove, \
	.n_remove = 1

static const struct tfs_kind closed_mailers = { MAILER };
static const struct tfs_kind open_mailers = { MAILER, .open_document = true };

static void assert_refused(const struct tfs_kind *kind, const char *base, const char *text, const char *member,
			   const char *message)
{
	cleanup_json json_t *had = base ? json_loads(base, 0, NULL) : NULL, *checked = NULL;
	struct tfs_error error = { 0 };
	int r = tfs_document_check(kind, text, strlen(text), had, &checked, &error);

	if (!message) {
		if (r < 0)
			fail_msg("%s: %s", text, error.message);
		return;
	}
	assert_int_equal(r, -EINVAL);
	assert_string_equal(error.member, member);
	if (!strstr(error.message, message))
		fail_msg("%s: %s", text, error.message);
}

static void test_text_must_match_its_pattern(void **state)
{
	(void)state;
	assert_refused(&closed_mailers, NULL, "{\"tag\":\"1a\",\"value\":\"v\"}", "/tag",
		       "tag: \"1a\" must be a letter, then letters and digits");
	/* A secret is not repeated in a message. */
	assert_refused(&closed_mailers, NULL, "{\"tag\":\"a\",\"value\":\"\"}", "/value", "value must be like /./");
	assert_refused(&closed_mailers, NULL, "{\"tag\":\"a1\",\"value\":\"v\"}", NULL, NULL);
	/* A copy lacks write-only members. */
	assert_refused(&closed_mailers, NULL, "{\"tag\":\"a1\",\"_server\":{}}", NULL, NULL);
	assert_refused(&closed_mailers, NULL, "{\"tag\":\"a1\"}", "/value", "value is missing");
	/* An unchanged value of the server is always valid. */
	assert_refused(&closed_mailers, "{\"tag\":\"1a\"}", "{\"tag\":\"1a\"}", NULL, NULL);
}

static void test_array_element_can_need_a_member(void **state)
{
	(void)state;
	assert_refused(&closed_mailers, NULL, "{\"tag\":\"a\",\"value\":\"v\",\"channels\":[\"email\",\"voice\"]}",
		       "/phone", "phone is missing, which channels voice needs");
	assert_refused(&closed_mailers, NULL, "{\"tag\":\"a\",\"value\":\"v\",\"channels\":[\"email\"]}", NULL, NULL);
	assert_refused(&closed_mailers, NULL, "{\"tag\":\"a\",\"value\":\"v\",\"channels\":[\"sms\"],\"phone\":\"1\"}",
		       NULL, NULL);
	/* A need that the server's document has already is not checked, a new one is. */
	assert_refused(&closed_mailers, "{\"tag\":\"a\",\"channels\":[\"sms\"]}",
		       "{\"tag\":\"a\",\"channels\":[\"sms\",\"email\"]}", NULL, NULL);
	assert_refused(&closed_mailers, "{\"tag\":\"a\",\"channels\":[\"email\"]}",
		       "{\"tag\":\"a\",\"channels\":[\"sms\"]}", "/phone",
		       "phone is missing, which channels sms needs");
}

static void test_open_kind_accepts_undeclared_members(void **state)
{
	(void)state;
	assert_refused(&closed_mailers, NULL, "{\"tag\":\"a\",\"value\":\"v\",\"issuer\":\"x\"}", "/issuer",
		       "issuer is no member of this kind");
	assert_refused(&open_mailers, NULL, "{\"tag\":\"a\",\"value\":\"v\",\"issuer\":{\"a\":[1]}}", NULL, NULL);
	assert_refused(&open_mailers, NULL, "{\"tag\":\"a\",\"value\":\"v\",\"chanels\":[]}", "/chanels",
		       "did you mean channels?");
}

static void test_schema_has_the_conditions(void **state)
{
	cleanup_json json_t *schema = NULL, *expected = NULL;

	(void)state;
	assert_int_equal(tfs_document_schema(&closed_mailers, &schema), 0);
	expected = json_loads("[{\"if\":{\"properties\":{\"channels\":{\"anyOf\":[{\"enum\":[\"sms\",\"voice\"]},"
			      "{\"contains\":{\"enum\":[\"sms\",\"voice\"]},\"type\":\"array\"}]}},"
			      "\"required\":[\"channels\"]},\"then\":{\"required\":[\"phone\"]}}]",
			      0, NULL);
	assert_true(json_equal(json_object_get(schema, "allOf"), expected));
	assert_string_equal(json_string_value(tfs_json_at(schema, "/properties/tag/pattern")), "^[a-z][a-z0-9]*$");
	assert_int_equal(json_array_size(json_object_get(schema, "required")), 1);
	assert_string_equal(json_string_value(tfs_json_at(schema, "/properties/value/description")), "never shown");
}

static struct tfs_doc *saved(struct fake *fake, struct tfs_resource *resource, struct tfs_doc *base, const char *text)
{
	struct tfs_doc *doc = NULL;

	if (tfs_resource_save(resource, fake->op, "a", base, text, strlen(text), &doc) < 0)
		fail_msg("%s", tfs_op_error(fake->op)->message);
	return doc;
}

/* A change by removal and creation; write-only members are not cached. */
static void test_write_only_member_is_not_cached(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &open_mailers);

	SCRIPT(fake, { "POST /mailers/fetch", NULL, 0, "[]", 0 },
	       { "PUT /mailers", "{\"body\":{\"value\":\"v\",\"issuer\":\"x\",\"tag\":\"a\"}}", 0,
		 "{\"tag\":\"a\",\"issuer\":\"x\",\"owner\":\"me\"}", 0 });
	struct tfs_doc *made cleanup_doc = saved(fake, resource, NULL, "{\"value\":\"v\",\"issuer\":\"x\"}");
	assert_doc(made, "{\"tag\":\"a\",\"issuer\":\"x\",\"_server\":{\"owner\":\"me\"}}");
	all_called(fake);
	SCRIPT(fake, { "POST /mailers/fetch", NULL, 0, "[{\"tag\":\"a\",\"issuer\":\"x\",\"owner\":\"me\"}]", 0 },
	       { "DELETE /mailers", "{\"body\":{\"tag\":\"a\"}}", 0, NULL, 0 },
	       { "PUT /mailers", "{\"body\":{\"tag\":\"a\",\"value\":\"w\",\"issuer\":\"x\"}}", 0, NULL, 0 });
	struct tfs_doc *changed cleanup_doc =
		saved(fake, resource, made, "{\"tag\":\"a\",\"value\":\"w\",\"issuer\":\"x\"}");
	assert_doc(changed, "{\"tag\":\"a\",\"issuer\":\"x\",\"_server\":{\"owner\":\"me\"}}");
	all_called(fake);
}

/* Removed, and then not created: the error names the calls done, and the list is fetched again. */
static void test_half_done_change_is_reported(void **state)
{
	static const char list[] = "[{\"tag\":\"a\",\"issuer\":\"x\"}]";
	static const char text[] = "{\"tag\":\"a\",\"value\":\"w\",\"issuer\":\"x\"}";
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &open_mailers);
	struct tfs_doc *after = NULL;

	SCRIPT(fake, { "POST /mailers/fetch", NULL, 0, list, 0 });
	struct tfs_doc *base cleanup_doc = get(fake, resource, "a", UINT64_MAX);
	SCRIPT(fake, { "POST /mailers/fetch", NULL, 0, list, 0 }, { "DELETE /mailers", NULL, 0, NULL, 0 },
	       { "PUT /mailers", NULL, -EINVAL, NULL, 400 }, { "POST /mailers/fetch", NULL, 0, "[]", 0 });
	assert_failed(fake, tfs_resource_save(resource, fake->op, "a", base, text, strlen(text), &after), -EINVAL,
		      "DELETE /mailers is done, what follows it is not: value: refused by the script");
	all_called(fake);
	assert_names(fake, resource, UINT64_MAX, "");
}

static void test_removal_of_a_missing_object_is_success(void **state)
{
	static const char list[] = "[{\"tag\":\"a\"}]";
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &open_mailers);

	SCRIPT(fake, { "POST /mailers/fetch", NULL, 0, list, 0 }, { "DELETE /mailers", NULL, -EINVAL, NULL, 400 },
	       { "POST /mailers/fetch", NULL, 0, list, 0 });
	assert_failed(fake, tfs_resource_remove(resource, fake->op, "a"), -EINVAL, "refused by the script");
	all_called(fake);
	SCRIPT(fake, { "DELETE /mailers", NULL, -EINVAL, NULL, 400 }, { "POST /mailers/fetch", NULL, 0, "[]", 0 });
	assert_int_equal(tfs_resource_remove(resource, fake->op, "a"), 0);
	assert_int_equal(tfs_op_error(fake->op)->code, 0);
	all_called(fake);
	assert_names(fake, resource, UINT64_MAX, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, writing_setup, writing_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_must_match_its_pattern),
		cmocka_unit_test(test_array_element_can_need_a_member),
		cmocka_unit_test(test_open_kind_accepts_undeclared_members),
		cmocka_unit_test(test_schema_has_the_conditions),
		TEST(test_write_only_member_is_not_cached),
		TEST(test_half_done_change_is_reported),
		TEST(test_removal_of_a_missing_object_is_success),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
