/* Changes recorded as commits and read back: authors, drift, renames, merged packs, odd names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../scratch.h"
#include "../../../src/history/packs.h"
#include "../../../src/history/record.h"
#include "tenantfs/history-view.h"

#define MFA "communities/default/settings/mfa.json"
#define STAFF "communities/default/users/Staff"

struct fixture {
	struct tfs_config config;
	struct tfs_config_author authors[2];
	char folder[64], path[96];
	struct recorder recorder;
	uint64_t seq;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct tfs_error error = { 0 };

	scratch_name(f->folder, sizeof(f->folder));
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/history.git", f->folder);
	f->authors[0] = (struct tfs_config_author){ (char *)"4001", (char *)"Ann Other", (char *)"ann@example.com" };
	f->authors[1] = (struct tfs_config_author){ (char *)"boss", (char *)"The Boss", NULL };
	f->config = (struct tfs_config){ .name = (char *)"test",
					 .dns = (char *)"test.example",
					 .state_dir = f->folder,
					 .authors = f->authors,
					 .n_authors = 2 };
	history_repo_library_init();
	assert_int_equal(history_recorder_init(&f->recorder, &f->config, f->path, &error), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	history_recorder_finish(&f->recorder);
	history_repo_library_end();
	scratch_remove(f->folder);
	free(f);
	return 0;
}

static void record(struct fixture *f, enum tfs_change_type type, uid_t uid, const char *path, const char *before,
		   const char *after, int result)
{
	struct tfs_error error = { 0 };
	const struct tfs_change change = {
		.seq = ++f->seq,
		.type = type,
		.time = { .tv_sec = 1700000000 + (time_t)f->seq },
		.path = path,
		.before = before,
		.after = after,
		.endpoint = "PUT /x",
		.request_id = "",
		.caller = { .uid = uid, .pid = 1, .command = "sh" },
		.result = result,
	};

	assert_int_equal(history_record_change(&f->recorder, &change, &error), 0);
}

static void flush(struct fixture *f)
{
	struct tfs_error error = { 0 };

	assert_int_equal(history_batch_flush(f->recorder.batch, &error), 0);
}

struct log {
	json_t *entries;
};

static int gather(void *context, json_t *entry)
{
	return json_array_append(((struct log *)context)->entries, entry);
}

/* The log entries, newest first; the caller frees. */
static json_t *read_log(struct fixture *f, const char *path)
{
	struct log log = { json_array() };
	struct tfs_error error = { 0 };
	struct tfs_history_view *view cleanup_view = NULL;

	flush(f);
	assert_int_equal(tfs_view_open(&f->config, &view, &error), 0);
	assert_int_equal(tfs_view_log(view, path, SIZE_MAX, gather, &log, &error), 0);
	return log.entries;
}

static const char *text_at(const json_t *entries, size_t i, const char *member)
{
	return tfs_json_text(json_array_get(entries, i), member);
}

/* The first commit may be a call, which has no document. */
static void test_call_can_be_the_first_commit(void **state)
{
	struct fixture *f = *state;
	cleanup_json json_t *entries = NULL;

	record(f, TFS_CHANGE_CALL, 0, ".api/x/y", NULL, NULL, 0);
	record(f, TFS_CHANGE_CREATE, 0, MFA, NULL, "{}\n", 0);
	record(f, TFS_CHANGE_REMOVE, 0, MFA, "{}\n", NULL, 0);
	entries = read_log(f, "");
	assert_int_equal(json_array_size(entries), 3);
	assert_string_equal(text_at(entries, 2, "subject"), "call PUT /x");
}

static void test_each_commit_has_its_author(void **state)
{
	struct fixture *f = *state;
	cleanup_json json_t *entries = NULL;

	record(f, TFS_CHANGE_CHANGE, 4001, MFA, "{\n  \"a\": 1\n}\n", "{\n  \"a\": 2\n}\n", 0);
	record(f, TFS_CHANGE_CHANGE, 4002, MFA, "{\n  \"a\": 2\n}\n", "{\n  \"a\": 3\n}\n", 0);
	record(f, TFS_CHANGE_CHANGE, 0, MFA, "{\n  \"a\": 3\n}\n", NULL, -EINVAL);
	record(f, TFS_CHANGE_CALL, 0, ".api/x/y", NULL, NULL, 0);
	entries = read_log(f, "");
	assert_int_equal(json_array_size(entries), 4);
	assert_string_equal(text_at(entries, 0, "operation"), "call");
	assert_string_equal(text_at(entries, 1, "author"), "uid 4002");
	assert_string_equal(text_at(entries, 2, "author"), "Ann Other");
	assert_string_equal(text_at(entries, 2, "mail"), "ann@example.com");
	assert_string_equal(text_at(entries, 2, "time"), "2023-11-14T22:13:21Z");
	assert_string_equal(text_at(entries, 3, "origin"), "baseline");
	assert_string_equal(text_at(entries, 0, "journal"), "4");
}

static void test_unrecorded_state_is_recorded_before_the_change(void **state)
{
	struct fixture *f = *state;
	cleanup_json json_t *entries = NULL;

	record(f, TFS_CHANGE_CHANGE, 4001, MFA, "{\n  \"a\": 1\n}\n", "{\n  \"a\": 2\n}\n", 0);
	record(f, TFS_CHANGE_CHANGE, 4001, MFA, "{\n  \"a\": 2,\n  \"b\": 1\n}\n", "{\n  \"a\": 3,\n  \"b\": 1\n}\n",
	       0);
	/* Only members that the server sets differ. */
	record(f, TFS_CHANGE_CHANGE, 4001, MFA, "{\n  \"a\": 3,\n  \"b\": 1,\n  \"_server\": {}\n}\n",
	       "{\n  \"a\": 4,\n  \"b\": 1\n}\n", 0);
	entries = read_log(f, MFA);
	assert_int_equal(json_array_size(entries), 5);
	assert_string_equal(text_at(entries, 2, "origin"), "others");
	assert_string_equal(text_at(entries, 2, "author"), "unknown (seen by tenantfs)");
	assert_string_equal(text_at(entries, 4, "origin"), "baseline");
}

static bool know_boss(void *context, const char *path, const char *text, bool fresh, struct tfs_history_actor *ret)
{
	(void)text;
	*(unsigned *)context += fresh;
	snprintf(ret->name, sizeof(ret->name), "boss");
	return strcmp(path, MFA) == 0;
}

static bool know_form(void *context, const char *path, const char *text, bool fresh, struct tfs_history_actor *ret)
{
	(void)context;
	(void)fresh;
	*ret = (struct tfs_history_actor){ .ours = true, .uid = 4001 };
	return strcmp(path, MFA) == 0 && text && strcmp(text, "{\n  \"a\": 2\n}\n") == 0;
}

static void test_form_of_the_server_is_no_change_by_others(void **state)
{
	struct fixture *f = *state;
	const struct observed_doc observed = { .path = MFA, .text = "{\n  \"a\": 2\n}\n", .len = 13 };
	cleanup_json json_t *entries = NULL;
	struct tfs_error error = { 0 };

	f->recorder.actor = know_form;
	record(f, TFS_CHANGE_CREATE, 4001, MFA, NULL, "{\n  \"a\": 1\n}\n", 0);
	assert_int_equal(history_record_drift(&f->recorder, &observed, OBSERVED_CHANGED, &error), 0);
	entries = read_log(f, MFA);
	assert_string_equal(text_at(entries, 0, "author"), text_at(entries, 1, "author"));
	assert_string_equal(text_at(entries, 0, "origin"), "server");
	assert_string_equal(text_at(entries, 0, "subject"), "as the server keeps it: change " MFA ": a");
}

static void test_known_actor_becomes_the_author(void **state)
{
	struct fixture *f = *state;
	const struct observed_doc observed = { .path = MFA, .text = "{\n  \"a\": 2\n}\n", .len = 13 };
	cleanup_json json_t *entries = NULL;
	struct tfs_error error = { 0 };
	unsigned reads = 0;
	enum observed_state found;

	f->recorder.actor = know_boss;
	f->recorder.actor_context = &reads;
	record(f, TFS_CHANGE_CREATE, 4001, MFA, NULL, "{\n  \"a\": 1\n}\n", 0);
	assert_int_equal(history_record_compare(&f->recorder, &observed, &found, &error), 0);
	assert_int_equal(found, OBSERVED_CHANGED);
	assert_int_equal(history_record_drift(&f->recorder, &observed, found, &error), 0);
	assert_int_equal(history_record_compare(&f->recorder, &observed, &found, &error), 0);
	assert_int_equal(found, OBSERVED_SAME);
	entries = read_log(f, MFA);
	assert_string_equal(text_at(entries, 0, "author"), "The Boss");
	assert_string_equal(text_at(entries, 0, "mail"), "boss@test.example");
	/* The audit log is read once for one batch. */
	assert_int_equal(
		history_record_drift(&f->recorder, &(struct observed_doc){ .path = MFA }, OBSERVED_GONE, &error), 0);
	assert_int_equal(reads, 1);
}

/* A rename or removal of an object applies to the directories below it. */
static void test_directories_below_an_object_are_moved(void **state)
{
	struct fixture *f = *state;
	static const char one[] = "{\n  \"name\": \"Staff\"\n}\n", other[] = "{\n  \"name\": \"Team\"\n}\n";
	struct tfs_change change = {
		.type = TFS_CHANGE_CHANGE,
		.path = "communities/default/auth-modules/Staff.json",
		.new_path = "communities/default/auth-modules/Team.json",
		.before = one,
		.after = other,
	};
	struct observed_doc observed = { .path = "communities/default/users/Team/alice.json",
					 .text = "{}\n",
					 .len = 3 };
	struct tfs_error error = { 0 };
	enum observed_state found;

	record(f, TFS_CHANGE_CREATE, 4001, change.path, NULL, one, 0);
	record(f, TFS_CHANGE_CREATE, 4001, STAFF "/alice.json", NULL, "{}\n", 0);
	change.seq = ++f->seq;
	assert_int_equal(history_record_change(&f->recorder, &change, &error), 0);
	assert_int_equal(history_record_compare(&f->recorder, &observed, &found, &error), 0);
	assert_int_equal(found, OBSERVED_SAME);
	observed.path = STAFF "/alice.json";
	assert_int_equal(history_record_compare(&f->recorder, &observed, &found, &error), 0);
	assert_int_equal(found, OBSERVED_NEW);
	record(f, TFS_CHANGE_REMOVE, 4001, change.new_path, other, NULL, 0);
	observed.path = "communities/default/users/Team/alice.json";
	assert_int_equal(history_record_compare(&f->recorder, &observed, &found, &error), 0);
	assert_int_equal(found, OBSERVED_NEW);
}

static void test_log_and_blame_follow_a_rename(void **state)
{
	struct fixture *f = *state;
	cleanup_json json_t *entries = NULL, *blamed = NULL;
	struct tfs_error error = { 0 };
	struct tfs_history_view *view cleanup_view = NULL;
	struct tfs_change change = { .seq = 9,
				     .type = TFS_CHANGE_RENAME,
				     .path = STAFF "/alice.json",
				     .new_path = STAFF "/bob.json",
				     .before = "{\n  \"n\": \"alice\",\n  \"x\": 1\n}\n",
				     .after = "{\n  \"n\": \"bob\",\n  \"x\": 1\n}\n" };

	record(f, TFS_CHANGE_CREATE, 4001, STAFF "/alice.json", NULL, change.before, 0);
	assert_int_equal(history_record_change(&f->recorder, &change, &error), 0);
	f->seq = 9;
	record(f, TFS_CHANGE_CREATE, 4001, STAFF "/carol.json", NULL, "{}\n", 0);
	entries = read_log(f, STAFF "/bob.json");
	assert_int_equal(json_array_size(entries), 2);
	assert_string_equal(text_at(entries, 1, "operation"), "create");
	assert_int_equal(tfs_view_open(&f->config, &view, &error), 0);
	assert_int_equal(tfs_view_blame(view, STAFF "/bob.json", &blamed, &error), 0);
	assert_int_equal(json_array_size(blamed), 2);
	assert_string_equal(text_at(blamed, 0, "operation"), "rename");
	assert_string_equal(text_at(blamed, 1, "operation"), "create");
}

/* A name that git refuses is recorded under a safe one. */
static void test_names_git_refuses_are_recorded(void **state)
{
	struct fixture *f = *state;
	cleanup_json json_t *entries = NULL;
	static const char *const names[] = { "back\\slash.json", "con.json",       "a:b.json", "git~1.json",
					     "nl%0Ahere.json",   "tab\there.json", "git~1" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char path[256];

		snprintf(path, sizeof(path), "communities/default/service-providers/%s", names[i]);
		record(f, TFS_CHANGE_CREATE, 4001, path, NULL, "{}\n", 0);
	}
	entries = read_log(f, "");
	assert_int_equal(json_array_size(entries), 7);
}

static void test_packs_are_merged(void **state)
{
	struct fixture *f = *state;
	struct tfs_error error = { 0 };
	cleanup_json json_t *entries = NULL;
	char folder[160], before[64] = "{\n  \"a\": 0\n}\n", after[64];

	snprintf(folder, sizeof(folder), "%s/objects/pack", f->path);
	for (int i = 1; i <= 40; i++) {
		snprintf(after, sizeof(after), "{\n  \"a\": %d\n}\n", i);
		record(f, TFS_CHANGE_CHANGE, 4001, MFA, before, after, 0);
		flush(f);
		memcpy(before, after, sizeof(before));
	}
	assert_int_equal(history_packs_count(folder), 40);
	assert_int_equal(history_batch_gc(f->recorder.batch, 24, &error), 1);
	/* Merged packs are removed the next time: a reader may still use them. */
	assert_int_equal(history_packs_count(folder), 41);
	assert_int_equal(history_batch_gc(f->recorder.batch, 24, &error), 0);
	assert_int_equal(history_packs_count(folder), 1);
	/* Recording continues after the repository was closed. */
	assert_int_equal(history_batch_reopen(&f->recorder.batch, &error), 0);
	record(f, TFS_CHANGE_CHANGE, 4001, MFA, before, "{\n  \"a\": 99\n}\n", 0);
	entries = read_log(f, MFA);
	assert_int_equal(json_array_size(entries), 42);
}

/* Changes that were not flushed are recorded again; the last number is that of the repository. */
static void test_unflushed_change_is_recorded_again(void **state)
{
	struct fixture *f = *state;
	struct tfs_error error = { 0 };
	cleanup_json json_t *entries = NULL;

	record(f, TFS_CHANGE_CREATE, 4001, MFA, NULL, "{\n  \"a\": 1\n}\n", 0);
	flush(f);
	f->recorder.flushed = f->recorder.last;
	record(f, TFS_CHANGE_CHANGE, 4001, MFA, "{\n  \"a\": 1\n}\n", "{\n  \"a\": 2\n}\n", 0);
	history_recorder_rewind(&f->recorder);
	assert_int_equal(f->recorder.last, 1);
	history_recorder_finish(&f->recorder);
	assert_int_equal(history_recorder_init(&f->recorder, &f->config, f->path, &error), 0);
	assert_int_equal(f->recorder.last, 1);
	f->seq = 1;
	record(f, TFS_CHANGE_CHANGE, 4001, MFA, "{\n  \"a\": 1\n}\n", "{\n  \"a\": 2\n}\n", 0);
	entries = read_log(f, MFA);
	assert_int_equal(json_array_size(entries), 2);
}

/* Replaces libgit2's function: the branch moves, and then its folder cannot be synced. */
static bool fail_after_move;

int git_reference_create(git_reference **out, git_repository *repo, const char *name, const git_oid *id, int force,
			 const char *message)
{
	int (*create)(git_reference **, git_repository *, const char *, const git_oid *, int, const char *);
	void *found = dlsym(RTLD_NEXT, "git_reference_create");
	int r;

	memcpy(&create, &found, sizeof(create));
	r = create(out, repo, name, id, force, message);
	if (r < 0 || !fail_after_move)
		return r;
	git_reference_free(steal_pointer(out));
	return -1;
}

static void test_change_is_recorded_once_after_a_late_error(void **state)
{
	struct fixture *f = *state;
	struct tfs_error error = { 0 };
	cleanup_json json_t *entries = NULL;

	record(f, TFS_CHANGE_CREATE, 4001, MFA, NULL, "{\n  \"a\": 1\n}\n", 0);
	flush(f);
	f->recorder.flushed = f->recorder.last;
	record(f, TFS_CHANGE_CHANGE, 4001, MFA, "{\n  \"a\": 1\n}\n", "{\n  \"a\": 2\n}\n", 0);
	fail_after_move = true;
	assert_int_equal(history_batch_flush(f->recorder.batch, &error), -EIO);
	fail_after_move = false;
	history_recorder_rewind(&f->recorder);
	/* The change is recorded, and not a second time. */
	assert_int_equal(f->recorder.last, 2);
	record(f, TFS_CHANGE_CHANGE, 4001, MFA, "{\n  \"a\": 2\n}\n", "{\n  \"a\": 3\n}\n", 0);
	entries = read_log(f, MFA);
	assert_int_equal(json_array_size(entries), 3);
}

/* A foreign commit at the tip has no journal number. */
static void test_last_number_is_found_below_foreign_commits(void **state)
{
	struct fixture *f = *state;
	struct tfs_error error = { 0 };
	git_repository *repo;
	git_signature *somebody;
	git_commit *head;
	git_tree *tree;
	git_oid id;

	record(f, TFS_CHANGE_CREATE, 4001, MFA, NULL, "{}\n", 0);
	flush(f);
	history_recorder_finish(&f->recorder);
	assert_int_equal(git_repository_open_bare(&repo, f->path), 0);
	assert_int_equal(history_repo_head(repo, &id), 0);
	assert_int_equal(git_commit_lookup(&head, repo, &id), 0);
	assert_int_equal(git_commit_tree(&tree, head), 0);
	assert_int_equal(git_signature_new(&somebody, "Somebody", "somebody@test.example", 1700000000, 0), 0);
	for (int i = 0; i < 3; i++) {
		const git_commit *parents[] = { head };

		assert_int_equal(git_commit_create(&id, repo, REPO_BRANCH, somebody, somebody, NULL, "a note\n", tree,
						   1, parents),
				 0);
		git_commit_free(head);
		assert_int_equal(git_commit_lookup(&head, repo, &id), 0);
	}
	git_signature_free(somebody);
	git_tree_free(tree);
	git_commit_free(head);
	git_repository_free(repo);
	assert_int_equal(history_recorder_init(&f->recorder, &f->config, f->path, &error), 0);
	assert_int_equal(f->recorder.last, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_call_can_be_the_first_commit, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_each_commit_has_its_author, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unrecorded_state_is_recorded_before_the_change, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_known_actor_becomes_the_author, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_form_of_the_server_is_no_change_by_others, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_log_and_blame_follow_a_rename, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_directories_below_an_object_are_moved, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_names_git_refuses_are_recorded, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_packs_are_merged, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unflushed_change_is_recorded_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_change_is_recorded_once_after_a_late_error, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_last_number_is_found_below_foreign_commits, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
