/* Bounds of recording: memory, packs on disk, files left by a killed writer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../scratch.h"
#include "../../../src/history/packs.h"
#include "../../../src/history/observations.h"
#include "tenantfs/history-view.h"

#define STAFF "communities/default/users/Staff"

enum { TEXT = 2048, PLACES = 16 * 16 * 16 };

struct fixture {
	struct tfs_config config;
	char folder[64], path[96], packs[128];
	struct recorder recorder;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct tfs_error error = { 0 };

	scratch_name(f->folder, sizeof(f->folder));
	assert_non_null(mkdtemp(f->folder));
	snprintf(f->path, sizeof(f->path), "%s/history.git", f->folder);
	snprintf(f->packs, sizeof(f->packs), "%s/objects/pack", f->path);
	f->config =
		(struct tfs_config){ .name = (char *)"test", .dns = (char *)"test.example", .state_dir = f->folder };
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

static size_t make_text(char out[TEXT], unsigned number, unsigned filling)
{
	return (size_t)snprintf(out, TEXT, "{\n  \"number\": %u,\n  \"filling\": \"%0*u\"\n}\n", number, (int)filling,
				number);
}

static int count_entry(void *context, json_t *entry)
{
	(void)entry;
	++*(size_t *)context;
	return 0;
}

static size_t count_log(struct fixture *f)
{
	struct tfs_history_view *view cleanup_view = NULL;
	struct tfs_error error = { 0 };
	size_t count = 0;

	assert_int_equal(tfs_view_open(&f->config, &view, &error), 0);
	assert_int_equal(tfs_view_log(view, "", SIZE_MAX, count_entry, &count, &error), 0);
	return count;
}

/* Thousands of changes by others without a flush: the batch writes a pack whenever it is full. */
static void test_batch_writes_a_pack_when_full(void **state)
{
	enum { COMMITS = 2000, FILLING = 1800 };
	struct fixture *f = *state;
	struct tfs_error error = { 0 };
	char text[TEXT], path[128];

	for (unsigned i = 0; i < COMMITS; i++) {
		struct observed_doc observed = { .path = path, .text = text, .len = make_text(text, i, FILLING) };

		snprintf(path, sizeof(path), STAFF "/user-%u.json", i);
		assert_int_equal(history_record_drift(&f->recorder, &observed, OBSERVED_NEW, &error), 0);
		/* The documents so far need at least this number of packs. */
		assert_in_range(history_packs_count(f->packs), (i + 1) * FILLING / BATCH_KEPT, 20);
	}
	/* The packs are written, but the branch moves only with the flush. */
	assert_in_range(history_packs_count(f->packs), 4, 20);
	assert_int_equal(count_log(f), 0);
	assert_int_equal(history_batch_flush(f->recorder.batch, &error), 0);
	assert_int_equal(count_log(f), COMMITS);
}

static int count_tree(const git_oid *id, void *context)
{
	void **both = context;
	git_object_t type;
	size_t size;

	if (git_odb_read_header(&size, &type, both[0], id) == 0 && type == GIT_OBJECT_TREE)
		++*(size_t *)both[1];
	return 0;
}

static size_t count_trees(const char *path)
{
	git_repository *repo cleanup_git_repository = NULL;
	git_odb *odb = NULL;
	size_t count = 0;
	void *both[2];

	assert_int_equal(git_repository_open_bare(&repo, path), 0);
	assert_int_equal(git_repository_odb(&odb, repo), 0);
	both[0] = odb;
	both[1] = &count;
	assert_int_equal(git_odb_foreach(odb, count_tree, both), 0);
	git_odb_free(odb);
	return count;
}

static int compare_events(const void *a, const void *b)
{
	return strcmp(((const struct observation *)a)->doc->name, ((const struct observation *)b)->doc->name);
}

/* A baseline arrives in the order of names; it is sorted so that each small directory is written once. */
static void test_baseline_writes_each_directory_once(void **state)
{
	enum { DOCUMENTS = 13000, SECTIONS = 4, LEVELS_ABOVE = 1 + 16 + 256 + 4 };
	struct fixture *f = *state;
	struct tfs_error error = { 0 };
	struct observed_list *list = history_observed_list_new(STAFF);
	struct observations observations = { 0 };
	char text[TEXT], name[32];
	size_t len;

	assert_non_null(list->kind);
	for (unsigned i = 0; i < DOCUMENTS; i++) {
		snprintf(name, sizeof(name), "user-%u", i);
		len = make_text(text, i, 1);
		assert_int_equal(
			history_observations_add(&observations,
						 &(struct observation){ .list = list,
									.doc = tfs_doc_new(name, name, text, len,
											   (struct timespec){ 0 }) }),
			0);
	}
	qsort(observations.all, observations.count, sizeof(*observations.all), compare_events);
	assert_int_equal(history_observations_record(&f->recorder, &observations, &error), 0);
	assert_int_equal(history_batch_flush(f->recorder.batch, &error), 0);
	/* A pack may end within a directory; then the directories above are written again. */
	assert_in_range(count_trees(f->path), PLACES / 2, PLACES + SECTIONS * (1 + LEVELS_ABOVE));
	assert_int_equal(count_log(f), 1);
	history_observations_finish(&observations);
	free(list);
}

/* Sorting keeps the last observation of a document. */
static void test_last_observation_counts(void **state)
{
	enum { DOCUMENTS = 300, TIMES = 3 };
	struct fixture *f = *state;
	struct tfs_error error = { 0 };
	struct observed_list *list = history_observed_list_new(STAFF);
	struct observations observations = { 0 };
	char text[TEXT], name[32], path[128];
	enum observed_state found;

	for (unsigned i = 0; i < DOCUMENTS * TIMES; i++) {
		size_t len = make_text(text, i, 1);

		snprintf(name, sizeof(name), "user-%u", i % DOCUMENTS);
		assert_int_equal(
			history_observations_add(&observations,
						 &(struct observation){ .list = list,
									.doc = tfs_doc_new(name, name, text, len,
											   (struct timespec){ 0 }) }),
			0);
	}
	assert_int_equal(history_observations_record(&f->recorder, &observations, &error), 0);
	for (unsigned i = 0; i < DOCUMENTS; i++) {
		struct observed_doc observed = { .path = path, .text = text };

		observed.len = make_text(text, i + DOCUMENTS * (TIMES - 1), 1);
		snprintf(path, sizeof(path), STAFF "/user-%u.json", i);
		assert_int_equal(history_record_compare(&f->recorder, &observed, &found, &error), 0);
		assert_int_equal(found, OBSERVED_SAME);
	}
	history_observations_finish(&observations);
	free(list);
}

static void observe(struct observations *observations, struct observed_list *list, const char *text, bool gone)
{
	struct tfs_doc *doc = tfs_doc_new("alice", "alice", text, strlen(text), (struct timespec){ 0 });

	assert_int_equal(
		history_observations_add(observations, &(struct observation){ .list = list, .doc = doc, .gone = gone }),
		0);
}

/* An observation equal to the recorded state counts if an earlier, different one is pending. */
static void test_last_observation_counts_if_equal_to_the_recorded(void **state)
{
	static const char first[] = "{\n  \"a\": 1\n}\n", second[] = "{\n  \"a\": 2\n}\n";
	struct fixture *f = *state;
	struct tfs_error error = { 0 };
	struct observed_list *list = history_observed_list_new(STAFF);
	struct observations observations = { 0 };
	struct observed_doc observed = { .path = STAFF "/alice.json" };
	enum observed_state found;

	observe(&observations, list, first, false);
	observe(&observations, list, first, true);
	assert_int_equal(history_observations_record(&f->recorder, &observations, &error), 0);
	assert_int_equal(history_record_compare(&f->recorder, &observed, &found, &error), 0);
	assert_int_equal(found, OBSERVED_SAME);
	observed.text = first;
	observed.len = strlen(first);
	assert_int_equal(history_record_drift(&f->recorder, &observed, OBSERVED_NEW, &error), 0);
	history_observations_finish(&observations);
	observe(&observations, list, second, false);
	observe(&observations, list, first, false);
	assert_int_equal(history_observations_record(&f->recorder, &observations, &error), 0);
	assert_int_equal(history_record_compare(&f->recorder, &observed, &found, &error), 0);
	assert_int_equal(found, OBSERVED_SAME);
	assert_int_equal(history_batch_flush(f->recorder.batch, &error), 0);
	/* Created, removed, created; changed, and changed back. */
	assert_int_equal(count_log(f), 5);
	history_observations_finish(&observations);
	free(list);
}

/* After dropped observations a listing does not record its directory as complete. */
static void test_listing_after_dropped_observations_is_not_complete(void **state)
{
	struct fixture *f = *state;
	struct tfs_error error = { 0 };
	struct observed_list *list = history_observed_list_new(STAFF);
	struct observations observations = { 0 };

	observe(&observations, list, "{}\n", false);
	assert_int_equal(history_observations_documents(&observations), 1);
	history_observations_drop(&observations);
	assert_int_equal(observations.count, 0);
	for (int dropped = 1; dropped >= 0; dropped--) {
		struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

		list->dropped = list->dropped && dropped;
		assert_int_equal(history_observations_add(&observations,
							  &(struct observation){ .list = list, .snapshot = snapshot }),
				 0);
		assert_int_equal(history_observations_documents(&observations), 0);
		assert_int_equal(history_observations_record(&f->recorder, &observations, &error), 0);
		assert_int_equal(list->listed, !dropped);
		history_observations_finish(&observations);
	}
	free(list);
}

static void record_sections(struct fixture *f, unsigned commits)
{
	struct tfs_error error = { 0 };
	char text[TEXT], path[128];

	for (unsigned i = 0; i < commits; i++) {
		struct observed_doc observed = { .path = path, .text = text, .len = make_text(text, i, 1800) };

		snprintf(path, sizeof(path), STAFF "/user-%u.json", i);
		assert_int_equal(history_record_drift(&f->recorder, &observed, OBSERVED_NEW, &error), 0);
	}
}

static void reopen(struct fixture *f)
{
	struct tfs_error error = { 0 };

	history_recorder_finish(&f->recorder);
	assert_int_equal(history_recorder_init(&f->recorder, &f->config, f->path, &error), 0);
}

/* Packs of a batch that failed, or whose writer died, are unreachable and removed. */
static void test_packs_of_an_unfinished_batch_are_removed(void **state)
{
	enum { COMMITS = 1200 };
	struct fixture *f = *state;
	struct tfs_error error = { 0 };

	record_sections(f, COMMITS);
	assert_in_range(history_packs_count(f->packs), 1, 20);
	history_recorder_rewind(&f->recorder);
	assert_int_equal(history_packs_count(f->packs), 0);
	record_sections(f, COMMITS);
	assert_in_range(history_packs_count(f->packs), 1, 20);
	reopen(f);
	assert_int_equal(history_packs_count(f->packs), 0);
	record_sections(f, COMMITS);
	assert_int_equal(history_batch_flush(f->recorder.batch, &error), 0);
	record_sections(f, COMMITS);
	reopen(f);
	assert_int_equal(count_log(f), COMMITS);
}

static char noted[64][80];
static size_t n_noted;

static int note_pack(const char *path, const struct stat *st, int type, struct FTW *place)
{
	const char *name = path + place->base, *ending = strstr(name, ".idx");

	(void)st;
	if (type == FTW_F && ending)
		snprintf(noted[n_noted++], sizeof(noted[0]), "%.*s", (int)(ending - name), name);
	return 0;
}

/* The writer died after moving the branch and before removing its list of packs. */
static void test_packs_of_a_finished_batch_are_kept(void **state)
{
	enum { COMMITS = 1200 };
	struct fixture *f = *state;
	struct packs_list list = { 0 };
	struct tfs_error error = { 0 };
	const git_oid none = { 0 };
	char folder[128];
	size_t packs;

	record_sections(f, COMMITS);
	assert_int_equal(history_batch_flush(f->recorder.batch, &error), 0);
	packs = history_packs_count(f->packs);
	snprintf(folder, sizeof(folder), "%s/", f->path);
	assert_int_equal(nftw(f->packs, note_pack, 4, FTW_PHYS), 0);
	while (n_noted > 0)
		assert_int_equal(history_packs_add(&list, noted[--n_noted]), 0);
	assert_int_equal(list.count, packs);
	assert_int_equal(history_packs_save(folder, "tenantfs-unfinished", &none, &list), 0);
	history_packs_forget(&list);
	reopen(f);
	assert_int_equal(history_packs_count(f->packs), packs);
	assert_int_equal(count_log(f), COMMITS);
}

/* Merged packs are removed after the repository is opened again. */
static void test_merged_packs_are_removed_after_a_reopen(void **state)
{
	struct fixture *f = *state;
	struct tfs_error error = { 0 };

	for (unsigned i = 0; i < 30; i++) {
		record_sections(f, i + 1);
		assert_int_equal(history_batch_flush(f->recorder.batch, &error), 0);
	}
	assert_int_equal(history_batch_gc(f->recorder.batch, 24, &error), 1);
	assert_in_range(history_packs_count(f->packs), 25, 31);
	reopen(f);
	assert_int_equal(history_batch_gc(f->recorder.batch, 24, &error), 0);
	assert_in_range(history_packs_count(f->packs), 1, 6);
	assert_int_equal(count_log(f), 30 * 31 / 2);
}

static void merge_many(struct fixture *f)
{
	struct tfs_error error = { 0 };

	for (unsigned i = 0; i < 30; i++) {
		record_sections(f, i + 1);
		assert_int_equal(history_batch_flush(f->recorder.batch, &error), 0);
	}
	assert_int_equal(history_batch_gc(f->recorder.batch, 24, &error), 1);
}

/* In a copied folder the list of merged packs may exist without the pack they were merged into. */
static void test_list_of_merged_packs_alone_removes_nothing(void **state)
{
	static const char *const endings[] = { "pack", "idx" };
	struct fixture *f = *state;
	struct tfs_error error = { 0 };
	char path[256], name[64];
	FILE *file;

	merge_many(f);
	snprintf(path, sizeof(path), "%s/tenantfs-merged", f->path);
	file = fopen(path, "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%63s", name), 1);
	fclose(file);
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/pack-%s.%s", f->packs, name, endings[i]);
		assert_int_equal(unlink(path), 0);
	}
	reopen(f);
	assert_int_equal(history_batch_gc(f->recorder.batch, 1000, &error), 0);
	assert_in_range(history_packs_count(f->packs), 24, 30);
	snprintf(path, sizeof(path), "%s/tenantfs-merged", f->path);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(count_log(f), 30 * 31 / 2);
}

static void create_file(struct fixture *f, const char *name)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", f->path, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fclose(file);
}

static const char *const temporary_files[] = { ".tenantfs-a1B2c3", "tenantfs-batch.config.lock",
					       "objects/pack/pack_git2_a1b2c3", "refs/heads/main.lock" };

/* Temporary files of a killed writer are removed and block nothing. */
static void test_temporary_files_are_removed_on_open(void **state)
{
	struct fixture *f = *state;
	struct tfs_error error = { 0 };
	char path[256];

	for (size_t i = 0; i < sizeof(temporary_files) / sizeof(temporary_files[0]); i++)
		create_file(f, temporary_files[i]);
	reopen(f);
	record_sections(f, 3);
	assert_int_equal(history_batch_flush(f->recorder.batch, &error), 0);
	assert_int_equal(count_log(f), 3);
	for (size_t i = 0; i < sizeof(temporary_files) / sizeof(temporary_files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", f->path, temporary_files[i]);
		assert_int_equal(access(path, F_OK), -1);
	}
}

/* While the repository is closed another process may write: only opening it removes temporary files. */
static void test_closing_removes_no_temporary_files(void **state)
{
	struct fixture *f = *state;
	struct tfs_error error = { 0 };
	char path[256];

	merge_many(f);
	for (size_t i = 0; i < sizeof(temporary_files) / sizeof(temporary_files[0]); i++)
		create_file(f, temporary_files[i]);
	assert_int_equal(history_batch_reopen(&f->recorder.batch, &error), 0);
	for (size_t i = 0; i < sizeof(temporary_files) / sizeof(temporary_files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", f->path, temporary_files[i]);
		assert_int_equal(unlink(path), 0);
	}
	/* The list of merged packs is kept. */
	assert_int_equal(history_batch_gc(f->recorder.batch, 24, &error), 0);
	assert_in_range(history_packs_count(f->packs), 1, 6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_batch_writes_a_pack_when_full, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_baseline_writes_each_directory_once, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_last_observation_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_last_observation_counts_if_equal_to_the_recorded, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_listing_after_dropped_observations_is_not_complete, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_packs_of_an_unfinished_batch_are_removed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_packs_of_a_finished_batch_are_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_merged_packs_are_removed_after_a_reopen, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_list_of_merged_packs_alone_removes_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_temporary_files_are_removed_on_open, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_closing_removes_no_temporary_files, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
