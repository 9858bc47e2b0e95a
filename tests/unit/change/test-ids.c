/* Objects whose records name the id in several ways, or have none. */
#include "bob.c"

#define NO_ID_TEXT                                                                                              \
	"the server's record of the person has no id (uid or _id), so no call can name it; with an id that is " \
	"known otherwise, tenantfs call can"

static struct tfs_kind many_ids(void)
{
	static const char *const ids[] = { "uid", "_id", NULL };
	struct tfs_kind kind = people;

	kind.id_members = ids;
	return kind;
}

static void test_first_id_that_a_record_has_is_used(void **state)
{
	static const struct {
		const char *record, *id;
	} cases[] = {
		{ "{\"_id\":\"m1\",\"uid\":\"u1\",\"username\":\"bob\"}", "u1" },
		{ "{\"_id\":\"m1\",\"username\":\"bob\"}", "m1" },
		{ "{\"_id\":\"m1\",\"uid\":\"\",\"username\":\"bob\"}", "m1" },
		{ "{\"_id\":\"m1\",\"uid\":null,\"username\":\"bob\"}", "m1" },
		{ "{\"_id\":12,\"username\":\"bob\"}", "12" },
	};
	struct fake *fake = *state;
	struct tfs_kind kind = many_ids();
	struct tfs_resource *resource = open_resource(fake, &kind);

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct tfs_doc *doc = look(fake, resource, cases[i].record), *after = NULL;
		char path[64], args[128], answer[256];

		assert_string_equal(doc->id, cases[i].id);
		snprintf(path, sizeof(path), "{\"path\":{\"id\":\"%s\"}}", cases[i].id);
		snprintf(args, sizeof(args), "{\"path\":{\"id\":\"%s\"},\"body\":{\"enabled\":true}}", cases[i].id);
		snprintf(answer, sizeof(answer), ONE("%s"), cases[i].record);
		SCRIPT(fake, { FETCH, LOOK, 0, answer, 0 }, { "PATCH /people/{id}", args, 0, NULL, 0 },
		       { "DELETE /people/{id}", path, 0, NULL, 0 });
		assert_int_equal(save(fake, resource, "bob", doc, "{\"username\":\"bob\",\"enabled\":true}", &after),
				 0);
		assert_int_equal(tfs_resource_remove(resource, fake->op, "bob"), 0);
		all_called(fake);
		tfs_doc_unref(after);
		tfs_doc_unref(doc);
	}
}

static void test_object_without_an_id_can_only_be_read(void **state)
{
	struct fake *fake = *state;
	struct tfs_kind kind = many_ids();
	struct tfs_resource *resource = open_resource(fake, &kind);
	struct tfs_doc *doc = look(fake, resource, "{\"username\":\"bob\",\"roleValue\":\"admin\"}"), *after = NULL;

	assert_doc(doc, "{\"username\":\"bob\",\"role\":\"admin\"}");
	assert_string_equal(doc->id, "");
	SCRIPT(fake, { FETCH, LOOK, 0, ONE("{\"username\":\"bob\",\"roleValue\":\"admin\"}"), 0 });
	assert_failed(
		fake,
		save(fake, resource, "bob", doc, "{\"username\":\"bob\",\"role\":\"admin\",\"enabled\":true}", &after),
		-EPERM, "enabled: " NO_ID_TEXT);
	assert_failed(fake, tfs_resource_remove(resource, fake->op, "bob"), -EPERM, NO_ID_TEXT);
	all_called(fake);
	tfs_doc_unref(doc);
}

static void test_namesakes_without_an_id_are_all_there(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &apps);
	char names[256], again[256];

	SCRIPT(fake,
	       { "GET /apps", NULL, 0,
		 "[{\"name\":\"a\",\"url\":\"1\"},{\"name\":\"a\",\"url\":\"2\"},{\"name\":\"b\"}]", 0 },
	       { "GET /apps", NULL, 0,
		 "[{\"name\":\"b\"},{\"name\":\"a\",\"url\":\"2\"},{\"name\":\"a\",\"url\":\"1\"}]", 0 });
	list_names(fake, resource, UINT64_MAX, names, sizeof(names));
	assert_int_equal(strlen(names), strlen("a~123456 a~123456 b "));
	list_names(fake, resource, 0, again, sizeof(again));
	assert_string_equal(again, names);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_first_id_that_a_record_has_is_used, writing_setup,
						writing_teardown),
		cmocka_unit_test_setup_teardown(test_object_without_an_id_can_only_be_read, writing_setup,
						writing_teardown),
		cmocka_unit_test_setup_teardown(test_namesakes_without_an_id_are_all_there, writing_setup,
						writing_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
