/* Creating, renaming, removing: the exact calls, and the documents afterwards. */
#include "bob.c"

#define NEW_DOC "{\"role\":\"user\",\"phones\":[\"1\"],\"enabled\":false,\"password\":\"p\"}"

#define APPS "[{\"_id\":\"1\",\"name\":\"one\",\"url\":\"u\"},{\"_id\":\"2\",\"name\":\"two\",\"url\":\"v\"}]"

static void test_create_makes_its_calls_in_order(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *after = NULL;

	SCRIPT(fake, { FETCH, LOOK, 0, NONE, 0 },
	       { "PUT /people/create",
		 "{\"body\":{\"moduleId\":\"m1\",\"role\":\"user\",\"enabled\":false,\"password\":\"p\","
		 "\"username\":\"bob\"}}",
		 0, "{\"created\":\"1,\"}", 0 },
	       { FETCH, LOOK, 0, ONE("{\"uid\":\"u1\",\"username\":\"bob\",\"roleValue\":\"user\"}"), 0 },
	       { "POST /people/phones", "{\"body\":{\"user\":\"u1\",\"phones\":[\"1\"]}}", 0, NULL, 0 });
	assert_int_equal(save(fake, resource, "bob", NULL, NEW_DOC, &after), 0);
	all_called(fake);
	assert_doc(after, "{\"username\":\"bob\",\"role\":\"user\",\"phones\":[\"1\"],\"_server\":{\"uid\":\"u1\"}}");
	assert_string_equal(after->id, "u1");
	tfs_doc_unref(after);
	NO_CALLS(fake);
	tfs_doc_unref(get(fake, resource, "bob", UINT64_MAX));
}

static void test_values_that_the_server_uses_can_be_written(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *after = NULL;

	NO_CALLS(fake);
	assert_failed(fake, save(fake, resource, "bob", NULL, "{\"role\":\"user\",\"status\":\"odd\"}", &after),
		      -EINVAL, "line 1, column 16: status: \"odd\" is none of active, locked, disabled");
	SCRIPT(fake, { FETCH, "{\"body\":{\"query\":{\"username\":\"ann\"}}}", 0,
		       ONE("{\"uid\":\"u2\",\"username\":\"ann\",\"roleValue\":\"even\",\"status\":\"odd\"}"), 0 });
	tfs_doc_unref(get(fake, resource, "ann", 0));
	/* The value of another member does not count. */
	NO_CALLS(fake);
	assert_failed(fake, save(fake, resource, "bob", NULL, "{\"role\":\"user\",\"status\":\"even\"}", &after),
		      -EINVAL, "line 1, column 16: status: \"even\" is none of active, locked, disabled");
	SCRIPT(fake, { FETCH, LOOK, 0, NONE, 0 },
	       { "PUT /people/create",
		 "{\"body\":{\"moduleId\":\"m1\",\"role\":\"user\",\"status\":\"odd\",\"username\":\"bob\"}}", 0, NULL,
		 0 },
	       { FETCH, LOOK, 0, ONE("{\"uid\":\"u1\",\"username\":\"bob\",\"roleValue\":\"user\",\"status\":\"odd\"}"),
		 0 });
	assert_int_equal(save(fake, resource, "bob", NULL, "{\"role\":\"user\",\"status\":\"odd\"}", &after), 0);
	all_called(fake);
	tfs_doc_unref(after);
}

static void test_record_in_the_answer_saves_a_read(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &apps);
	struct tfs_doc *after = NULL;

	SCRIPT(fake, { "GET /apps", NULL, 0, "[]", 0 },
	       { "PUT /apps", "{\"body\":{\"url\":\"u\",\"key\":\"k\",\"name\":\"one\"}}", 0,
		 "{\"_id\":\"7\",\"name\":\"one\",\"url\":\"u\"}", 0 });
	assert_int_equal(save(fake, resource, "one", NULL, "{\"url\":\"u\",\"key\":\"k\"}", &after), 0);
	all_called(fake);
	/* The server does not return the key, so the document has none. */
	assert_doc(after, "{\"name\":\"one\",\"url\":\"u\",\"_server\":{\"_id\":\"7\"}}");
	tfs_doc_unref(after);
}

static void test_condition_selects_the_creating_call(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &apps);
	struct tfs_doc *after = NULL;

	SCRIPT(fake, { "GET /apps", NULL, 0, "[]", 0 },
	       { "PUT /apps/special", "{\"body\":{\"kind\":\"auth0\",\"name\":\"one\"}}", 0,
		 "{\"_id\":\"7\",\"name\":\"one\",\"kind\":\"auth0\"}", 0 });
	assert_int_equal(save(fake, resource, "one", NULL, "{\"kind\":\"auth0\"}", &after), 0);
	all_called(fake);
	tfs_doc_unref(after);
}

static void test_name_must_match_the_file(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *after = NULL;

	NO_CALLS(fake);
	assert_failed(fake, save(fake, resource, "bob", NULL, "{\"username\":\"rob\",\"role\":\"user\"}", &after),
		      -EINVAL, "the file is called \"bob\" but username is \"rob\"");
	assert_string_equal(tfs_op_error(fake->op)->member, "/username");
	assert_failed(fake, save(fake, resource, "bob", NULL, "{}", &after), -EINVAL, "role is missing");
	assert_failed(fake, save(fake, resource, "a%zz", NULL, "{\"role\":\"user\"}", &after), -EINVAL,
		      "\"a%zz\" cannot be a name");
}

static void test_existing_object_is_not_created_again(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *after = NULL;

	SCRIPT(fake, { FETCH, LOOK, 0, ONE(BOB("")), 0 });
	assert_failed(fake, save(fake, resource, "bob", NULL, "{\"role\":\"user\"}", &after), -EEXIST,
		      "there is a \"bob\" already");
	SCRIPT(fake, { FETCH, NULL, 0, NONE, 0 }, { "PUT /people/create", NULL, -EEXIST, NULL, 409 });
	assert_failed(fake, save(fake, resource, "eve", NULL, "{\"role\":\"user\"}", &after), -EEXIST,
		      "refused by the script");
	all_called(fake);
}

static void test_copy_may_contain_members_of_the_server(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *after = NULL;

	NO_CALLS(fake);
	assert_failed(fake, save(fake, resource, "bob", NULL, "{\"role\":\"user\",\"extra\":1}", &after), -EINVAL,
		      "line 1, column 16: extra is no member of this kind");
	assert_failed(
		fake,
		save(fake, resource, "bob", NULL, "{\"role\":\"user\",\"steps\":[{\"do\":\"x\",\"more\":1}]}", &after),
		-EINVAL, "line 1, column 35: more is no member of this kind");
	SCRIPT(fake, { FETCH, NULL, 0,
		       ONE("{\"uid\":\"u2\",\"username\":\"eve\",\"extra\":2,\"steps\":[{\"more\":7}]}"), 0 });
	tfs_doc_unref(get(fake, resource, "eve", 0));
	SCRIPT(fake, { FETCH, LOOK, 0, NONE, 0 },
	       { "PUT /people/create",
		 "{\"body\":{\"moduleId\":\"m1\",\"role\":\"user\",\"steps\":[{\"do\":\"x\"}],\"username\":"
		 "\"bob\"}}",
		 0, NULL, 0 },
	       { FETCH, LOOK, 0, ONE(BOB(",\"extra\":3")), 0 });
	assert_int_equal(save(fake, resource, "bob", NULL,
			      "{\"role\":\"user\",\"extra\":1,\"steps\":[{\"do\":\"x\",\"more\":1}],"
			      "\"_server\":{\"uid\":\"u2\"}}",
			      &after),
			 0);
	all_called(fake);
	tfs_doc_unref(after);
}

static void test_restored_object_gets_its_unknown_members_back(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *after = NULL;

	tfs_op_set_restores(fake->op, true);
	SCRIPT(fake, { FETCH, LOOK, 0, NONE, 0 },
	       { "PUT /people/create",
		 "{\"body\":{\"moduleId\":\"m1\",\"role\":\"user\",\"steps\":[{\"do\":\"x\",\"more\":1}],"
		 "\"extra\":1,\"username\":\"bob\"}}",
		 0, NULL, 0 },
	       { FETCH, LOOK, 0, ONE(BOB(",\"extra\":1,\"steps\":[{\"do\":\"x\",\"more\":1}]")), 0 });
	assert_int_equal(save(fake, resource, "bob", NULL,
			      "{\"role\":\"user\",\"extra\":1,\"steps\":[{\"do\":\"x\",\"more\":1}],"
			      "\"_server\":{\"uid\":\"u2\"}}",
			      &after),
			 0);
	all_called(fake);
	tfs_doc_unref(after);
}

static void test_refusal_names_unknown_members(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *after = NULL;

	tfs_op_set_restores(fake->op, true);
	SCRIPT(fake, { FETCH, LOOK, 0, NONE, 0 }, { "PUT /people/create", NULL, -EINVAL, NULL, 400 });
	assert_failed(fake,
		      save(fake, resource, "bob", NULL,
			   "{\"role\":\"user\",\"extra\":1,\"steps\":[{\"do\":\"x\",\"more\":1}]}", &after),
		      -EINVAL,
		      "sent with steps/more, extra, which the API document does not have: refused by the script");
	all_called(fake);
}

static void test_half_done_create_is_reported(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *after = NULL;

	SCRIPT(fake, { FETCH, LOOK, 0, NONE, 0 }, { "PUT /people/create", NULL, 0, NULL, 0 },
	       { FETCH, LOOK, 0, ONE(BOB("")), 0 }, { "POST /people/phones", NULL, -EINVAL, NULL, 400 });
	assert_failed(fake, save(fake, resource, "bob", NULL, "{\"role\":\"admin\",\"phones\":[\"1\"]}", &after),
		      -EINVAL, "made, but not as wanted: username, role saved, phones not: refused by the script");
	SCRIPT(fake, { FETCH, NULL, 0, NONE, 0 }, { "PUT /people/create", NULL, 0, NULL, 0 },
	       { FETCH, NULL, 0, NONE, 0 });
	assert_failed(fake, save(fake, resource, "eve", NULL, "{\"role\":\"admin\"}", &after), -EIO,
		      "made, but it could not be read: there is no \"eve\"");
	all_called(fake);
}

static void test_rename_changes_the_name(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &apps);
	struct tfs_doc *after = NULL;

	SCRIPT(fake, { "GET /apps", NULL, 0, APPS, 0 });
	assert_names(fake, resource, 0, "one two ");
	SCRIPT(fake, { "GET /apps", NULL, 0, APPS, 0 },
	       { "PUT /apps/{id}", "{\"path\":{\"id\":\"1\"},\"body\":{\"name\":\"a/b\",\"url\":\"u\"}}", 0, NULL, 0 });
	assert_int_equal(tfs_resource_rename(resource, fake->op, "one", "a%2Fb", &after), 0);
	all_called(fake);
	assert_string_equal(after->name, "a%2Fb");
	assert_doc(after, "{\"name\":\"a/b\",\"url\":\"u\",\"_server\":{\"_id\":\"1\"}}");
	tfs_doc_unref(after);
	NO_CALLS(fake);
	assert_names(fake, resource, UINT64_MAX, "a%2Fb two ");
	assert_failed(fake, tfs_resource_rename(resource, fake->op, "two", "a%2Fb", &after), -EEXIST,
		      "there is a \"a%2Fb\" already");
	assert_failed(fake, tfs_resource_rename(open_resource(fake, &people), fake->op, "bob", "rob", &after), -EPERM,
		      "A username cannot be changed.");
}

static void test_removal_is_by_id(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *doc = look(fake, resource, BOB(""));

	tfs_doc_unref(doc);
	SCRIPT(fake, { "DELETE /people/{id}", "{\"path\":{\"id\":\"u1\"}}", -EPERM, NULL, 403 });
	assert_failed(fake, tfs_resource_remove(resource, fake->op, "bob"), -EPERM, "refused by the script");
	assert_int_equal(tfs_cache_documents(fake->cache), 1);
	SCRIPT(fake, { "DELETE /people/{id}", "{\"path\":{\"id\":\"u1\"}}", 0, NULL, 0 });
	assert_int_equal(tfs_resource_remove(resource, fake->op, "bob"), 0);
	assert_int_equal(tfs_cache_documents(fake->cache), 0);
	SCRIPT(fake, { FETCH, LOOK, 0, NONE, 0 });
	assert_failed(fake, tfs_resource_remove(resource, fake->op, "bob"), -ENOENT, "there is no \"bob\"");
	assert_failed(fake, tfs_resource_remove(open_resource(fake, &apps), fake->op, "one"), -EPERM, "Apps stay.");
	all_called(fake);
}

/* The answer of a create is lost or undecryptable: a list decides whether the call is repeated. */
static void test_create_with_a_lost_answer_is_checked_first(void **state)
{
	static const int lost[] = { -EIO, -ETIMEDOUT, -EBADMSG, -EFBIG };
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &apps);
	struct tfs_doc *after = NULL;

	for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
		tfs_store_refresh(fake->store, "");
		SCRIPT(fake, { "GET /apps", NULL, 0, "[]", 0 }, { "PUT /apps", NULL, lost[i], NULL, 0 });
		assert_int_equal(save(fake, resource, "one", NULL, "{\"url\":\"u\"}", &after), lost[i]);
		/* Without the server the cached list proves nothing. */
		SCRIPT(fake, { "GET /apps", NULL, -EIO, NULL, 503 });
		assert_int_equal(save(fake, resource, "one", NULL, "{\"url\":\"u\"}", &after), -EIO);
		all_called(fake);
		SCRIPT(fake, { "GET /apps", NULL, 0, "[{\"_id\":\"1\",\"name\":\"one\",\"url\":\"u\"}]", 0 });
		assert_failed(fake, save(fake, resource, "one", NULL, "{\"url\":\"u\"}", &after), -EEXIST,
			      "there is a \"one\" already");
		all_called(fake);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, writing_setup, writing_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_create_makes_its_calls_in_order),
		TEST(test_values_that_the_server_uses_can_be_written),
		TEST(test_record_in_the_answer_saves_a_read),
		TEST(test_condition_selects_the_creating_call),
		TEST(test_name_must_match_the_file),
		TEST(test_existing_object_is_not_created_again),
		TEST(test_copy_may_contain_members_of_the_server),
		TEST(test_restored_object_gets_its_unknown_members_back),
		TEST(test_refusal_names_unknown_members),
		TEST(test_half_done_create_is_reported),
		TEST(test_create_with_a_lost_answer_is_checked_first),
		TEST(test_rename_changes_the_name),
		TEST(test_removal_is_by_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
