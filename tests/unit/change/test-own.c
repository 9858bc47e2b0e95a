/* Our own writes: what the server makes of them, and reads that are behind them. */
#include "bob.c"

#define GET "GET /settings"
#define PUT "PUT /settings"
#define SETTINGS(prompt) "{\"attempts\":3" prompt "}"
#define PROMPT(text) ",\"prompt\":\"" text "\""

static int lagging_setup(void **state)
{
	int r = writing_setup(state);
	struct fake *fake = *state;

	fake->config.read_lag_ms = 4000;
	return r;
}

static struct tfs_doc *open_settings(struct fake *fake, struct tfs_resource *resource, const char *record)
{
	SCRIPT(fake, { GET, NULL, 0, record, 0 });
	return get(fake, resource, "mfa", 0);
}

/* Saves `text` over `base`: the server has `before`, and `shown` when it is read back. Frees `base`. */
static struct tfs_doc *save_settings(struct fake *fake, struct tfs_resource *resource, struct tfs_doc *base,
				     const char *text, const char *before, const char *shown)
{
	struct tfs_doc *after = NULL;

	SCRIPT(fake, { GET, NULL, 0, before, 0 }, { PUT, NULL, 0, NULL, 0 }, { GET, NULL, 0, shown, 0 });
	if (save(fake, resource, "mfa", base, text, &after) < 0)
		fail_msg("%s", tfs_op_error(fake->op)->message);
	all_called(fake);
	tfs_doc_unref(base);
	return after;
}

static void test_what_became_of_a_save_is_shown(void **state)
{
	static const struct {
		const char *written, *kept, *shown;
	} forms[] = {
		{ PROMPT(""), "", "{\"attempts\":3}" },
		{ PROMPT(" Hello "), PROMPT("hello"), "{\"attempts\":3,\"prompt\":\"hello\"}" },
		{ PROMPT("too long"), PROMPT("too"), "{\"attempts\":3,\"prompt\":\"too\"}" },
		{ "", PROMPT("default"), "{\"attempts\":3,\"prompt\":\"default\"}" },
	};
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &settings);

	for (size_t i = 0; i < COUNT(forms); i++) {
		char written[256], kept[256];
		struct tfs_doc *doc = open_settings(fake, resource, SETTINGS(PROMPT("old")));

		snprintf(written, sizeof(written), SETTINGS("%s"), forms[i].written);
		snprintf(kept, sizeof(kept), SETTINGS("%s"), forms[i].kept);
		doc = save_settings(fake, resource, doc, written, SETTINGS(PROMPT("old")), kept);
		assert_doc(doc, forms[i].shown);
		/* Saving again is no conflict. */
		doc = save_settings(fake, resource, doc, SETTINGS(PROMPT("old")), kept, SETTINGS(PROMPT("old")));
		assert_doc(doc, SETTINGS(PROMPT("old")));
		tfs_doc_unref(doc);
	}
}

static void test_read_behind_a_save_does_not_undo_it(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &settings);
	struct tfs_doc *doc = open_settings(fake, resource, SETTINGS(PROMPT("v1"))), *read;

	doc = save_settings(fake, resource, doc, SETTINGS(PROMPT("v2")), SETTINGS(PROMPT("v1")),
			    SETTINGS(PROMPT("v1")));
	assert_doc(doc, SETTINGS(PROMPT("v2")));
	/* A save on top of it starts from it, not from what is behind. */
	doc = save_settings(fake, resource, doc, SETTINGS(PROMPT("v3")), SETTINGS(PROMPT("v1")),
			    SETTINGS(PROMPT("v2")));
	assert_doc(doc, SETTINGS(PROMPT("v3")));
	for (int i = 0; i < 2; i++) {
		read = open_settings(fake, resource, i == 0 ? SETTINGS(PROMPT("v2")) : SETTINGS(PROMPT("v3")));
		assert_doc(read, SETTINGS(PROMPT("v3")));
		assert_int_equal(atomic_load(&read->stale), i == 0);
		tfs_doc_unref(read);
	}
	tfs_doc_unref(doc);
}

static void test_form_that_is_seen_late_is_no_conflict(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &settings);
	struct tfs_doc *doc = open_settings(fake, resource, SETTINGS(PROMPT("v1"))), *after = NULL;

	doc = save_settings(fake, resource, doc, SETTINGS(PROMPT(" V2 ")), SETTINGS(PROMPT("v1")),
			    SETTINGS(PROMPT("v1")));
	assert_doc(doc, SETTINGS(PROMPT(" V2 ")));
	SCRIPT(fake, { GET, NULL, 0, SETTINGS(PROMPT("v2")), 0 },
	       { PUT, "{\"body\":{\"communityId\":\"com1\",\"attempts\":4,\"prompt\":\"v2\"}}", 0, NULL, 0 },
	       { GET, NULL, 0, "{\"attempts\":4,\"prompt\":\"v2\"}", 0 });
	if (save(fake, resource, "mfa", doc, "{\"attempts\":4,\"prompt\":\" V2 \"}", &after) < 0)
		fail_msg("%s", tfs_op_error(fake->op)->message);
	all_called(fake);
	tfs_doc_unref(doc);
	tfs_doc_unref(after);
}

static void test_change_by_others_after_a_save_is_a_conflict(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &settings);
	struct tfs_doc *doc = open_settings(fake, resource, SETTINGS(PROMPT("v1"))), *after = NULL;

	doc = save_settings(fake, resource, doc, SETTINGS(PROMPT("v2")), SETTINGS(PROMPT("v1")),
			    SETTINGS(PROMPT("v2")));
	SCRIPT(fake, { GET, NULL, 0, SETTINGS(PROMPT("theirs")), 0 },
	       { "POST /reports/audit_log", NULL, 0, "{\"data\":[]}", 0 });
	assert_int_equal(save(fake, resource, "mfa", doc, SETTINGS(PROMPT("v3")), &after), -ESTALE);
	tfs_doc_unref(doc);
}

static void test_made_object_is_not_gone(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &apps);
	struct tfs_doc *doc = NULL;
	char names[64];

	SCRIPT(fake, { "GET /apps", NULL, 0, "[]", 0 },
	       { "PUT /apps", NULL, 0, "{\"_id\":\"a1\",\"name\":\"one\",\"url\":\"http://1\"}", 0 });
	assert_int_equal(save(fake, resource, "one", NULL, "{\"url\":\"http://1\"}", &doc), 0);
	all_called(fake);
	tfs_doc_unref(doc);
	SCRIPT(fake, { "GET /apps", NULL, 0, "[]", 0 });
	list_names(fake, resource, 0, names, sizeof(names));
	assert_string_equal(names, "one ");
	/* Once it was seen, its absence counts. */
	SCRIPT(fake, { "GET /apps", NULL, 0, "[{\"_id\":\"a1\",\"name\":\"one\",\"url\":\"http://1\"}]", 0 },
	       { "GET /apps", NULL, 0, "[]", 0 });
	list_names(fake, resource, 0, names, sizeof(names));
	assert_string_equal(names, "one ");
	list_names(fake, resource, 0, names, sizeof(names));
	assert_string_equal(names, "");
}

static void test_made_object_is_read_until_it_is_there(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &apps);
	struct tfs_doc *doc = NULL;

	SCRIPT(fake, { "GET /apps", NULL, 0, "[]", 0 }, { "PUT /apps", NULL, 0, NULL, 0 },
	       { "GET /apps", NULL, 0, "[]", 0 },
	       { "GET /apps", NULL, 0, "[{\"_id\":\"a1\",\"name\":\"one\",\"kind\":\"web\"}]", 0 });
	assert_int_equal(save(fake, resource, "one", NULL, "{}", &doc), 0);
	assert_doc(doc, "{\"name\":\"one\",\"kind\":\"web\",\"_server\":{\"_id\":\"a1\"}}");
	all_called(fake);
	tfs_doc_unref(doc);
}

static void test_renamed_object_keeps_its_new_name(void **state)
{
	static const char before[] = "[{\"_id\":\"a1\",\"name\":\"one\",\"url\":\"http://1\"}]";
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &apps);
	struct tfs_doc *doc = NULL;
	char names[64];

	SCRIPT(fake, { "GET /apps", NULL, 0, before, 0 }, { "GET /apps", NULL, 0, before, 0 },
	       { "PUT /apps/{id}", NULL, 0, NULL, 0 }, { "GET /apps", NULL, 0, before, 0 },
	       { "GET /apps", NULL, 0, before, 0 });
	list_names(fake, resource, 0, names, sizeof(names));
	assert_int_equal(tfs_resource_rename(resource, fake->op, "one", "two", &doc), 0);
	assert_string_equal(doc->name, "two");
	list_names(fake, resource, 0, names, sizeof(names));
	assert_string_equal(names, "two ");
	all_called(fake);
	tfs_doc_unref(doc);
}

static void test_removed_object_does_not_come_back(void **state)
{
	struct fake *fake = *state;
	struct tfs_resource *resource = open_resource(fake, &people);
	struct tfs_doc *doc = look(fake, resource, BOB("")), *again = NULL;

	SCRIPT(fake, { "DELETE /people/{id}", NULL, 0, NULL, 0 }, { FETCH, LOOK, 0, ONE(BOB("")), 0 });
	assert_int_equal(tfs_resource_remove(resource, fake->op, "bob"), 0);
	assert_int_equal(tfs_resource_get(resource, fake->op, "bob", 0, &again), -ENOENT);
	all_called(fake);
	tfs_doc_unref(doc);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, lagging_setup, writing_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_what_became_of_a_save_is_shown),
		TEST(test_read_behind_a_save_does_not_undo_it),
		TEST(test_form_that_is_seen_late_is_no_conflict),
		TEST(test_change_by_others_after_a_save_is_a_conflict),
		TEST(test_made_object_is_not_gone),
		TEST(test_made_object_is_read_until_it_is_there),
		TEST(test_renamed_object_keeps_its_new_name),
		TEST(test_removed_object_does_not_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
