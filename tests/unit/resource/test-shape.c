/* The forms of lists and documents that are read, and how any other is refused. */
#include "fake.c"

#define FETCH "POST /people/fetch"
#define BOB "{\"uid\":\"u-bob\",\"username\":\"bob\"}"
#define ANN "{\"uid\":\"u-ann\",\"username\":\"ann\"}"

static const struct {
	const char *body, *names;
} accepted[] = {
	{ "{\"data\":[" BOB "," ANN "]}", "ann bob " },
	{ "[" BOB "," ANN "]", "ann bob " },
	{ BOB, "bob " },
	{ "{\"data\":" BOB "}", "bob " },
	{ "{\"data\":{\"u-bob\":" BOB ",\"u-ann\":" ANN "}}", "ann bob " },
	{ "{\"u-bob\":" BOB ",\"u-ann\":" ANN "}", "ann bob " },
	{ "{\"data\":[{\"user\":" BOB "},{\"user\":" ANN "}]}", "ann bob " },
	{ "[{\"user\":" BOB "}]", "bob " },
	{ "{\"result\":{\"users\":[" BOB "," ANN "]}}", "ann bob " },
	{ "{\"users\":[" BOB "],\"errors\":[],\"tenant\":{\"uid\":\"t\"}}", "bob " },
	{ "{\"data\":null}", "" },
	{ "{\"users\":[]}", "" },
};

static void test_forms_of_a_list_are_read(void **state)
{
	struct tfs_kind kind = people;
	struct fake *fake = *state;
	struct tfs_resource *resource;

	kind.page_total = NULL;
	resource = open_resource(fake, &kind);
	for (size_t i = 0; i < COUNT(accepted); i++) {
		SCRIPT(fake, { FETCH, NULL, 0, accepted[i].body, 0 });
		assert_names(fake, resource, 0, accepted[i].names);
		all_called(fake);
	}
}

#define EXPECTED "POST /people/fetch: expected a list of records with \"username\" or \"uid\" at /data, and got "

static const struct {
	const char *body, *message;
} refused[] = {
	{ "{\"data\":\"x\"}", EXPECTED "a text" },
	{ "{\"data\":3}", EXPECTED "a number" },
	{ "{}", EXPECTED "an empty object" },
	{ "{\"data\":{}}", EXPECTED "an empty object" },
	{ "{\"data\":[{\"a\":1},{\"b\":2}]}", EXPECTED "a list of 2 without them" },
	{ "{\"users\":[" BOB "],\"more\":[" ANN "]}", EXPECTED "an object with \"users\", \"more\"" },
	{ "{\"users\":[],\"errors\":[{\"message\":\"m\"}]}", EXPECTED "an object with \"users\", \"errors\"" },
	{ "{\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1}",
	  EXPECTED "an object with \"a\", \"b\", \"c\", \"d\", \"e\", \"f\" …" },
	{ "{\"page\":{\"total\":2},\"data\":[" BOB "]}",
	  "POST /people/fetch: the service counts 2 records and returned 1" },
	{ "{\"total\":\"3\",\"users\":[" BOB "]}", "POST /people/fetch: the service counts 3 records and returned 1" },
};

static void test_other_forms_are_refused(void **state)
{
	struct tfs_kind kind = people;
	struct fake *fake = *state;
	struct tfs_resource *resource;
	struct tfs_doc **docs;
	size_t count;

	kind.page_total = NULL;
	resource = open_resource(fake, &kind);
	for (size_t i = 0; i < COUNT(refused); i++) {
		SCRIPT(fake, { FETCH, NULL, 0, refused[i].body, 0 });
		assert_failed(fake, tfs_resource_list(resource, fake->op, 0, &docs, &count), -EBADMSG,
			      refused[i].message);
	}
}

/* A record without an id gets the key it is under. */
static void test_key_is_the_id(void **state)
{
	struct tfs_kind kind = people;
	struct fake *fake = *state;
	struct tfs_resource *resource;
	struct tfs_doc *doc;

	kind.page_total = NULL;
	resource = open_resource(fake, &kind);
	SCRIPT(fake, { FETCH, NULL, 0, "{\"u1\":{\"username\":\"bob\"},\"ann\":{\"username\":\"ann\"}}", 0 });
	assert_names(fake, resource, 0, "ann bob ");
	doc = get(fake, resource, "bob", UINT64_MAX);
	assert_string_equal(doc->id, "u1");
	tfs_doc_unref(doc);
	doc = get(fake, resource, "ann", UINT64_MAX);
	assert_string_equal(doc->id, "");
	tfs_doc_unref(doc);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fake_setup, fake_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_forms_of_a_list_are_read),
		TEST(test_other_forms_are_refused),
		TEST(test_key_is_the_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
