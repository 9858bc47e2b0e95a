/* Writing through the tree: commit points, refusals, drafts, concurrent versions. */
#include "fixture.c"

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_start, fixture_end)
#define BOB STAFF "/bob.json"

enum { SET_MODE = 1 << 0, SET_UID = 1 << 1, SET_SIZE = 1 << 3, SET_MTIME = 1 << 5 };

static void test_flush_saves_the_text(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(write_path(f, BOB, "{\"first\": \"Robert\"}"), 0);
	assert_string_equal(fake_text(f->store, STAFF, "bob"), "{\n  \"first\": \"Robert\"\n}\n");
	assert_int_equal(fake_counts(f->store).saves, 1);
	assert_text(f, BOB, "{\n  \"first\": \"Robert\"\n}\n");
	assert_int_equal(size_of(f, BOB), 24);
}

static void test_unwritten_or_equal_text_is_not_sent(void **state)
{
	struct fixture *f = *state;
	struct tfs_file *file = must_open(f, BOB, O_RDWR);

	assert_int_equal(tfs_file_flush(file, next_op(f)), 0);
	tfs_file_release(file);
	file = must_open(f, BOB, O_WRONLY | O_TRUNC);
	assert_int_equal(tfs_file_flush(file, next_op(f)), 0);
	assert_int_equal(size_of(f, BOB), 0);
	tfs_file_release(file);
	assert_int_equal(fake_counts(f->store).saves, 0);
	assert_int_equal(size_of(f, BOB), 21);
	assert_int_equal(write_path(f, BOB, "{\n  \"first\": \"Bob\"\n}\n"), 0);
	assert_int_equal(fake_counts(f->store).saves, 0);
}

static void test_result_of_a_text_is_kept_until_the_next_write(void **state)
{
	struct fixture *f = *state;
	struct tfs_file *file = must_open(f, BOB, O_WRONLY | O_TRUNC);

	put_text(f, file, "{\"first\": \"Rob\"}");
	fake_fail(f->store, -EPERM, "not allowed", 1);
	assert_int_equal(tfs_file_fsync(file, next_op(f)), -EPERM);
	assert_int_equal(tfs_file_flush(file, next_op(f)), -EPERM);
	assert_string_equal(message(f), "not allowed");
	assert_int_equal(fake_counts(f->store).saves, 0);
	put_text(f, file, "{\"first\": \"Rod\"}");
	assert_int_equal(tfs_file_flush(file, next_op(f)), 0);
	assert_int_equal(tfs_file_flush(file, next_op(f)), 0);
	assert_int_equal(fake_counts(f->store).saves, 1);
	tfs_file_release(file);
}

static void test_half_a_document_is_never_sent(void **state)
{
	struct fixture *f = *state;
	struct tfs_file *file = must_open(f, BOB, O_WRONLY | O_TRUNC);

	put_text(f, file, "{\"first\": ");
	assert_int_equal(tfs_file_flush(file, next_op(f)), -EINVAL);
	/* A descriptor closed early by a child; the writer goes on. */
	assert_int_equal(tfs_tree_write(file, next_op(f), 10, "\"Rob\"}", 6), 0);
	assert_int_equal(tfs_file_flush(file, next_op(f)), 0);
	tfs_file_release(file);
	assert_text(f, BOB, "{\n  \"first\": \"Rob\"\n}\n");
	assert_null(xattr_of(f, BOB, "user.tenantfs.error"));
	assert_state(f, BOB, "clean");
}

static void test_refused_text_is_a_draft(void **state)
{
	struct fixture *f = *state;
	cleanup_free char *error = NULL;

	fake_fail(f->store, -EINVAL, "role: no such role", 1);
	assert_int_equal(write_path(f, BOB, "{\"role\": \"king\"}"), -EINVAL);
	assert_text(f, BOB, "{\n  \"first\": \"Bob\"\n}\n");
	assert_state(f, BOB, "draft");
	error = xattr_of(f, BOB, "user.tenantfs.error");
	assert_string_equal(error, "{\"errno\":\"EINVAL\",\"message\":\"role: no such role\",\"origin\":\"fake\"}");
	assert_text(f, ".tenantfs/drafts/" BOB, "{\"role\": \"king\"}");
	assert_text(f, ".tenantfs/drafts/" BOB ".error.json",
		    "{\n  \"errno\": \"EINVAL\",\n  \"message\": \"role: no such role\",\n  \"origin\": \"fake\"\n}\n");
	assert_true(lists(f, ".tenantfs/drafts/" STAFF, "bob.json"));
	assert_true(lists(f, ".tenantfs/drafts", "communities"));
}

static void test_draft_can_be_retried_and_discarded(void **state)
{
	struct fixture *f = *state;

	fake_fail(f->store, -EIO, "cannot connect", 2);
	assert_int_equal(write_path(f, BOB, "{\"first\": \"Rob\"}"), -EIO);
	assert_int_equal(tfs_tree_retry(f->tree, next_op(f), BOB), -EIO);
	assert_int_equal(tfs_tree_retry(f->tree, next_op(f), BOB), 0);
	assert_text(f, BOB, "{\n  \"first\": \"Rob\"\n}\n");
	assert_int_equal(tfs_tree_retry(f->tree, next_op(f), BOB), -ENOENT);
	assert_string_equal(message(f), "there is no draft of " BOB);
	assert_int_equal(write_path(f, BOB, "{"), -EINVAL);
	assert_int_equal(tfs_tree_discard(f->tree, next_op(f), BOB), 0);
	assert_state(f, BOB, "clean");
	assert_int_equal(tfs_tree_discard(f->tree, next_op(f), BOB), -ENOENT);
}

static void test_removing_a_draft_discards_it(void **state)
{
	struct fixture *f = *state;
	struct tfs_node *node = NULL;

	assert_int_equal(write_path(f, BOB, "{"), -EINVAL);
	assert_int_equal(unlink_in(f, ".tenantfs/drafts/" STAFF, "bob.json.error.json"), 0);
	assert_int_equal(walk(f, ".tenantfs/drafts/" BOB, &node, NULL), -ENOENT);
}

static void test_later_save_resolves_the_error(void **state)
{
	struct fixture *f = *state;
	cleanup_json json_t *errors = NULL;

	assert_int_equal(write_path(f, BOB, "{"), -EINVAL);
	assert_int_equal(write_path(f, BOB, "{\"first\": \"B\"}"), 0);
	assert_state(f, BOB, "clean");
	errors = tfs_tree_errors(f->tree);
	assert_int_equal(json_array_size(errors), 1);
	assert_true(json_is_true(json_object_get(json_array_get(errors, 0), "settled")));
}

static void test_stat_shows_the_size_of_the_edit(void **state)
{
	struct fixture *f = *state;
	struct tfs_file *file = must_open(f, BOB, O_WRONLY | O_APPEND);
	struct tfs_attr attr;
	struct tfs_node *node;

	assert_int_equal(size_of(f, BOB), 21);
	assert_int_equal(tfs_tree_write(file, next_op(f), 0, "xyz", 3), 0);
	assert_int_equal(walk(f, BOB, &node, &attr), 0);
	assert_int_equal(attr.stat.st_size, 24);
	assert_false(attr.stable);
	assert_state(f, BOB, "editing");
	assert_int_equal(tfs_file_flush(file, next_op(f)), -EINVAL);
	assert_int_equal(size_of(f, BOB), 21);
	tfs_file_release(file);
}

static void test_readers_do_not_see_a_pending_edit(void **state)
{
	struct fixture *f = *state;
	struct tfs_file *reader = must_open(f, BOB, O_RDONLY), *writer, *other;
	struct tfs_node *node = must_walk(f, BOB);
	struct tfs_attr attr;
	cleanup_free char *text = NULL;

	writer = must_open(f, BOB, O_WRONLY | O_TRUNC);
	put_text(f, writer, "{}");
	assert_int_equal(tfs_tree_stat(f->tree, next_op(f), node, &attr), 0);
	assert_int_equal(attr.stat.st_size, 21);
	text = file_text(f, reader);
	assert_string_equal(text, "{\n  \"first\": \"Bob\"\n}\n");
	other = must_open(f, BOB, O_RDONLY);
	free(text);
	text = file_text(f, other);
	assert_string_equal(text, "{\n  \"first\": \"Bob\"\n}\n");
	tfs_file_release(other);
	tfs_file_release(reader);
	assert_int_equal(tfs_file_flush(writer, next_op(f)), 0);
	tfs_file_release(writer);
	assert_text(f, BOB, "{}\n");
}

static void test_two_writers_are_merged(void **state)
{
	struct fixture *f = *state;
	struct tfs_file *one = must_open(f, STAFF "/alice.json", O_RDWR), *two;

	f->pid = 200;
	two = must_open(f, STAFF "/alice.json", O_RDWR);
	put_text(f, one, "{ \"first\": \"Alma\" , \"role\": \"user\"        }  ");
	put_text(f, two, "{ \"first\": \"Alice\", \"role\": \"admin\"       }  ");
	assert_int_equal(tfs_file_flush(one, next_op(f)), 0);
	assert_int_equal(tfs_file_flush(two, next_op(f)), 0);
	assert_string_equal(fake_text(f->store, STAFF, "alice"),
			    "{\n  \"first\": \"Alma\",\n  \"role\": \"admin\"\n}\n");
	tfs_file_release(one);
	tfs_file_release(two);
}

/* Reads a file as an editor does before it writes. */
static void read_as(struct fixture *f, pid_t pid, const char *path)
{
	f->pid = pid;
	tfs_file_release(must_open(f, path, O_RDONLY));
}

static void test_new_text_is_merged_from_the_read_version(void **state)
{
	struct fixture *f = *state;

	read_as(f, 300, STAFF "/alice.json");
	fake_put(f->store, STAFF, "alice", "{\n  \"first\": \"Alice\",\n  \"role\": \"admin\"\n}\n");
	tfs_store_refresh(f->store, "");
	lists(f, STAFF, "x");
	/* The editor's text has the old role, which it did not touch. */
	assert_int_equal(write_path(f, STAFF "/alice.json", "{\"first\": \"Ann\", \"role\": \"user\"}"), 0);
	assert_string_equal(fake_text(f->store, STAFF, "alice"),
			    "{\n  \"first\": \"Ann\",\n  \"role\": \"admin\"\n}\n");
}

static void test_conflict_leaves_a_draft(void **state)
{
	struct fixture *f = *state;

	read_as(f, 300, STAFF "/alice.json");
	fake_put(f->store, STAFF, "alice", "{\n  \"first\": \"Alice\",\n  \"role\": \"admin\"\n}\n");
	tfs_store_refresh(f->store, "");
	lists(f, STAFF, "x");
	assert_int_equal(write_path(f, STAFF "/alice.json", "{\"first\": \"Alice\", \"role\": \"king\"}"), -ESTALE);
	assert_string_equal(message(f), "changed on both sides: role");
	assert_text(f, STAFF "/alice.json", "{\n  \"first\": \"Alice\",\n  \"role\": \"admin\"\n}\n");
	assert_text(f, ".tenantfs/drafts/" STAFF "/alice.json", "{\"first\": \"Alice\", \"role\": \"king\"}");
}

static void test_save_is_based_on_the_version_last_read(void **state)
{
	struct fixture *f = *state;

	read_as(f, 300, STAFF "/alice.json");
	fake_put(f->store, STAFF, "alice", "{\n  \"first\": \"Alice\",\n  \"role\": \"admin\"\n}\n");
	tfs_store_refresh(f->store, "");
	read_as(f, 300, STAFF "/alice.json");
	assert_int_equal(write_path(f, STAFF "/alice.json", "{\"first\": \"Alice\", \"role\": \"user\"}"), 0);
	assert_string_equal(fake_text(f->store, STAFF, "alice"),
			    "{\n  \"first\": \"Alice\",\n  \"role\": \"user\"\n}\n");
}

static void test_new_file_creates_an_object(void **state)
{
	struct fixture *f = *state;
	struct tfs_file *file;

	assert_int_equal(create_path(f, STAFF, "carol.json", &file), 0);
	assert_state(f, STAFF "/carol.json", "editing");
	assert_true(lists(f, STAFF, "carol.json"));
	assert_int_equal(tfs_file_flush(file, next_op(f)), 0);
	assert_null(fake_text(f->store, STAFF, "carol"));
	put_text(f, file, "{\"first\": \"Carol\"}");
	assert_int_equal(tfs_file_flush(file, next_op(f)), 0);
	tfs_file_release(file);
	assert_string_equal(fake_text(f->store, STAFF, "carol"), "{\n  \"first\": \"Carol\"\n}\n");
	assert_text(f, STAFF "/carol.json", "{\n  \"first\": \"Carol\"\n}\n");
	assert_int_equal(fake_counts(f->store).saves, 1);
}

static void test_empty_new_file_is_not_sent(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(make_file(f, STAFF, "carol.json", ""), 0);
	assert_state(f, STAFF "/carol.json", "pending");
	assert_true(lists(f, STAFF, "carol.json"));
	assert_text(f, STAFF "/carol.json", "");
	assert_int_equal(write_path(f, STAFF "/carol.json", "{\"first\": \"Carol\"}"), 0);
	assert_state(f, STAFF "/carol.json", "clean");
	assert_int_equal(make_file(f, STAFF, "dave.json", ""), 0);
	assert_int_equal(unlink_in(f, STAFF, "dave.json"), 0);
	assert_false(lists(f, STAFF, "dave.json"));
}

static void test_refused_create_leaves_only_a_draft(void **state)
{
	struct fixture *f = *state;
	struct tfs_node *node = NULL;

	fake_fail(f->store, -EEXIST, "there is one elsewhere", 1);
	assert_int_equal(make_file(f, STAFF, "carol.json", "{}"), -EEXIST);
	assert_int_equal(walk(f, STAFF "/carol.json", &node, NULL), -ENOENT);
	assert_false(lists(f, STAFF, "carol.json"));
	assert_text(f, ".tenantfs/drafts/" STAFF "/carol.json", "{}");
	assert_int_equal(tfs_tree_retry(f->tree, next_op(f), STAFF "/carol.json"), 0);
	assert_text(f, STAFF "/carol.json", "{}\n");
}

static void test_invalid_names_cannot_be_created(void **state)
{
	struct fixture *f = *state;
	struct tfs_file *file;

	assert_int_equal(create_path(f, "communities/default/roles", "x.json", &file), -EROFS);
	assert_int_equal(create_path(f, "communities", "x.json", &file), -EPERM);
	assert_string_equal(message(f), "nothing can be created in this directory");
	assert_int_equal(tfs_tree_mkdir(f->tree, next_op(f), must_walk(f, STAFF), "x"), -EPERM);
	assert_int_equal(tfs_tree_mkdir(f->tree, next_op(f), must_walk(f, "communities"), "default"), -EEXIST);
}

static void test_unlink_removes_an_object_or_is_refused(void **state)
{
	struct fixture *f = *state;
	struct tfs_node *node = NULL;

	assert_int_equal(unlink_in(f, STAFF, "bob.json"), -EPERM);
	assert_string_equal(message(f), "the API has no call that deletes a user");
	assert_int_equal(unlink_in(f, "communities/default/roles", "admin.json"), -EROFS);
	assert_int_equal(unlink_in(f, "", "README.md"), -EROFS);
	assert_int_equal(unlink_in(f, MODULES, "nothing.json"), -ENOENT);
	assert_int_equal(unlink_in(f, MODULES, "Staff.json"), 0);
	assert_null(fake_text(f->store, MODULES, "Staff"));
	assert_int_equal(walk(f, MODULES "/Staff.json", &node, NULL), -ENOENT);
	assert_int_equal(walk(f, STAFF, &node, NULL), -ENOENT);
}

static void test_read_only_mount_refuses_writes(void **state)
{
	struct fixture *f = *state;
	struct tfs_open_result result;
	struct tfs_file *file;

	fixture_tree(f, true);
	assert_int_equal(open_path(f, BOB, O_RDWR, &file, &result), -EROFS);
	assert_int_equal(create_path(f, STAFF, "x.json", &file), -EROFS);
	assert_int_equal(unlink_in(f, MODULES, "Staff.json"), -EROFS);
	assert_int_equal(rename_in(f, MODULES, "Staff.json", "x.json"), -EROFS);
	assert_text(f, BOB, "{\n  \"first\": \"Bob\"\n}\n");
}

static void test_write_patterns_limit_saves(void **state)
{
	struct fixture *f = *state;
	static char *patterns[] = { (char *)"communities/default/settings/*" };
	struct tfs_open_result result;
	struct tfs_file *file;

	fake_config(f->store)->write_patterns = patterns;
	fake_config(f->store)->n_write_patterns = 1;
	assert_int_equal(open_path(f, BOB, O_RDWR, &file, &result), -EROFS);
	assert_string_equal(message(f), "no \"write\" pattern matches this path");
	assert_int_equal(write_path(f, MFA, "{\"enabled\": false}"), 0);
}

static int set_attr(struct fixture *f, const char *path, int to_set, const struct stat *attr)
{
	struct tfs_attr now;

	return tfs_tree_setattr(f->tree, next_op(f), must_walk(f, path), NULL, attr, to_set, &now);
}

static void test_setattr_accepts_only_current_values(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(set_attr(f, BOB, SET_MODE, &(struct stat){ .st_mode = 0600 }), 0);
	assert_int_equal(set_attr(f, BOB, SET_MODE, &(struct stat){ .st_mode = 0644 }), 0);
	assert_int_equal(set_attr(f, BOB, SET_MODE, &(struct stat){ .st_mode = 0400 }), -EPERM);
	assert_int_equal(set_attr(f, BOB, SET_UID, &(struct stat){ .st_uid = 1000 }), 0);
	assert_int_equal(set_attr(f, BOB, SET_UID, &(struct stat){ .st_uid = 0 }), -EPERM);
	assert_int_equal(set_attr(f, BOB, SET_SIZE, &(struct stat){ .st_size = 21 }), 0);
	assert_int_equal(set_attr(f, BOB, SET_SIZE, &(struct stat){ .st_size = 9 }), -EINVAL);
}

static time_t mtime_of(struct fixture *f, const char *path)
{
	struct tfs_node *node;
	struct tfs_attr attr;

	assert_int_equal(walk(f, path, &node, &attr), 0);
	return attr.stat.st_mtim.tv_sec;
}

static void test_times_are_kept_until_the_bytes_change(void **state)
{
	struct fixture *f = *state;
	struct tfs_node *node = must_walk(f, BOB);

	assert_int_equal(set_attr(f, BOB, SET_MTIME, &(struct stat){ .st_mtim = { 1234, 5 } }), 0);
	assert_int_equal(mtime_of(f, BOB), 1234);
	/* Also after the kernel forgot the node. */
	tfs_tree_forget(f->tree, node, 99);
	assert_int_equal(mtime_of(f, BOB), 1234);
	assert_int_equal(write_path(f, BOB, "{\"first\": \"Rob\"}"), 0);
	assert_int_equal(mtime_of(f, BOB), 1700000001);
}

static void test_time_set_during_an_edit_is_kept(void **state)
{
	struct fixture *f = *state;
	struct tfs_file *file = must_open(f, BOB, O_WRONLY | O_TRUNC);

	put_text(f, file, "{\n  \"first\": \"Rob\"\n}\n");
	assert_int_equal(set_attr(f, BOB, SET_MTIME, &(struct stat){ .st_mtim = { 777, 0 } }), 0);
	assert_int_equal(tfs_file_flush(file, next_op(f)), 0);
	tfs_file_release(file);
	assert_int_equal(mtime_of(f, BOB), 777);
}

static void test_truncation_by_path_is_completed_by_a_write(void **state)
{
	struct fixture *f = *state;
	struct tfs_file *file;

	assert_int_equal(set_attr(f, BOB, SET_SIZE, &(struct stat){ .st_size = 0 }), 0);
	assert_int_equal(size_of(f, BOB), 0);
	file = must_open(f, BOB, O_WRONLY);
	put_text(f, file, "{}");
	assert_int_equal(tfs_file_flush(file, next_op(f)), 0);
	tfs_file_release(file);
	assert_text(f, BOB, "{}\n");
	assert_int_equal(set_attr(f, BOB, SET_SIZE, &(struct stat){ .st_size = 0 }), 0);
	assert_text(f, BOB, "{}\n");
	assert_int_equal(fake_counts(f->store).saves, 1);
}

static void test_unflushed_text_becomes_a_draft(void **state)
{
	struct fixture *f = *state;
	struct tfs_file *file = must_open(f, BOB, O_WRONLY | O_TRUNC);

	put_text(f, file, "{\"first\": \"Rob\"}");
	tfs_file_release(file);
	assert_int_equal(fake_counts(f->store).saves, 0);
	assert_text(f, ".tenantfs/drafts/" BOB, "{\"first\": \"Rob\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_flush_saves_the_text),
		TEST(test_unwritten_or_equal_text_is_not_sent),
		TEST(test_result_of_a_text_is_kept_until_the_next_write),
		TEST(test_half_a_document_is_never_sent),
		TEST(test_refused_text_is_a_draft),
		TEST(test_draft_can_be_retried_and_discarded),
		TEST(test_removing_a_draft_discards_it),
		TEST(test_later_save_resolves_the_error),
		TEST(test_stat_shows_the_size_of_the_edit),
		TEST(test_readers_do_not_see_a_pending_edit),
		TEST(test_two_writers_are_merged),
		TEST(test_new_text_is_merged_from_the_read_version),
		TEST(test_conflict_leaves_a_draft),
		TEST(test_save_is_based_on_the_version_last_read),
		TEST(test_new_file_creates_an_object),
		TEST(test_empty_new_file_is_not_sent),
		TEST(test_refused_create_leaves_only_a_draft),
		TEST(test_invalid_names_cannot_be_created),
		TEST(test_unlink_removes_an_object_or_is_refused),
		TEST(test_read_only_mount_refuses_writes),
		TEST(test_write_patterns_limit_saves),
		TEST(test_setattr_accepts_only_current_values),
		TEST(test_times_are_kept_until_the_bytes_change),
		TEST(test_time_set_during_an_edit_is_kept),
		TEST(test_truncation_by_path_is_completed_by_a_write),
		TEST(test_unflushed_text_becomes_a_draft),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
