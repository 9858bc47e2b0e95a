/* The index of states by day: lists are the same as without it, and read only what they list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../scratch.h"
#include "../../../src/history/batch.h"
#include "../../../src/history/view.h"

enum { NOON = 1700049600, DAY = 86400, PER_DAY = 30, DAYS = 20 };

struct fixture {
	struct tfs_config config;
	char folder[64], path[96];
	struct batch *batch;
	unsigned version;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct tfs_error error = { 0 };

	scratch_name(f->folder, sizeof(f->folder));
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/history.git", f->folder);
	f->config =
		(struct tfs_config){ .name = (char *)"test", .dns = (char *)"test.example", .state_dir = f->folder };
	history_repo_library_init();
	assert_int_equal(history_batch_open(f->path, &f->batch, &error), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	history_batch_close(f->batch);
	history_repo_library_end();
	scratch_remove(f->folder);
	free(f);
	return 0;
}

static void commit_at(struct fixture *f, time_t time)
{
	struct commit_stamp stamp = { .author = { .name = "a", .mail = "a@b" }, .authored = time, .recorded = time };
	struct edit edit = { .git_path = (char *)"x.json" };
	struct tfs_error error = { 0 };
	char text[32];
	int len = snprintf(text, sizeof(text), "%u\n", ++f->version);

	assert_int_equal(history_batch_blob(f->batch, text, (size_t)len, &edit.blob, &error), 0);
	assert_int_equal(history_batch_stage(f->batch, &edit, 1, &error), 0);
	assert_int_equal(history_batch_commit(f->batch, &stamp, "change\n", &error), 0);
}

static void commit_days(struct fixture *f, int days)
{
	struct tfs_error error = { 0 };

	for (int i = 0; i < days * PER_DAY; i++)
		commit_at(f, NOON + i / PER_DAY * DAY + i % PER_DAY);
	assert_int_equal(history_batch_flush(f->batch, &error), 0);
}

/* Updates the index as the worker does. */
static void write_days(struct fixture *f)
{
	struct tfs_error error = { 0 };
	struct day_index days = { 0 };
	size_t walked;

	history_day_index_load(history_batch_repo(f->batch), &days);
	assert_int_equal(history_day_index_update(history_batch_repo(f->batch), &days, &walked), 0);
	assert_int_equal(history_day_index_save(history_batch_repo(f->batch), &days, &error), 0);
	history_day_index_finish(&days);
}

struct names {
	char all[DAYS * PER_DAY + 8][TFS_HISTORY_STATE];
	size_t count;
};

static int gather(void *context, const char *name, bool directory)
{
	struct names *names = context;

	assert_true(directory);
	snprintf(names->all[names->count++], TFS_HISTORY_STATE, "%s", name);
	return 0;
}

static void list_day(struct tfs_history_view *view, const char *day, struct names *names)
{
	struct tfs_error error = { 0 };

	names->count = 0;
	assert_int_equal(tfs_view_states(view, day, SIZE_MAX, gather, names, &error), 0);
}

static void list_days(struct tfs_history_view *view, size_t newer, struct names *names)
{
	struct tfs_error error = { 0 };

	names->count = 0;
	assert_int_equal(tfs_view_days(view, newer, gather, names, &error), 0);
}

static struct tfs_history_view *open_past(struct fixture *f)
{
	struct tfs_error error = { 0 };
	struct tfs_history_view *view;

	assert_int_equal(tfs_view_open(&f->config, &view, &error), 0);
	return view;
}

/* With the index a list reads only the commits it shows. */
static void test_list_reads_only_what_it_shows(void **state)
{
	struct fixture *f = *state;
	cleanup_free struct names *all = malloc(sizeof(*all)), *names = malloc(sizeof(*names));
	struct tfs_history_view *view cleanup_view = NULL;

	commit_days(f, DAYS);
	write_days(f);
	view = open_past(f);
	list_day(view, "2023-11-20", names);
	assert_int_equal(names->count, PER_DAY);
	assert_int_equal(view->walked, PER_DAY + 1);
	list_days(view, 40, names);
	assert_int_equal(view->walked, 41);
	/* The second newest day has states on both sides of the limit. */
	assert_int_equal(names->count, DAYS - 1);
	assert_string_equal(names->all[0], "2023-12-03");
	assert_string_equal(names->all[DAYS - 2], "2023-11-15");
	list_days(view, DAYS * PER_DAY, names);
	assert_int_equal(names->count, 0);
	list_days(view, DAYS * PER_DAY - 1, names);
	assert_int_equal(names->count, 1);
	/* The lists of the days have the names of the whole list. */
	list_day(view, "2023-11-15", names);
	all->count = 0;
	assert_int_equal(tfs_view_states(view, NULL, SIZE_MAX, gather, all, NULL), 0);
	assert_int_equal(all->count, DAYS * PER_DAY);
	for (size_t i = 0; i < PER_DAY; i++)
		assert_string_equal(names->all[i], all->all[(DAYS - 1) * PER_DAY + i]);
}

/* The lists are the same without the index, and with an outdated or broken one. */
static void test_lists_work_without_the_index(void **state)
{
	struct fixture *f = *state;
	cleanup_free struct names *names = malloc(sizeof(*names));
	struct tfs_history_view *view cleanup_view = NULL, *broken cleanup_view = NULL;
	struct tfs_error error = { 0 };
	char path[128];
	FILE *file;

	commit_days(f, DAYS - 1);
	view = open_past(f);
	list_days(view, 0, names);
	assert_int_equal(names->count, DAYS - 1);
	/* An open handle sees new commits. */
	commit_at(f, NOON + (DAYS - 2) * DAY + PER_DAY);
	commit_at(f, NOON + (DAYS - 1) * DAY);
	assert_int_equal(history_batch_flush(f->batch, &error), 0);
	list_days(view, 0, names);
	assert_int_equal(names->count, DAYS);
	assert_int_equal(view->walked, 2 + 1);
	list_day(view, "2023-12-03", names);
	assert_int_equal(names->count, PER_DAY + 1);
	snprintf(path, sizeof(path), "%s/tenantfs-days", f->path);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("up-to-day: 0123456789012345678901234567890123456789\n2023-11-15 01234\n", file);
	fclose(file);
	broken = open_past(f);
	list_days(broken, 0, names);
	assert_int_equal(names->count, DAYS);
}

/* The clock was set back for a while: a day with two spans is listed once, with all its states. */
static void test_day_with_two_spans_is_listed_once(void **state)
{
	struct fixture *f = *state;
	cleanup_free struct names *names = malloc(sizeof(*names));
	struct tfs_history_view *view cleanup_view = NULL;
	struct tfs_error error = { 0 };

	commit_at(f, NOON);
	commit_at(f, NOON + DAY);
	commit_at(f, NOON + 1);
	commit_at(f, NOON + 2 * DAY);
	assert_int_equal(history_batch_flush(f->batch, &error), 0);
	write_days(f);
	view = open_past(f);
	list_days(view, 0, names);
	assert_int_equal(names->count, 3);
	list_day(view, "2023-11-15", names);
	assert_int_equal(names->count, 2);
	list_day(view, "2023-11-18", names);
	assert_int_equal(names->count, 0);
}

/* The branch was moved back: the index names commits that are not on it. */
static void test_index_of_a_moved_branch_is_ignored(void **state)
{
	struct fixture *f = *state;
	cleanup_free struct names *names = malloc(sizeof(*names));
	struct tfs_history_view *view cleanup_view = NULL;
	git_reference *moved = NULL;
	git_object *object cleanup_git_object = NULL;

	commit_days(f, DAYS);
	write_days(f);
	assert_int_equal(git_revparse_single(&object, history_batch_repo(f->batch), "HEAD~100"), 0);
	assert_int_equal(
		git_reference_create(&moved, history_batch_repo(f->batch), REPO_BRANCH, git_object_id(object), 1, NULL),
		0);
	git_reference_free(moved);
	view = open_past(f);
	list_days(view, 0, names);
	assert_int_equal(names->count, DAYS - 3);
	write_days(f);
	list_day(view, "2023-12-04", names);
	assert_int_equal(names->count, 0);
}

struct reading {
	struct fixture *f;
	atomic_bool stop;
	atomic_uint opened, failed, kept_failed;
};

static int read_newest(struct tfs_history_view *view)
{
	struct tfs_buf text cleanup_buf = TFS_BUF_INIT(1 << 16);
	struct names *names = malloc(sizeof(*names));
	struct tfs_error error = { 0 };
	int r;

	names->count = 0;
	r = tfs_view_states(view, NULL, 20, gather, names, &error);
	if (r == 0)
		r = tfs_view_days(view, 5, gather, names, &error);
	if (r == 0)
		r = tfs_view_read(view, names->all[0], "x.json", &text, &error);
	if (r == 0)
		r = tfs_view_read(view, "HEAD", "x.json", &text, &error);
	free(names);
	return r;
}

static void *read_on(void *context)
{
	struct reading *reading = context;
	struct tfs_history_view *kept = open_past(reading->f);

	while (!atomic_load(&reading->stop)) {
		struct tfs_history_view *view = open_past(reading->f);

		reading->failed += read_newest(view) < 0;
		reading->kept_failed += read_newest(kept) < 0;
		tfs_view_close(view);
		reading->opened++;
	}
	tfs_view_close(kept);
	return NULL;
}

/* Packs are written, merged and removed while readers are open. */
static void test_readers_work_during_writes_and_merges(void **state)
{
	struct fixture *f = *state;
	struct reading reading = { .f = f };
	struct tfs_error error = { 0 };
	pthread_t thread;

	commit_days(f, 1);
	assert_int_equal(pthread_create(&thread, NULL, read_on, &reading), 0);
	for (int i = 0; i < 120; i++) {
		commit_at(f, NOON + DAY + i);
		assert_int_equal(history_batch_flush(f->batch, &error), 0);
		if (i % 7 == 0)
			assert_in_range(history_batch_gc(f->batch, 2, &error), 0, 1);
		if (i % 50 == 0)
			write_days(f);
	}
	atomic_store(&reading.stop, true);
	pthread_join(thread, NULL);
	assert_int_not_equal(reading.opened, 0);
	assert_int_equal(reading.failed, 0);
	assert_int_equal(reading.kept_failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_list_reads_only_what_it_shows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lists_work_without_the_index, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_day_with_two_spans_is_listed_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_index_of_a_moved_branch_is_ignored, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_readers_work_during_writes_and_merges, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
