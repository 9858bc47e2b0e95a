/* Operations of editors beside a document: scratch files, renames onto it, renames to a backup. */
#include "fixture.c"

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_start, fixture_end)
#define BOB STAFF "/bob.json"
#define BOB_TEXT "{\n  \"first\": \"Bob\"\n}\n"

static void test_scratch_file_is_local(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make_file(f, STAFF, ".bob.json.swp", "anything"), 0);
	assert_text(f, STAFF "/.bob.json.swp", "anything");
	assert_true(lists(f, STAFF, ".bob.json.swp"));
	assert_state(f, STAFF "/.bob.json.swp", "scratch");
	assert_int_equal(unlink_in(f, STAFF, ".bob.json.swp"), 0);
	assert_false(lists(f, STAFF, ".bob.json.swp"));
	assert_int_equal(fake_counts(f->store).saves, 0);
	assert_int_equal(make_file(f, "communities/default/roles", "4913", ""), 0);
	assert_int_equal(make_file(f, "", ".x", "y"), 0);
	assert_text(f, ".x", "y");
}

static void test_rename_onto_a_document_is_a_save(void **state)
{
	struct fixture *f = *state;
	struct tfs_node *node = NULL;

	assert_int_equal(make_file(f, STAFF, "sedAbC123", "{\"first\": \"Rob\"}"), 0);
	assert_int_equal(rename_in(f, STAFF, "sedAbC123", "bob.json"), 0);
	assert_text(f, BOB, "{\n  \"first\": \"Rob\"\n}\n");
	assert_int_equal(fake_counts(f->store).saves, 1);
	assert_int_equal(walk(f, STAFF "/sedAbC123", &node, NULL), -ENOENT);
	assert_false(lists(f, STAFF, "sedAbC123"));
}

static void test_refused_rename_leaves_a_draft(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make_file(f, STAFF, "bob.json~", "{\"first\": 1}"), 0);
	fake_fail(f->store, -EINVAL, "first: no string", 1);
	assert_int_equal(rename_in(f, STAFF, "bob.json~", "bob.json"), -EINVAL);
	assert_string_equal(message(f), "first: no string");
	assert_text(f, BOB, BOB_TEXT);
	assert_text(f, STAFF "/bob.json~", "{\"first\": 1}");
	assert_text(f, ".tenantfs/drafts/" BOB, "{\"first\": 1}");
}

static void test_rename_to_a_new_name_creates(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make_file(f, STAFF, ".carol.json.tmp", "{\"first\": \"Carol\"}"), 0);
	assert_int_equal(rename_in(f, STAFF, ".carol.json.tmp", "carol.json"), 0);
	assert_text(f, STAFF "/carol.json", "{\n  \"first\": \"Carol\"\n}\n");
	assert_int_equal(make_file(f, "communities/default/settings", ".x.tmp", "{}"), 0);
	assert_int_equal(rename_in(f, "communities/default/settings", ".x.tmp", "x.json"), -EPERM);
	assert_string_equal(message(f), "\"x.json\" cannot name a document here");
}

static void test_unchanged_rename_sends_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make_file(f, STAFF, ".bob.json.XyZ123", BOB_TEXT), 0);
	assert_int_equal(rename_in(f, STAFF, ".bob.json.XyZ123", "bob.json"), 0);
	assert_int_equal(fake_counts(f->store).saves, 0);
	assert_text(f, BOB, BOB_TEXT);
}

static void test_rename_keeps_the_time_of_the_scratch_file(void **state)
{
	struct fixture *f = *state;
	struct stat attr = { .st_mtim = { 4321, 0 } };
	struct tfs_attr now;
	struct tfs_node *node;

	assert_int_equal(make_file(f, STAFF, ".bob.json.XyZ123", "{\n  \"first\": \"Rob\"\n}\n"), 0);
	node = must_walk(f, STAFF "/.bob.json.XyZ123");
	assert_int_equal(tfs_tree_setattr(f->tree, next_op(f), node, NULL, &attr, 1 << 5, &now), 0);
	attr.st_mode = 0640;
	assert_int_equal(tfs_tree_setattr(f->tree, next_op(f), node, NULL, &attr, 1 << 0, &now), 0);
	assert_int_equal(now.stat.st_mode & 07777, 0640);
	assert_int_equal(rename_in(f, STAFF, ".bob.json.XyZ123", "bob.json"), 0);
	assert_int_equal(walk(f, BOB, &node, &now), 0);
	assert_int_equal(now.stat.st_mtim.tv_sec, 4321);
}

/* vim with backupcopy=no, emacs: rename x to x~, create x, remove x~. */
static void test_save_after_a_rename_to_a_backup_is_one_change(void **state)
{
	struct fixture *f = *state;
	struct tfs_node *node = NULL;

	assert_int_equal(rename_in(f, STAFF, "bob.json", "bob.json~"), 0);
	assert_int_equal(walk(f, BOB, &node, NULL), -ENOENT);
	assert_false(lists(f, STAFF, "bob.json"));
	assert_text(f, STAFF "/bob.json~", BOB_TEXT);
	assert_int_equal(make_file(f, STAFF, "bob.json", "{\"first\": \"Rob\"}"), 0);
	assert_text(f, BOB, "{\n  \"first\": \"Rob\"\n}\n");
	assert_int_equal(unlink_in(f, STAFF, "bob.json~"), 0);
	assert_text(f, BOB, "{\n  \"first\": \"Rob\"\n}\n");
	assert_int_equal(fake_counts(f->store).saves, 1);
	assert_int_equal(fake_counts(f->store).removes, 0);
}

static void test_rename_to_a_backup_and_back_sends_nothing(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(rename_in(f, STAFF, "bob.json", "bob.json~"), 0);
	assert_int_equal(rename_in(f, STAFF, "bob.json~", "bob.json"), 0);
	assert_text(f, BOB, BOB_TEXT);
	assert_false(lists(f, STAFF, "bob.json~"));
	assert_int_equal(fake_counts(f->store).saves, 0);
}

static void test_removed_backup_restores_the_document(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(rename_in(f, MODULES, "Staff.json", "Staff.json~"), 0);
	assert_int_equal(unlink_in(f, MODULES, "Staff.json~"), 0);
	assert_text(f, MODULES "/Staff.json", "{\n  \"kind\": \"ldap\"\n}\n");
	assert_int_equal(fake_counts(f->store).removes, 0);
	assert_int_equal(fake_counts(f->store).renames, 0);
}

static void test_refused_save_restores_the_renamed_document(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(rename_in(f, STAFF, "bob.json", "bob.json~"), 0);
	fake_fail(f->store, -EPERM, "no", 1);
	assert_int_equal(make_file(f, STAFF, "bob.json", "{\"first\": \"Rob\"}"), -EPERM);
	/* The document of the server is under its name again. */
	assert_text(f, BOB, BOB_TEXT);
	assert_text(f, STAFF "/bob.json~", BOB_TEXT);
	assert_int_equal(rename_in(f, STAFF, "bob.json", "bob.json.bak~"), 0);
	assert_int_equal(make_file(f, STAFF, "sedAbC123", "{\"first\": \"Rob\"}"), 0);
	fake_fail(f->store, -EPERM, "no", 1);
	assert_int_equal(rename_in(f, STAFF, "sedAbC123", "bob.json"), -EPERM);
	assert_text(f, BOB, BOB_TEXT);
}

/* sed -i~: rename x to x~, then the new text to x. */
static void test_rename_onto_a_backed_up_document_is_one_change(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make_file(f, STAFF, "sedAbC123", "{\"first\": \"Rob\"}"), 0);
	assert_int_equal(rename_in(f, STAFF, "bob.json", "bob.json~"), 0);
	assert_int_equal(rename_in(f, STAFF, "sedAbC123", "bob.json"), 0);
	assert_text(f, BOB, "{\n  \"first\": \"Rob\"\n}\n");
	assert_text(f, STAFF "/bob.json~", BOB_TEXT);
	assert_int_equal(fake_counts(f->store).saves, 1);
}

static void test_rename_between_scratch_files_is_local(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make_file(f, STAFF, ".a.tmp", "a"), 0);
	assert_int_equal(make_file(f, STAFF, ".b.tmp", "b"), 0);
	assert_int_equal(rename_in(f, STAFF, ".a.tmp", ".b.tmp"), 0);
	assert_text(f, STAFF "/.b.tmp", "a");
	assert_false(lists(f, STAFF, ".a.tmp"));
	assert_int_equal(rename_in(f, STAFF, ".a.tmp", ".c.tmp"), -ENOENT);
}

static void test_rename_of_an_object_is_one_call(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(rename_in(f, MODULES, "Staff.json", "Crew.json"), 0);
	assert_text(f, MODULES "/Crew.json", "{\n  \"kind\": \"ldap\"\n}\n");
	assert_false(lists(f, MODULES, "Staff.json"));
	assert_int_equal(fake_counts(f->store).renames, 1);
	assert_int_equal(make_file(f, MODULES, "Staff.json", "{}"), 0);
	assert_int_equal(rename_in(f, MODULES, "Crew.json", "Staff.json"), -EEXIST);
	assert_int_equal(rename_in(f, STAFF, "bob.json", "robert.json"), -EPERM);
	assert_string_equal(message(f), "the API has no call that renames it");
	assert_int_equal(rename_in(f, MODULES, "nobody.json", "x.json"), -ENOENT);
	assert_int_equal(rename_in(f, "communities/default", "users", "people.json"), -EPERM);
}

static void test_rename_to_another_directory_is_refused(void **state)
{
	struct fixture *f = *state;
	struct tfs_node *from = must_walk(f, STAFF), *to = must_walk(f, MODULES);

	assert_int_equal(tfs_tree_rename(f->tree, next_op(f), from, "bob.json", to, "bob.json", 0), -EPERM);
	assert_int_equal(make_file(f, STAFF, "new.json", ""), 0);
	assert_int_equal(rename_in(f, STAFF, "new.json", "newer.json"), -EXDEV);
	assert_int_equal(make_file(f, "", ".m.tmp", "{\"kind\": \"sql\"}"), 0);
	assert_int_equal(tfs_tree_rename(f->tree, next_op(f), must_walk(f, ""), ".m.tmp", to, "M.json", 0), 0);
	assert_text(f, MODULES "/M.json", "{\n  \"kind\": \"sql\"\n}\n");
}

static void test_rename_flags_are_respected(void **state)
{
	struct fixture *f = *state;
	struct tfs_node *node = must_walk(f, STAFF);

	assert_int_equal(make_file(f, STAFF, ".x.tmp", "{}"), 0);
	assert_int_equal(tfs_tree_rename(f->tree, next_op(f), node, ".x.tmp", node, "bob.json", RENAME_NOREPLACE),
			 -EEXIST);
	assert_int_equal(tfs_tree_rename(f->tree, next_op(f), node, ".x.tmp", node, "bob.json", RENAME_EXCHANGE),
			 -EINVAL);
	assert_int_equal(fake_counts(f->store).saves, 0);
}

static void test_descriptor_writes_the_renamed_document(void **state)
{
	struct fixture *f = *state;
	struct tfs_file *file;

	assert_int_equal(create_path(f, STAFF, ".bob.tmp", &file), 0);
	put_text(f, file, "{\"first\": \"Rob\"}");
	assert_int_equal(rename_in(f, STAFF, ".bob.tmp", "bob.json"), 0);
	assert_int_equal(tfs_file_flush(file, next_op(f)), 0);
	assert_int_equal(fake_counts(f->store).saves, 1);
	put_text(f, file, "{\"first\": \"Ron\"}");
	assert_int_equal(tfs_file_flush(file, next_op(f)), 0);
	tfs_file_release(file);
	assert_text(f, BOB, "{\n  \"first\": \"Ron\"\n}\n");
}

static void test_renamed_text_is_merged_from_the_read_version(void **state)
{
	struct fixture *f = *state;

	f->pid = 300;
	tfs_file_release(must_open(f, STAFF "/alice.json", O_RDONLY));
	fake_put(f->store, STAFF, "alice", "{\n  \"first\": \"Alice\",\n  \"role\": \"admin\"\n}\n");
	tfs_store_refresh(f->store, "");
	lists(f, STAFF, "x");
	assert_int_equal(make_file(f, STAFF, "sedAbC123", "{\"first\": \"Ann\", \"role\": \"user\"}"), 0);
	assert_int_equal(rename_in(f, STAFF, "sedAbC123", "alice.json"), 0);
	assert_string_equal(fake_text(f->store, STAFF, "alice"),
			    "{\n  \"first\": \"Ann\",\n  \"role\": \"admin\"\n}\n");
}

static void test_number_and_size_of_local_files_are_limited(void **state)
{
	struct fixture *f = *state;
	struct tfs_file *file;
	char name[32];
	int made = 0, r = 0;
	cleanup_free char *bytes = calloc(1, 1 << 20);

	for (; r == 0 && made < 2000; made++) {
		snprintf(name, sizeof(name), ".f%d", made);
		r = make_file(f, STAFF, name, "");
	}
	assert_int_equal(r, -ENOSPC);
	assert_int_equal(made, 1001);
	assert_string_equal(message(f), "there are 1000 local files already");
	assert_int_equal(unlink_in(f, STAFF, ".f0"), 0);
	assert_int_equal(create_path(f, STAFF, ".big", &file), 0);
	assert_int_equal(tfs_tree_write(file, next_op(f), 32 << 20, bytes, 1), -EFBIG);
	assert_int_equal(tfs_tree_write(file, next_op(f), (32 << 20) - 1, bytes, 1), 0);
	tfs_file_release(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_scratch_file_is_local),
		TEST(test_rename_onto_a_document_is_a_save),
		TEST(test_refused_rename_leaves_a_draft),
		TEST(test_rename_to_a_new_name_creates),
		TEST(test_unchanged_rename_sends_nothing),
		TEST(test_rename_keeps_the_time_of_the_scratch_file),
		TEST(test_save_after_a_rename_to_a_backup_is_one_change),
		TEST(test_rename_to_a_backup_and_back_sends_nothing),
		TEST(test_removed_backup_restores_the_document),
		TEST(test_refused_save_restores_the_renamed_document),
		TEST(test_rename_onto_a_backed_up_document_is_one_change),
		TEST(test_rename_between_scratch_files_is_local),
		TEST(test_rename_of_an_object_is_one_call),
		TEST(test_rename_to_another_directory_is_refused),
		TEST(test_rename_flags_are_respected),
		TEST(test_descriptor_writes_the_renamed_document),
		TEST(test_renamed_text_is_merged_from_the_read_version),
		TEST(test_number_and_size_of_local_files_are_limited),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
