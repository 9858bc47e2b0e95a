/* A text that lacks what the server filled in, or has its secrets in clear, is no change. */
#include "bob.c"

static const struct tfs_field limits_members[] = {
	{ .name = "most", .type = TFS_TYPE_NUMBER, .fallback = "10" },
	{ .name = "least", .type = TFS_TYPE_NUMBER },
	{ .name = "note", .type = TFS_TYPE_STRING },
	{ .name = "token", .type = TFS_TYPE_STRING, .secret = true },
};
static const struct tfs_field policy_fields[] = {
	{ .name = "attempts", .type = TFS_TYPE_NUMBER, .required = true },
	{ .name = "prompt", .type = TFS_TYPE_STRING },
	{ .name = "method", .type = TFS_TYPE_STRING, .fallback = "\"push\"" },
	{ .name = "limits", .type = TFS_TYPE_OBJECT, .members = limits_members, .n_members = COUNT(limits_members) },
	{ .name = "rules",
	  .type = TFS_TYPE_ARRAY,
	  .item = TFS_TYPE_OBJECT,
	  .members = limits_members,
	  .n_members = COUNT(limits_members) },
};
static const struct tfs_endpoint get_policy = { .method = "GET", .path = "/policy", .repeatable = true, .reads = true };
static const struct tfs_endpoint put_policy = {
	.method = "PUT",
	.path = "/policy",
	.body = policy_fields,
	.n_body = COUNT(policy_fields),
	.open_body = true,
};
static const struct tfs_step policy_list = { .endpoint = &get_policy };
static const struct tfs_step policy_change[] = { { .endpoint = &put_policy, .send = TFS_SEND_WHOLE } };
static const struct tfs_kind policy = {
	.name = "policy",
	.path = "policy.json",
	.shape = TFS_SHAPE_DOC,
	.fields = policy_fields,
	.n_fields = COUNT(policy_fields),
	.list = &policy_list,
	.change = policy_change,
	.n_change = 1,
	.open_document = true,
};

/* Saves a text over a record; `body`: of the one call expected, NULL: none. */
static void check(struct fake *fake, const char *record, const char *text, const char *body)
{
	struct tfs_resource *resource = open_resource(fake, &policy);
	struct tfs_doc *base, *after = NULL;
	char args[512];

	SCRIPT(fake, { "GET /policy", NULL, 0, record, 0 });
	base = get(fake, resource, "policy", 0);
	if (body) {
		snprintf(args, sizeof(args), "{\"body\":%s}", body);
		SCRIPT(fake, { "GET /policy", NULL, 0, record, 0 }, { "PUT /policy", args, 0, NULL, 0 });
	} else {
		NO_CALLS(fake);
	}
	assert_int_equal(save(fake, resource, "policy", base, text, &after), 0);
	all_called(fake);
	tfs_doc_unref(after);
	tfs_doc_unref(base);
}

static void test_members_that_no_call_takes_away_stay(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *base = look(fake, resource, BOB(",\"status\":\"active\",\"more\":1")), *after = NULL;

	NO_CALLS(fake);
	assert_int_equal(save(fake, resource, "bob", base, BOB_DOC(""), &after), 0);
	assert_ptr_equal(after, base);
	tfs_doc_unref(after);
	/* Another member changes alone. */
	SCRIPT(fake, { FETCH, LOOK, 0, ONE(BOB(",\"status\":\"active\",\"more\":1")), 0 },
	       { "PATCH /people/{id}", "{\"path\":{\"id\":\"u1\"},\"body\":{\"enabled\":true}}", 0, NULL, 0 });
	assert_int_equal(save(fake, resource, "bob", base, BOB_DOC(",\"enabled\":true"), &after), 0);
	all_called(fake);
	assert_doc(after, BOB_DOC(",\"status\":\"active\",\"enabled\":true,\"more\":1,"
				  "\"_server\":{\"tenantId\":\"t9\",\"uid\":\"u1\"}"));
	tfs_doc_unref(after);
	tfs_doc_unref(base);
}

static void test_absent_member_is_its_default(void **state)
{
	struct fake *fake = *state;

	check(fake, "{\"attempts\":3,\"prompt\":\"\",\"method\":\"push\"}", "{\"attempts\":3}", NULL);
	check(fake, "{\"attempts\":3,\"limits\":{\"most\":10,\"note\":\"\"},\"rules\":[{\"most\":10,\"least\":1}]}",
	      "{\"attempts\":3,\"limits\":{},\"rules\":[{\"least\":1}]}", NULL);
	/* A document that is sent whole loses what it lacks. */
	check(fake, "{\"attempts\":3,\"prompt\":\"Code\"}", "{\"attempts\":3}", "{\"attempts\":3}");
	check(fake, "{\"attempts\":3,\"limits\":{\"most\":11}}", "{\"attempts\":3,\"limits\":{}}",
	      "{\"attempts\":3,\"limits\":{}}");
}

static void test_present_secret_in_clear_is_no_change(void **state)
{
	struct fake *fake = *state;

	check(fake, "{\"attempts\":3,\"limits\":{\"token\":\"t1\"},\"rules\":[{\"token\":\"t2\"}]}",
	      "{\"attempts\":3,\"limits\":{\"token\":\"t1\"},\"rules\":[{\"token\":\"t2\"}]}", NULL);
	check(fake, "{\"attempts\":3,\"limits\":{\"token\":\"t1\"}}", "{\"attempts\":3,\"limits\":{\"token\":\"t2\"}}",
	      "{\"attempts\":3,\"limits\":{\"token\":\"t2\"}}");
	/* Undeclared members, where a secret may move. */
	check(fake,
	      "{\"attempts\":3,\"apiKey\":\"k1\",\"x\":{\"tokens\":[\"k1\",\"k2\"],\"y\":[{\"password\":\"p\"}]}}",
	      "{\"attempts\":3,\"apiKey\":\"k1\",\"x\":{\"tokens\":[\"k1\",\"k2\"],\"y\":[{\"password\":\"p\"}]}}",
	      NULL);
	check(fake, "{\"attempts\":3,\"tokens\":[\"k1\",\"k2\"]}", "{\"attempts\":3,\"tokens\":[\"k2\",\"k1\",\"k3\"]}",
	      "{\"attempts\":3,\"tokens\":[\"k2\",\"k1\",\"k3\"]}");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, writing_setup, writing_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_members_that_no_call_takes_away_stay),
		TEST(test_absent_member_is_its_default),
		TEST(test_present_secret_in_clear_is_no_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
