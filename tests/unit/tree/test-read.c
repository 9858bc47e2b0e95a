/* Reading through the tree: look-up, listings, attributes, snapshots. */
#include "fixture.c"

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_start, fixture_end)

static void test_documents_are_at_the_paths_of_their_templates(void **state)
{
	struct fixture *f = *state;

	assert_text(f, STAFF "/alice.json", "{\n  \"first\": \"Alice\",\n  \"role\": \"user\"\n}\n");
	assert_text(f, MFA, "{\n  \"enabled\": true\n}\n");
	assert_text(f, "health.json", "{\n  \"ok\": true\n}\n");
}

static void test_listing_fetches_the_documents(void **state)
{
	struct fixture *f = *state;

	assert_true(lists(f, STAFF, "alice.json"));
	fake_reset_counts(f->store);
	assert_text(f, STAFF "/bob.json", "{\n  \"first\": \"Bob\"\n}\n");
	assert_true(lists(f, STAFF, "bob.json"));
	assert_int_equal(fake_counts(f->store).lists, 0);
}

static void test_root_lists_its_entries(void **state)
{
	struct fixture *f = *state;

	assert_true(lists(f, "", "."));
	assert_true(lists(f, "", ".."));
	assert_true(lists(f, "", "README.md"));
	assert_true(lists(f, "", ".api"));
	assert_true(lists(f, "", ".tenantfs"));
	assert_true(lists(f, "", "communities"));
	assert_true(lists(f, "", "health.json"));
}

static void test_on_demand_document_exists_unlisted(void **state)
{
	struct fixture *f = *state;

	assert_false(lists(f, STAFF, "alice.d"));
	assert_text(f, STAFF "/alice.d/detail.json", "{\n  \"seen\": \"today\"\n}\n");
}

static void test_missing_paths_are_enoent(void **state)
{
	struct fixture *f = *state;
	struct tfs_node *node = NULL;

	assert_int_equal(walk(f, STAFF "/carol.json", &node, NULL), -ENOENT);
	assert_int_equal(walk(f, STAFF "/carol.d", &node, NULL), -ENOENT);
	assert_int_equal(walk(f, "communities/other", &node, NULL), -ENOENT);
	assert_int_equal(walk(f, "communities/default/users/Nobody", &node, NULL), -ENOENT);
	assert_null(node);
}

static void test_dot_names_cost_no_call(void **state)
{
	struct fixture *f = *state;
	struct tfs_node *node = NULL;

	must_walk(f, STAFF);
	fake_reset_counts(f->store);
	assert_int_equal(walk(f, STAFF "/.git", &node, NULL), -ENOENT);
	assert_int_equal(fake_counts(f->store).lists, 0);
	assert_int_equal(fake_counts(f->store).gets, 0);
}

static void test_attributes_of_files_and_directories(void **state)
{
	struct fixture *f = *state;
	struct tfs_node *node;
	struct tfs_attr attr;

	assert_int_equal(walk(f, STAFF "/bob.json", &node, &attr), 0);
	assert_int_equal(attr.stat.st_mode, S_IFREG | 0600);
	assert_int_equal(attr.stat.st_size, 21);
	assert_int_equal(attr.stat.st_mtim.tv_sec, 1700000000);
	assert_int_equal(attr.stat.st_uid, 1000);
	/* A user depends on a module, so its inode number is above those of modules. */
	assert_int_equal(attr.stat.st_ino, tfs_node_ino(node) | (uint64_t)1 << 48);
	assert_true(attr.stable);
	assert_int_equal(walk(f, MODULES, &node, &attr), 0);
	assert_int_equal(attr.stat.st_ino, tfs_node_ino(node));
	assert_int_equal(walk(f, "communities/default/roles/admin.json", &node, &attr), 0);
	assert_int_equal(attr.stat.st_mode, S_IFREG | 0400);
	assert_int_equal(walk(f, STAFF, &node, &attr), 0);
	assert_int_equal(attr.stat.st_mode, S_IFDIR | 0700);
}

static void test_view_cannot_be_opened_for_writing(void **state)
{
	struct fixture *f = *state;
	struct tfs_open_result result;
	struct tfs_file *file;

	assert_int_equal(open_path(f, "communities/default/roles/admin.json", O_RDWR, &file, &result), -EROFS);
	assert_string_equal(message(f), "this is a view: the API can only read it");
}

static void test_reader_keeps_its_version(void **state)
{
	struct fixture *f = *state;
	struct tfs_file *file = must_open(f, STAFF "/bob.json", O_RDONLY);
	struct tfs_node *before = must_walk(f, STAFF "/bob.json");
	cleanup_free char *text = NULL;

	fake_put(f->store, STAFF, "bob", "{}\n");
	tfs_store_refresh(f->store, "");
	assert_text(f, STAFF "/bob.json", "{}\n");
	text = file_text(f, file);
	assert_string_equal(text, "{\n  \"first\": \"Bob\"\n}\n");
	assert_ptr_not_equal(must_walk(f, STAFF "/bob.json"), before);
	tfs_file_release(file);
}

static void test_new_version_has_a_new_node(void **state)
{
	struct fixture *f = *state;
	struct tfs_node *node = must_walk(f, STAFF "/bob.json");
	struct tfs_open_result result;
	struct tfs_file *file;

	assert_int_equal(tfs_tree_open(f->tree, next_op(f), node, O_RDONLY, &file, &result), 0);
	assert_true(result.keep_cache);
	assert_false(result.direct_io);
	tfs_file_release(file);
	fake_put(f->store, STAFF, "bob", "{\n  \"first\": \"Robert\"\n}\n");
	tfs_store_refresh(f->store, "");
	f->gone = 0;
	/* The kernel opens the cached node, gets ESTALE, and opens the node of the new look-up. */
	assert_int_equal(tfs_tree_open(f->tree, next_op(f), node, O_RDONLY, &file, &result), -ESTALE);
	assert_int_equal(f->gone, 1);
	assert_string_equal(f->last_gone, "bob.json");
	node = must_walk(f, STAFF "/bob.json");
	/* Even if the document changes again before. */
	fake_put(f->store, STAFF, "bob", "{}\n");
	tfs_store_refresh(f->store, "");
	assert_int_equal(lists(f, STAFF, "bob.json"), true);
	assert_int_equal(tfs_tree_open(f->tree, next_op(f), node, O_RDONLY, &file, &result), 0);
	assert_false(result.direct_io);
	tfs_file_release(file);
	assert_text(f, STAFF "/bob.json", "{}\n");
}

static void test_second_open_of_a_stale_node_succeeds(void **state)
{
	struct fixture *f = *state;
	struct tfs_node *node = must_walk(f, STAFF "/bob.json");
	struct tfs_open_result result;
	struct tfs_file *file;

	fake_put(f->store, STAFF, "bob", "{}\n");
	tfs_store_refresh(f->store, "");
	assert_int_equal(tfs_tree_open(f->tree, next_op(f), node, O_RDONLY, &file, &result), -ESTALE);
	assert_int_equal(tfs_tree_open(f->tree, next_op(f), node, O_RDONLY, &file, &result), 0);
	assert_true(result.direct_io);
	tfs_file_release(file);
	f->pid = 200;
	assert_int_equal(tfs_tree_open(f->tree, next_op(f), node, O_RDONLY, &file, &result), -ESTALE);
}

static void test_unchanged_directory_keeps_its_kernel_cache(void **state)
{
	struct fixture *f = *state;
	struct tfs_node *node;
	struct tfs_dir *dir;
	bool keep;

	lists(f, STAFF, "x");
	lists(f, STAFF, "x");
	node = must_walk(f, STAFF);
	fake_reset_counts(f->store);
	assert_true(tfs_node_nowait(f->tree, node));
	assert_int_equal(tfs_tree_opendir(f->tree, next_op(f), node, &dir, &keep), 0);
	assert_true(keep);
	assert_false(tfs_dir_filled(dir));
	tfs_tree_closedir(dir);
	fake_put(f->store, STAFF, "carol", "{}\n");
	tfs_store_refresh(f->store, STAFF);
	assert_false(tfs_node_nowait(f->tree, node));
	assert_int_equal(tfs_tree_opendir(f->tree, next_op(f), node, &dir, &keep), 0);
	assert_false(keep);
	tfs_tree_closedir(dir);
	assert_true(lists(f, STAFF, "carol.json"));
	assert_int_equal(fake_counts(f->store).lists, 1);
}

static void test_removed_object_is_gone_after_a_listing(void **state)
{
	struct fixture *f = *state;
	struct tfs_node *node = NULL;

	must_walk(f, STAFF "/bob.json");
	lists(f, STAFF, "x");
	fake_drop(f->store, STAFF, "bob");
	tfs_store_refresh(f->store, "");
	f->gone = 0;
	assert_false(lists(f, STAFF, "bob.json"));
	assert_int_equal(f->gone, 1);
	assert_int_equal(walk(f, STAFF "/bob.json", &node, NULL), -ENOENT);
}

static void test_cached_directory_is_served_without_the_server(void **state)
{
	struct fixture *f = *state;
	struct tfs_node *node = must_walk(f, STAFF);
	struct tfs_dir *dir;
	bool keep;

	fake_fail_reads(f->store, -EIO, "cannot connect", 1);
	assert_int_equal(tfs_tree_opendir(f->tree, next_op(f), node, &dir, &keep), -EIO);
	assert_string_equal(message(f), "cannot connect");
	assert_true(lists(f, STAFF, "bob.json"));
	tfs_store_refresh(f->store, "");
	fake_fail_reads(f->store, -EIO, "cannot connect", 9);
	assert_true(lists(f, STAFF, "bob.json"));
	assert_text(f, STAFF "/bob.json", "{\n  \"first\": \"Bob\"\n}\n");
}

static void test_readdirplus_makes_nodes_without_calls(void **state)
{
	struct fixture *f = *state;
	struct tfs_node *directory = must_walk(f, STAFF), *node;
	struct tfs_dirent dirent;
	struct tfs_attr attr;
	struct tfs_dir *dir;
	bool keep;

	assert_int_equal(tfs_tree_opendir(f->tree, next_op(f), directory, &dir, &keep), 0);
	fake_reset_counts(f->store);
	assert_true(tfs_dir_at(dir, 2, &dirent));
	assert_string_equal(dirent.name, "alice.json");
	assert_int_equal(tfs_dir_node(dir, 2, &node, &attr), 0);
	assert_int_equal(attr.stat.st_size, 41);
	assert_int_equal(fake_counts(f->store).gets, 0);
	tfs_tree_forget(f->tree, node, 1);
	assert_int_equal(tfs_dir_node(dir, 9, &node, &attr), -ENOENT);
	tfs_tree_closedir(dir);
	directory = must_walk(f, "communities/default/settings");
	assert_int_equal(tfs_tree_opendir(f->tree, next_op(f), directory, &dir, &keep), 0);
	assert_true(tfs_dir_at(dir, 2, &dirent));
	assert_string_equal(dirent.name, "mfa.json");
	assert_int_equal(tfs_dir_node(dir, 2, &node, &attr), -EAGAIN);
	assert_int_equal(fake_counts(f->store).gets, 0);
	tfs_tree_closedir(dir);
}

static void test_schema_and_templates_are_unlisted(void **state)
{
	struct fixture *f = *state;
	struct tfs_node *node = NULL;

	assert_text(f, STAFF "/.schema.json", "{\n  \"title\": \"user\"\n}\n");
	assert_text(f, MODULES "/.template.json", "{\n  \"name\": \"module\"\n}\n");
	assert_text(f, MODULES "/.template-wide.json", "{\n  \"name\": \"module\",\n  \"type\": \"wide\"\n}\n");
	assert_false(lists(f, MODULES, ".template-wide.json"));
	assert_int_equal(size_of(f, STAFF "/.schema.json"), 22);
	assert_false(lists(f, STAFF, ".schema.json"));
	assert_int_equal(walk(f, "communities/.schema.json", &node, NULL), -ENOENT);
}

static void test_extended_attributes_of_a_document(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *id = xattr_of(f, STAFF "/bob.json", "user.tenantfs.id");
	cleanup_free char *endpoint = xattr_of(f, STAFF "/bob.json", "user.tenantfs.endpoint");
	cleanup_free char *age = xattr_of(f, STAFF "/bob.json", "user.tenantfs.age");
	cleanup_free char *revision = xattr_of(f, STAFF "/bob.json", "user.tenantfs.revision");
	char *value;
	size_t len;

	assert_string_equal(id, "id-1");
	assert_string_equal(endpoint, "POST /users/user/lock");
	assert_string_equal(age, "0");
	assert_int_equal(strlen(revision), 16);
	assert_state(f, STAFF "/bob.json", "clean");
	assert_null(xattr_of(f, STAFF "/bob.json", "user.tenantfs.error"));
	assert_null(xattr_of(f, STAFF "/bob.json", "user.other"));
	assert_int_equal(tfs_tree_getxattr(f->tree, next_op(f), must_walk(f, STAFF), "security.selinux", &value, &len),
			 -EOPNOTSUPP);
}

static void test_node_lives_until_all_look_ups_are_forgotten(void **state)
{
	struct fixture *f = *state;
	struct tfs_node *node, *again;
	struct tfs_attr attr;

	node = must_walk(f, STAFF);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(tfs_tree_lookup(f->tree, next_op(f), node, "bob.json", &again, &attr), 0);
		assert_int_equal(tfs_node_generation(again), tfs_node_generation(again));
	}
	tfs_tree_forget(f->tree, again, 2);
	assert_int_equal(tfs_tree_stat(f->tree, next_op(f), again, &attr), 0);
	tfs_tree_forget(f->tree, again, 1);
	assert_true(lists(f, STAFF, "bob.json"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_documents_are_at_the_paths_of_their_templates),
		TEST(test_listing_fetches_the_documents),
		TEST(test_root_lists_its_entries),
		TEST(test_on_demand_document_exists_unlisted),
		TEST(test_missing_paths_are_enoent),
		TEST(test_dot_names_cost_no_call),
		TEST(test_attributes_of_files_and_directories),
		TEST(test_view_cannot_be_opened_for_writing),
		TEST(test_reader_keeps_its_version),
		TEST(test_new_version_has_a_new_node),
		TEST(test_second_open_of_a_stale_node_succeeds),
		TEST(test_unchanged_directory_keeps_its_kernel_cache),
		TEST(test_removed_object_is_gone_after_a_listing),
		TEST(test_cached_directory_is_served_without_the_server),
		TEST(test_readdirplus_makes_nodes_without_calls),
		TEST(test_schema_and_templates_are_unlisted),
		TEST(test_extended_attributes_of_a_document),
		TEST(test_node_lives_until_all_look_ups_are_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
